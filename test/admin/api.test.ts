/** The admin API: what both doors show, what only the Unix socket takes, and how refusals look. */
import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openAdmin } from "../../gateway/admin/api/index.ts";
import { controlRequest } from "../../gateway/admin/cli/index.ts";
import { STATUS_PAGE } from "../../gateway/admin/console/index.ts";
import { millis } from "../../gateway/base/index.ts";
import { inDrill } from "../support/drill.ts";
import { type Doors, openDoors } from "./doors.ts";
import { ROOM_4 } from "./site.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

async function tcp(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(doors.admin.url + path, init);
  return { status: answer.status, body: await answer.json() };
}
const socket = (method: "GET" | "POST", path: string, body?: Parameters<typeof controlRequest>[3]) =>
  controlRequest(doors.socketPath, method, path, body);

describe("both doors show the same", () => {
  test.each([
    ["/api/status"],
    ["/api/nodes"],
    ["/api/nodes/n-1"],
    ["/api/managers"],
    ["/api/commands"],
    ["/api/images"],
    ["/api/campaigns"],
    ["/api/campaigns/c-20261121-01"],
    ["/api/campaigns/c-20261121-01/why"],
    ["/api/campaigns/c-20261121-01/why?node=n-1"],
    ["/api/releases"],
    ["/api/releases/5c5c5c5c/preview"],
    ["/api/releases/5c5c5c5c/preview?node=n-1"],
    ["/livez"],
    ["/readyz"],
  ])("%s", async (path) => {
    const shown = await tcp(path);
    expect(shown.status).toBe(200);
    expect(await socket("GET", path)).toEqual(shown);
  });
});

describe("refusals carry a code, a sentence and a hint", () => {
  test.each([
    ["/api/nodes/n-9", 404, "node.unknown"],
    ["/api/campaigns/c-9", 404, "campaign.unknown"],
    ["/api/campaigns/c-9/why", 404, "campaign.unknown"],
    ["/api/campaigns/c-20261121-01/why?colour=red", 400, "admin.request"],
    ["/api/releases/5c5c5c5c/preview?nodes=n-1", 400, "admin.request"],
    ["/api/nothing", 404, "admin.unknown-route"],
    ["/api/nodes/%zz", 400, "admin.request"],
  ])("%s → %i %s", async (path, status, code) => {
    const answer = await tcp(path);
    expect(answer).toEqual({
      status,
      body: { error: { code, text: expect.any(String), hint: expect.any(String) } },
    });
  });
});

describe("credentials", () => {
  const OF = [["/api/nodes/n-4/credentials"], ["/api/managers/bms/credentials"]] as const;

  test.each(OF)("%s are shown through the data folder's socket alone", async (path) => {
    expect(await socket("GET", `${path}?actor=cli:me`)).toMatchObject({ status: 200, body: { algorithm: 10 } });
    const answer = await tcp(path);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "admin.unknown-route" } } });
    expect(JSON.stringify(answer)).not.toContain(ROOM_4.masterSecret);
  });

  test.each([
    ["/api/nodes/n-9/credentials", "node.unknown"],
    ["/api/nodes/n-2/credentials", "node.unsecured"],
    ["/api/managers/nobody/credentials", "manager.unknown"],
  ])("%s are not there", async (path, code) => {
    expect(await socket("GET", path)).toMatchObject({ status: 404, body: { error: { code } } });
    expect(await tcp(path)).toMatchObject({ status: 404, body: { error: { code: "admin.unknown-route" } } });
  });
});

test.each([["/api/access"], ["/api/access/test?user=bms&operation=read&path=/m:x"]])(
  "who may what is shown through the data folder's socket alone: %s",
  async (path) => {
    expect(await socket("GET", path)).toMatchObject({ status: 200, body: expect.any(Object) });
    expect(await tcp(path)).toMatchObject({ status: 404, body: { error: { code: "admin.unknown-route" } } });
  },
);

describe("the TCP door takes nothing", () => {
  test.each([["/api/commands"], ["/api/images?model=m&version=1&name=n"], ["/"], ["/nowhere"]])(
    "POST %s",
    async (path) => {
      const answer = await tcp(path, {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json" },
      });
      expect(answer).toMatchObject({ status: 403, body: { error: { code: "admin.read-only" } } });
      expect(doors.site.commands).toEqual([]);
    },
  );

  test("and answers no page of another name, however that name resolves", async () => {
    const { port } = new URL(doors.admin.url);
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: "127.0.0.1", path: "/api/nodes", headers: { host: "evil.example" } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(answered).toBe(421);
  });

  test.each([["localhost"], ["127.0.0.1"]])("but answers as %s", async (name) => {
    const { port } = new URL(doors.admin.url);
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: "127.0.0.1", path: "/livez", headers: { host: `${name}:${port}` } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(answered).toBe(200);
  });
});

describe("the Unix socket takes commands", () => {
  test("and hands them to the inbox as they are", async () => {
    const command = { id: "01J", op: "node.add", args: { endpoint: "room-4" }, actor: "cli:anna" };
    expect(await socket("POST", "/api/commands", command)).toMatchObject({
      status: 200,
      body: { status: "completed" },
    });
    expect(doors.site.commands.pop()).toEqual(command);
  });

  test("a failed outcome is an answer, not an HTTP error", async () => {
    const answer = await socket("POST", "/api/commands", { op: "node.remove", args: { node: "n-9" } });
    expect(answer).toMatchObject({ status: 200, body: { status: "failed", error: { code: "node.unknown" } } });
    expect(doors.site.commands.pop()).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), actor: "cli" });
  });

  test.each([
    ["no op", { args: {} }],
    ["an op that is no text", { op: 1 }],
    ["arguments that are no object", { op: "node.add", args: [1] }],
    ["a member that nobody reads", { op: "node.add", deadline: 1 }],
    ["no object at all", "hello"],
  ])("%s is refused", async (_name, body) => {
    expect(await socket("POST", "/api/commands", body)).toMatchObject({
      status: 400,
      body: { error: { code: "admin.request" } },
    });
    expect(doors.site.commands).toEqual([]);
  });
});

