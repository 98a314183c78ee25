/**
 * `sidgate gateway` and `sidgate bridge` over one Redis, as real processes with a real Redis and a real Mosquitto: started in the
 * wrong order, with each of them killed under the others. What was answered is in the history, once, and nobody lends a hand.
 */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { NodeDetail, Status } from "../../gateway/admin/api/index.ts";
import { seededRandom } from "../../gateway/base/index.ts";
import { DURABLE, hasRedis, type RedisServer, startRedis } from "../store/redis-server.ts";
import { type Apart, Program, siteApart } from "../support/apart.ts";
import {
  freePort,
  hasMosquitto,
  type Line,
  type Mosquitto,
  type Subscriber,
  startMosquitto,
  subscribe,
} from "../support/bridge-mosquitto.ts";
import type { PeerAnswer, PeerRequest } from "../support/coap-peer.ts";
import { drill, inDrill } from "../support/drill.ts";
import { eventually } from "../support/gateway-process.ts";
import { SecuredPeer } from "../support/secured-peer.ts";

const describeApart = hasRedis && hasMosquitto ? describe : describe.skip;
const ROOT = "sidgate/1/town-hall";
/** Comes with mosquitto_sub. */
const PUBLISH = "/usr/bin/mosquitto_pub";

/** Writes down the URL of each module that is loaded. */
const PRELOAD = (file: string): string => `
import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`
import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(file)}, url + "\\\\n");
  return next(url, context);
}\`));
`;

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");
/** 60001 (ea61) {2: report, 5: data {195: room {2: humidity}}}. */
const report = (number: number, humidity: number): PeerRequest => ({
  method: "POST",
  path: "/c",
  format: 142,
  payload: bytes(`a119ea61a202 ${hexOf(number)} 05a118c3a102 ${hexOf(humidity)}`),
});
const hexOf = (value: number): string =>
  value < 24 ? value.toString(16).padStart(2, "0") : `18${value.toString(16).padStart(2, "0")}`;

