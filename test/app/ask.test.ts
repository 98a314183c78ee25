/** `sidgate ask`: a CoAP client for people, against a real engine, plain and under OSCORE. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { AskOptions } from "../../gateway/admin/cli/index.ts";
import { ask } from "../../gateway/app/ask/index.ts";
import {
  type Credential,
  type Peer,
  SILENT,
  seconds,
  seededRandom,
  systemClock,
  toHex,
} from "../../gateway/base/index.ts";
import { Engine, type Request, type Response, UdpTransport } from "../../gateway/coap/index.ts";
import { Oscore } from "../../gateway/coap/oscore/index.ts";

const LABEL = {
  name: "bms",
  algorithm: 10,
  masterSecret: "07".repeat(16),
  masterSalt: "09".repeat(8),
  senderId: "05",
  recipientId: "00",
};
const CREDENTIAL: Credential = {
  id: "k-1",
  nodeId: undefined,
  name: "bms",
  algorithm: 10,
  masterSecret: Buffer.from(LABEL.masterSecret, "hex"),
  masterSalt: Buffer.from(LABEL.masterSalt, "hex"),
  senderId: Uint8Array.of(0),
  recipientId: Uint8Array.of(5),
  idContext: undefined,
};

let folder: string;
let engine: Engine;
let address: string;
/** How many states /live has before it is gone. */
let live = 0;
let notes: string[];
let asked: Array<{ readonly peer: Peer; readonly request: Request }>;

/** /c has two leaves, /big a text of many blocks, /new is made, anything else is not there. */
function answer({ path }: Request): Response {
  switch (path[0]) {
    case "c":
      return {
        code: "2.05",
        contentFormat: 140,
        payload: Buffer.from("a119eb29a201c482211908660218 2d".replace(" ", ""), "hex"),
      };
    case "big":
      return { code: "2.05", contentFormat: 0, payload: Buffer.from("x\u001b".repeat(2000)) };
    case "refused":
      return {
        code: "4.00",
        contentFormat: 140,
        payload: Buffer.from(
          `a1190400a40119${(1018).toString(16).padStart(4, "0")}0219eb2a0363${Buffer.from("too").toString("hex")}0419${(1011).toString(16).padStart(4, "0")}`,
          "hex",
        ),
      };
    case "secret":
      return { code: "4.01" };
    case "words":
      return { code: "4.04", payload: Buffer.from("no such thing [directory.unknown]") };
    case "live":
      live -= 1;
      return live < 0 ? { code: "4.04" } : { code: "2.05", payload: Buffer.of(live), observable: "live" };
    case "new":
      return { code: "2.01", locationPath: ["rd", "a/b"] };
    default:
      return { code: "4.04" };
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidgate-ask-"));
  writeFileSync(join(folder, "bms.json"), JSON.stringify(LABEL));
  writeFileSync(join(folder, "two.json"), JSON.stringify([LABEL, LABEL]));
  writeFileSync(join(folder, "edit.cbor"), Buffer.from("a119eb2cc4822119089c", "hex"));
  const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
  const clock = systemClock();
  let number = 0;
  const credentials = {
    byKid: (kid: Uint8Array) => (toHex(kid) === "05" ? [CREDENTIAL] : []),
    ofNode: () => undefined,
  };
  engine = new Engine({
    transports: [transport],
    clock,
    random: seededRandom(1),
    log: SILENT,
    security: new Oscore({ credentials, clock, numbers: { next: () => number++ } }),
    handler: (peer, request) => {
      asked.push({ peer, request });
      return answer(request);
    },
  });
  await engine.start();
  address = `coap://${transport.local}`;
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  notes = [];
});

async function sidgateAsk(
  some: Partial<AskOptions> & { readonly path: string },
): Promise<{ code: number; out: string }> {
  let out = "";
  const { path, ...options } = some;
  const code = await ask(
    {
      method: "GET",
      uri: `${address}${path}`,
      observe: false,
      timeout: seconds(5),
      models: [],
      json: false,
      ...options,
    },
    (text) => {
      out += `${text}\n`;
    },
    (text) => {
      notes.push(text);
    },
  );
  return { code, out };
}

test("content of a datastore is explained", async () => {
  const { code, out } = await sidgateAsk({ path: "/c" });
  expect(code).toBe(0);
  expect(out.split("\n")[0]).toBe("2.05 Content, 140 application/yang-data+cbor;id=sid, 15 bytes");
  expect(out).toContain("/sidgate-building:room/temperature");
});

test("under OSCORE the manager is known, across calls and after the one Echo", async () => {
  for (let call = 0; call < 2; call++) {
    const { code } = await sidgateAsk({ path: "/c", as: join(folder, "bms.json") });
    expect(code).toBe(0);
  }
  expect(asked.map(({ peer }) => peer.identity?.id)).toEqual(["05", "05"]);
});