describe("an image", () => {
  const QUERY = "/api/images?model=rm-1&version=1.2.0&name=rm.bin&actor=cli:anna";

  test("streams through the Unix socket in any number of pieces", async () => {
    const pieces = Array.from({ length: 200 }, (_, index) => Buffer.alloc(10_007, index));
    const answer = await socket("POST", QUERY, Readable.from(pieces));
    expect(answer).toMatchObject({ status: 200, body: { status: "completed", result: { size: 200 * 10_007 } } });
    expect(doors.site.uploads.pop()).toMatchObject({
      model: "rm-1",
      version: "1.2.0",
      name: "rm.bin",
      actor: "cli:anna",
    });
  });

  const MEBIBYTES = 8;
  /** What went wrong in them before did so now and then. */
  const ROUNDS = inDrill(6, 30);
  const upload = (): Readable => Readable.from(Array.from({ length: MEBIBYTES * 16 }, () => Buffer.alloc(65_536)));

  test.each([
    ["before its first byte", QUERY.replace("rm.bin", "refused.bin"), 200, "image.too-large"],
    ["in the middle", QUERY.replace("rm.bin", "refused-midway.bin"), 200, "image.too-large"],
    ["for its query", QUERY.replace("1.2.0", ""), 400, "admin.request"],
  ])("that is refused %s gets its answer, each time", async (_name, path, status, code) => {
    for (let round = 0; round < ROUNDS; round++) {
      expect(await socket("POST", path, upload())).toMatchObject({ status, body: { error: { code } } });
    }
  });

  test("may be sent to its end after its answer, each time", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const length = 4 * 2 ** 20;
      const socket = connect(doors.socketPath);
      socket.write(
        `POST ${QUERY.replace("1.2.0", "")} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/octet-stream\r\ncontent-length: ${length}\r\n\r\n`,
      );
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
      // A sender that has not looked at the answer yet: a closed door would fail this with EPIPE.
      await new Promise<void>((sent, failed) => {
        socket.once("error", failed);
        socket.write(Buffer.alloc(length), (error) => (error ? failed(error) : sent()));
      });
      socket.destroy();
    }
  });

  test("that is refused and never ends is cut off", async () => {
    const own = await openDoors({ lingerTime: millis(20) });
    const socket = connect(own.socketPath);
    socket.write(
      `POST ${QUERY.replace("1.2.0", "")} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 9\r\n\r\n`,
    );
    socket.resume();
    await once(socket, "close");
    await own.close();
  });

  test.each([
    ["without a model", "/api/images?version=1&name=n"],
    ["with a digest that is none", `${QUERY}&digest=abc`],
    ["with a digest given twice", `${QUERY}&digest=${"a".repeat(64)}&digest=${"b".repeat(64)}`],
  ])("%s is refused", async (_name, path) => {
    expect(await socket("POST", path, Readable.from([Buffer.from("x")]))).toMatchObject({
      status: 400,
      body: { error: { code: "admin.request" } },
    });
  });

  test("as JSON is refused", async () => {
    expect(await socket("POST", QUERY, { a: 1 })).toMatchObject({
      status: 400,
      body: { error: { code: "admin.request" } },
    });
    expect(doors.site.uploads).toEqual([]);
  });
});

test("readiness names its reason", async () => {
  doors.site.readiness = { code: "store.away", text: "the journal cannot be reached" };
  expect(await tcp("/readyz")).toEqual({
    status: 503,
    body: { ready: false, code: "store.away", reason: "the journal cannot be reached" },
  });
  doors.site.readiness = undefined;
});

test("a fault of ours says nothing but that it is ours", async () => {
  const { site } = doors;
  const { nodes } = site;
  site.nodes = () => {
    throw new Error("the secret table row 42");
  };
  const answer = await tcp("/api/nodes");
  site.nodes = nodes;
  expect(answer).toMatchObject({ status: 500, body: { error: { code: "admin.bug" } } });
  expect(JSON.stringify(answer)).not.toContain("secret");
});

test("a port that is taken is one clear error", async () => {
  const { hostname, port } = new URL(doors.admin.url);
  const socketServer = createServer();
  const second = (tcp: { host: string; port: number }) =>
    openAdmin({ source: doors.site, page: STATUS_PAGE, socketServer, tcp });
  await expect(second({ host: hostname, port: Number(port) })).rejects.toMatchObject({
    code: "port.taken",
    facts: { what: "the status page", key: "admin.listen", address: `127.0.0.1:${port}` },
  });
  await expect(second({ host: "192.0.2.1", port: 0 })).rejects.toMatchObject({ code: "port.refused" });
});

test("closing lets nobody wait", async () => {
  const own = await openDoors();
  await fetch(`${own.admin.url}/livez`); // leaves a kept-alive connection behind
  await controlRequest(own.socketPath, "GET", "/livez");
  await own.close();
  await expect(fetch(`${own.admin.url}/livez`)).rejects.toThrow();
});