describeApart("gateway and bridge apart (skipped without redis-server and mosquitto)", () => {
  let folder: string;
  let redis: RedisServer;
  let broker: Mosquitto;
  let cloud: Subscriber;
  let site: Apart;
  let room: SecuredPeer;
  let node: string;
  /** Path of an image that the gateway serves. */
  let image: string;

  const status = (): Promise<Status> => site.client.get<Status>("/api/status");
  const answers = async (): Promise<boolean> =>
    status().then(
      () => true,
      () => false,
    );
  const said = (topic: string): ReadonlyArray<Record<string, unknown>> =>
    cloud.lines.filter((line) => line.topic === `${ROOT}/${topic}`).map(payloadOf);
  const last = (topic: string): Record<string, unknown> | undefined => said(topic).at(-1);
  const gatewayName = (): string =>
    /g\/(gw-[a-z0-9]+)\/status/.exec(cloud.lines.map(({ topic }) => topic).join(" "))?.[1] ?? "";
  const presence = (name: string): unknown => last(`g/${name}/status`)?.["state"];
  const readiness = async () => site.client.get<unknown>("/readyz").catch(() => "not ready");
  const connect = async (): Promise<SecuredPeer> => {
    const { listening } = await status();
    const port = Number(
      listening
        .find(({ what }) => what === "CoAP")
        ?.address.split(":")
        .at(-1),
    );
    return SecuredPeer.connect(port, await site.client.credentials("node", node));
  };
  /** As a node does it: the same bytes again, until they are taken. */
  const told = async (request: PeerRequest): Promise<PeerAnswer> => {
    let answer: PeerAnswer | undefined;
    await eventually("the report is taken", async () => {
      answer = await room.request(request).catch(() => undefined);
      return answer?.code === "2.04";
    });
    return answer as PeerAnswer;
  };

  /** Given by a cloud app, by way of the broker and the bridge; `answered` once its end is told. */
  const commanded = (id: string): void => {
    const deadline = new Date(Date.now() + 600_000).toISOString();
    const asked = { id, client: "bms-1", deadline, path: "/sidgate-building:room", "max-age-s": 3600 };
    const topic = `${ROOT}/n/${node}/cmd/get`;
    execFileSync(PUBLISH, ["-p", String(broker.port), "-q", "1", "-t", topic, "-m", JSON.stringify(asked)]);
  };
  const answered = (id: string): Record<string, unknown> | undefined =>
    said("rsp/bms-1").find((reply) => reply["id"] === id && reply["status"] !== "accepted");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sidgate-apart-"));
    const preload = join(folder, "preload.mjs");
    await writeFile(preload, PRELOAD(join(folder, "loaded")));
    redis = await startRedis(folder, ...DURABLE);
    await redis.kill();
    broker = await startMosquitto({ port: await freePort() });
    site = await siteApart(folder, { redis: redis.url, broker: broker.url, preload: pathToFileURL(preload).href });
    cloud = await subscribe(broker.port, "sidgate/#", "5");
  });

  afterAll(async () => {
    room?.close();
    await site?.bridge.end("SIGKILL");
    await site?.gateway.end("SIGKILL");
    await cloud?.close();
    await broker?.close();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("started before Redis, the bridge first, both come up by themselves", async () => {
    await mkdir(join(site.data, "journal"), { recursive: true }); // of a site that had no Redis before
    site.bridge.start();
    site.gateway.start();
    await eventually("both say that they wait", () =>
      [site.bridge, site.gateway].every(({ output }) => output.includes("Waiting for Redis")),
    );
    await redis.start();
    await eventually("the gateway answers", answers); // both compile their modules first
    await eventually(
      "the bridge tells of itself and of the gateway",
      () => presence("bridge") === "online" && presence(gatewayName()) === "online",
    );
    expect(last("g/bridge/status")).toMatchObject({ roles: ["bridge"], epoch: 1 });
    expect(last(`g/${gatewayName()}/status`)).toMatchObject({ roles: ["gateway"], epoch: 1, reason: "start" });
    expect((await status()).site).toBe("town-hall");
    await eventually("the page shows the bridge's broker", async () => {
      const { broker: shown } = await status();
      return shown.process === "bridge" && shown.connected && shown.url === broker.url;
    });
    const notices = (await status()).notices.join();
    expect(notices).not.toContain("No bridge");
    expect(notices).toMatch(/ holds a site of its own, s-\w+, which is not used: .* town-hall in Redis/);
  });

  test("what a node tells reaches the cloud, and health has both processes", async () => {
    ({ node } = await site.client.command<{ node: string }>("node.add", { endpoint: "room-1" }));
    room = await connect();
    const bytesOfImage = join(folder, "firmware.bin");
    await writeFile(bytesOfImage, new Uint8Array(4096).fill(7));
    const meta = { path: bytesOfImage, model: "room-sensor", version: "1.0.0" };
    image = `/f/${(await site.client.addImage<{ id: string }>(meta)).id}`;
    expect((await room.request(report(1, 41))).code).toBe("2.04");
    await eventually("the data is told", () => humidity(last(`n/${node}/data/sidgate-building`)) === 41);
    await eventually("health is of both", () => {
      const processes = Object.keys((last("health")?.["processes"] ?? {}) as object).sort();
      return processes.join() === ["bridge", gatewayName()].sort().join();
    });
    expect(last("health")).toMatchObject({ coap: {}, models: { sets: 1 }, clock: { synchronised: true } });
  });

  test("a command from the cloud is carried out by the gateway, and answered by the bridge", async () => {
    commanded("01JD7QAAA10000000000000001");
    await eventually("it is answered", () => answered("01JD7QAAA10000000000000001") !== undefined);
    expect(answered("01JD7QAAA10000000000000001")).toMatchObject({ status: "completed" });
  });

  test("the bridge loads neither CoAP, nor services, nor what nodes and people speak to", async () => {
    const loaded = await readFile(join(folder, "loaded"), "utf8");
    const foreign = loaded.split("\n").filter((url) => FOREIGN.test(url));
    expect(foreign).toEqual([]);
  });

  test("while Redis is away nothing is taken and nothing is lost, and afterwards all goes on", async () => {
    const before = (await status()).journal.lastDurable;
    await redis.kill();
    await eventually("it is noticed", async () => (await readiness()) === "not ready");
    const put = await room.request(report(2, 42));
    expect(put.code).toBe("5.03");
    expect(put.maxAge).toBeGreaterThanOrEqual(10);
    await expect(site.client.command("node.add", { endpoint: "room-2" })).rejects.toMatchObject({ code: "store.away" });
    expect((await room.request({ method: "GET", path: "/.well-known/core" })).code).toBe("2.05");
    expect((await room.request({ method: "GET", path: image })).code).toBe("2.05");
    expect((await site.client.get<NodeDetail>(`/api/nodes/${node}`)).missedWakes).toBe(0);
    commanded("01JD7QAAA10000000000000002");
    await redis.start();
    const answer = await told(report(2, 42));
    expect((await room.request(report(2, 42))).payload).toEqual(answer.payload);
    await eventually("the cloud hears of it", () => humidity(last(`n/${node}/data/sidgate-building`)) === 42);
    await eventually("its command is answered", () => answered("01JD7QAAA10000000000000002") !== undefined);
    expect(answered("01JD7QAAA10000000000000002")).toMatchObject({ status: "completed" });
    await eventually("and of the time in between", () => events().some(({ type }) => type === "store.returned"));
    expect(await readiness()).toEqual({ ready: true });
    // The report, the command, and that the store was away.
    expect((await status()).journal.lastDurable - before).toBeLessThanOrEqual(4);
    expect(site.gateway.state).toBe("running");
    expect(site.bridge.state).toBe("running");
  });

  test("a report that was under way when Redis died is there once", async () => {
    redis.freeze(true);
    const asked = room.request(report(3, 43)).catch(() => undefined);
    await eventually("it is noticed", async () => (await readiness()) === "not ready");
    expect((await asked)?.code ?? "5.03").toBe("5.03");
    await redis.kill();
    await redis.start();
    await told(report(3, 43));
    await eventually("the cloud hears of it", () => humidity(last(`n/${node}/data/sidgate-building`)) === 43);
  });

  test("the bridge killed: facts go on, and its successor tells them all, in order", async () => {
    await site.bridge.end("SIGKILL");
    const names = Array.from({ length: inDrill(20, 200) }, (_, at) => `late-${at}`);
    for (const endpoint of names) await site.client.command("node.add", { endpoint });
    site.bridge.start();
    await eventually("all are told", () => {
      const joined = events()
        .filter(({ type }) => type === "node.joined")
        .map(({ endpoint }) => endpoint);
      return names.every((name) => joined.includes(name));
    });
    expect(gaps()).toEqual([]);
  });

  test("the gateway stopped and started: its presence is told by the bridge", async () => {
    const name = gatewayName();
    expect(await site.gateway.end()).toEqual({ code: 0, signal: null });
    await eventually("it is told", () => presence(name) === "offline");
    expect(last(`g/${name}/status`)).toMatchObject({ state: "offline", reason: "shutdown" });
    if (!inDrill(false, true)) return; // every day it is the next test but one that goes on in its place
    site.gateway.start();
    await eventually("it is back", () => presence(name) === "online");
    room.close();
    room = await connect();
    await told(report(4, 44));
    await eventually("and heard", () => humidity(last(`n/${node}/data/sidgate-building`)) === 44);
  });

  test("without Redis they still end when they are told to", async () => {
    await redis.kill();
    const ended = await Promise.all([site.gateway.end(), site.bridge.end()]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    await redis.start();
  });

  test("the same site in one process goes on in its history, and nothing was lost in all of it", async () => {
    const whole = new Program(["run", "--config", site.config]);
    whole.start();
    await eventually("it answers", answers);
    room.close();
    room = await connect();
    await told(report(5, 45));
    await eventually("it is told", () => humidity(last(`n/${node}/data/sidgate-building`)) === 45);
    expect(last(`g/${gatewayName()}/status`)).toMatchObject({ roles: ["gateway", "bridge"], epoch: 1 });
    await eventually("every fact is told", async () => {
      const { journal } = await status();
      return journal.last === journal.lastDurable && gaps().length === 0;
    });
    await redis.kill();
    expect((await whole.end()).code).toBe(0);
    await redis.start();
  });

  drill(
    "each of them killed again and again: what was answered is told, once, in order",
    async () => {
      for (const program of [site.gateway, site.bridge]) program.start();
      await eventually("they are up", answers);
      const random = seededRandom(8);
      const kept: string[] = [];
      let refused = 0;
      let ends = false;
      const giveCommands = async (): Promise<void> => {
        for (let at = 0; !ends; at++) {
          const endpoint = `drill-${at}`;
          const given = site.client.command("node.add", { endpoint });
          await given.then(
            () => kept.push(endpoint),
            () => (refused += 1),
          );
          await pause(20);
        }
      };
      const killed = { redis: 0, gateway: 0, bridge: 0 };
      const kill: Readonly<Record<keyof typeof killed, () => Promise<void>>> = {
        redis: async () => {
          await redis.kill();
          await pause(random.next() * 3000);
          await redis.start();
        },
        gateway: async () => {
          await site.gateway.end("SIGKILL");
          site.gateway.start();
        },
        bridge: async () => {
          await site.bridge.end("SIGKILL");
          site.bridge.start();
        },
      };
      const giving = giveCommands();
      const names = Object.keys(killed) as ReadonlyArray<keyof typeof killed>;
      for (let round = 0; round < 24; round++) {
        const name = names[Math.floor(random.next() * names.length)] ?? "redis";
        killed[name] += 1;
        await kill[name]();
        await pause(500 + random.next() * 2500);
      }
      ends = true;
      await giving;
      await eventually("all is told", async () => {
        const joined = new Map(events().map((event) => [event["seq"], event["endpoint"]]));
        const times = (endpoint: string): number => [...joined.values()].filter((each) => each === endpoint).length;
        return kept.every((endpoint) => times(endpoint) === 1) && gaps().length === 0;
      });
      process.stdout.write(`killed ${JSON.stringify(killed)}: ${kept.length} kept, ${refused} put off, 0 lost\n`);
      expect(kept.length).toBeGreaterThan(20);
      expect([site.gateway.state, site.bridge.state]).toEqual(["running", "running"]);
    },
    240_000,
  );

  const events = (): ReadonlyArray<Record<string, unknown>> => said("event");
  /** Each event names the one before it; several may have come twice. */
  const gaps = (): readonly unknown[] => {
    const seen = new Map(events().map((event) => [event["seq"], event["prev-seq"]]));
    return [...seen].filter(([, prev]) => prev !== "0" && !seen.has(prev));
  };
});

const FOREIGN =
  /\/(gateway|dist\/gateway)\/(coap|southbound|upstream|admin\/(api\/(server|index)|console)|service\/(credentials|registry|images|trust|mailbox|delta))\/|node_modules\/(fastify|lmdb|coap)\//;

const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));
const payloadOf = ({ payload }: Line): Record<string, unknown> =>
  payload === "" ? {} : (JSON.parse(payload) as Record<string, unknown>);
const humidity = (data: Record<string, unknown> | undefined): unknown =>
  (data?.["sidgate-building:room"] as Record<string, unknown> | undefined)?.["humidity"];