test("a large answer comes whole, and steers no terminal", async () => {
  const { out } = await sidgateAsk({ path: "/big", as: join(folder, "bms.json") });
  expect(out.split("\n")[1]).toBe("x?".repeat(2000));
});

test("a request takes path, query, payload and formats as they are given", async () => {
  await sidgateAsk({
    method: "iPATCH",
    path: "/a%2Fb/?d=a&x=%26",
    payload: `@${join(folder, "edit.cbor")}`,
    accept: 142,
  });
  expect(asked[0]?.request).toMatchObject({
    method: "iPATCH",
    path: ["a/b", ""],
    query: ["d=a", "x=&"],
    contentFormat: 142,
    accept: 142,
  });
  await sidgateAsk({ method: "FETCH", path: "/", payload: "19eb29" });
  await sidgateAsk({ method: "PUT", path: "/p", payload: "00", format: 42 });
  expect(asked.slice(1).map(({ request }) => [request.path, request.contentFormat])).toEqual([
    [[], 141],
    [["p"], 42],
  ]);
});

test("what is no success is shown, with exit code 1", async () => {
  expect(await sidgateAsk({ path: "/nowhere" })).toEqual({ code: 1, out: "4.04 Not Found\n" });
});

test("an error container is told in words", async () => {
  const { out } = await sidgateAsk({ path: "/refused" });
  expect(out.split("\n").slice(1)).toEqual([
    "too",
    "  error: invalid-value, not-in-range",
    "  where: /sidgate-building:room/temperature",
    "",
  ]);
});

test("a diagnostic message is text", async () => {
  const { out } = await sidgateAsk({ path: "/words" });
  expect(out).toBe("4.04 Not Found, 33 bytes\nno such thing [directory.unknown]\n");
});

test("a bare 4.01 tells who may ask", async () => {
  await sidgateAsk({ path: "/secret" });
  expect(notes).toEqual(["use --as FILE: this listener answers protected requests only"]);
});

test("credentials that others may read are told", async () => {
  const file = join(folder, "bms.json");
  chmodSync(file, 0o644);
  await sidgateAsk({ path: "/c", as: file });
  chmodSync(file, 0o600);
  await sidgateAsk({ path: "/c", as: file });
  expect(notes).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
});

test("a location is shown as it would be asked for", async () => {
  expect((await sidgateAsk({ method: "POST", path: "/new" })).out).toBe("2.01 Created, Location /rd/a%2Fb\n");
});

test.each([
  ["until it is gone", undefined],
  ["under OSCORE", "bms.json"],
])("a resource is watched %s", async (_how, as) => {
  live = 3;
  const ticking = setInterval(() => engine.changed("live"), 50);
  try {
    const { code, out } = await sidgateAsk({
      path: "/live",
      observe: true,
      ...(as === undefined ? {} : { as: join(folder, as) }),
    });
    expect(code).toBe(1);
    const lines = out.trim().split("\n");
    expect(lines[0]).toMatch(/^2\.05 Content.*Observe/);
    expect(lines.at(-1)).toBe("4.04 Not Found");
    expect(lines.slice(0, -1).filter((line) => /^0\d$/.test(line)).length).toBeGreaterThanOrEqual(1);
  } finally {
    clearInterval(ticking);
  }
});

test("what cannot be watched is shown once", async () => {
  const { code, out } = await sidgateAsk({ path: "/c", observe: true });
  expect([code, out.match(/2\.05 Content/g)?.length]).toEqual([0, 1]);
});

test("for programs it is JSON, bytes as hex", async () => {
  const { out } = await sidgateAsk({ path: "/c", json: true });
  expect(JSON.parse(out)).toMatchObject({
    code: "2.05",
    contentFormat: 140,
    payload: expect.stringMatching(/^a119eb29/),
  });
});

test.each([
  ["another scheme", { uri: "http://127.0.0.1/c" }, "cli.usage"],
  ["no URI", { uri: "127.0.0.1" }, "cli.usage"],
  ["a payload that is no hex", { payload: "0g" }, "cli.usage"],
  ["a payload that is no file", { payload: "@/nowhere" }, "cli.file"],
  ["credentials that are no file", { as: "/nowhere" }, "cli.file"],
])("%s is refused", async (_name, options, code) => {
  await expect(sidgateAsk({ path: "/c", ...options })).rejects.toMatchObject({ code });
});

test("a file of several peers does not say who asks", async () => {
  await expect(sidgateAsk({ path: "/c", as: join(folder, "two.json") })).rejects.toMatchObject({
    code: "cli.credentials",
  });
});

test("secrets that the gateway does not know are told as such", async () => {
  const file = join(folder, "stranger.json");
  writeFileSync(file, JSON.stringify({ ...LABEL, senderId: "06" }));
  await expect(sidgateAsk({ path: "/c", as: file })).rejects.toMatchObject({ code: "request.unprotected-answer" });
  expect(asked).toEqual([]);
});
