/** The bridge against real brokers, seen by mosquitto_sub: order, restarts, losses (docs/mqtt.md, "The broker"). */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import mqtt from "mqtt";
import { type EmbeddedBroker, openEmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { type Closable, Lifecycle } from "../../gateway/base/index.ts";
import { openLmdbState } from "../../gateway/store/index.ts";
import { hasMosquitto, type Line, type Mosquitto, startMosquitto, subscribe } from "../support/bridge-mosquitto.ts";
import { atSecond, joined, nodeId, phase, testSite } from "../support/bridge-site.ts";

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

const ROOT = "sidgate/1/s-5kq2";
const STATUS = `${ROOT}/g/gw-7f3a/status`;
interface Payload {
  readonly [member: string]: unknown;
  readonly seq?: string;
  readonly conn?: number;
  readonly state?: string;
  readonly reason?: string;
}
const payloads = (lines: readonly Line[], topic: string): readonly Payload[] =>
  lines.filter((line) => line.topic === topic && line.payload !== "").map((line) => JSON.parse(line.payload));
const seqs = (lines: readonly Line[]): readonly number[] =>
  payloads(lines, `${ROOT}/event`).map(({ seq }) => Number(seq));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

/** docs/mqtt.md, "What a consumer must do", 5: an offline that is older than the last online says nothing. */
function follow(known: Payload | undefined, next: Payload): Payload {
  const age = ({ epoch, boot, conn }: Payload): string => `${epoch} ${boot} ${String(conn).padStart(9, "0")}`;
  return known?.state === "online" && next.state === "offline" && age(next) < age(known) ? known : next;
}

interface Proxy extends Closable {
  readonly url: string;
  /** Breaks every line that runs through, as a pulled cable and a reset would. */
  cut(): void;
}

async function openProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}

interface TestBroker {
  readonly name: string;
  readonly version: "5" | "311";
  readonly open: (port?: number) => Promise<Mosquitto | EmbeddedBroker>;
}
const BROKERS: readonly TestBroker[] = [
  { name: "Mosquitto (MQTT 5)", version: "5", open: (port) => startMosquitto(port === undefined ? {} : { port }) },
  { name: "aedes (MQTT 3.1.1)", version: "311", open: (port) => openEmbeddedBroker(port ?? 0) },
];

// The subscriber is mosquitto_sub in both cases, so without Mosquitto neither can run.
(hasMosquitto ? describe : describe.skip).each(BROKERS)("with $name (needs mosquitto, mosquitto-clients)", (kind) => {
  test("a connection tells status, birth, every retained topic, then the events in order", async () => {
    const broker = parts.add(await kind.open());
    const cloud = parts.add(await subscribe(broker.port, "sidgate/1/#", kind.version));
    const site = testSite();
    await site.record(joined(1), joined(2), phase(1, "idle", "queued"));
    const bridge = parts.add(await site.open({ url: broker.url }));
    await bridge.settled();

    const lines = await cloud.until((seen) => seqs(seen).length >= 3);
    const kinds = lines.map((line) => line.topic.slice(ROOT.length + 1));
    expect(kinds.slice(0, 2)).toEqual(["g/gw-7f3a/status", "birth"]);
    expect(seqs(lines)).toEqual([1, 2, 3]);
    expect(payloads(lines, STATUS)[0]).toMatchObject({ state: "online", epoch: 3, conn: 1, broker: "configured" });
    expect(payloads(lines, `${ROOT}/birth`)[0]).toMatchObject({ mqtt: kind.version === "5" ? 5 : 4, "next-seq": "4" });
    expect(payloads(lines, `${ROOT}/n/${nodeId(1)}/ota`).at(-1)).toMatchObject({ detail: { phase: "queued" } });
    expect(bridge.stats()).toMatchObject({ connected: true, journalDepth: 0, latestDepth: 0, rendered: 3 });
  });

  test("a broker that lost everything gets every retained topic back", async () => {
    const first = await kind.open();
    const site = testSite();
    await site.record(joined(1), joined(2), phase(1, "idle", "queued"));
    const bridge = parts.add(await site.open({ url: first.url }));
    await bridge.settled();
    await first.close();

    const second = parts.add(await kind.open(first.port));
    const cloud = parts.add(await subscribe(second.port, "sidgate/1/#", kind.version));
    // Whether the bridge or the subscriber comes first decides in which order the retained topics arrive.
    const lines = await cloud.until((seen) => new Set(seen.map(({ topic }) => topic)).size >= 8);
    await bridge.settled();
    const topics = [...new Set(lines.map(({ topic }) => topic))];
    expect(topics.slice(0, 2)).toEqual([STATUS, `${ROOT}/birth`]);
    expect(topics.slice(2).sort()).toEqual(
      [`${ROOT}/health`, ...["birth", "ota", "state"].map((leaf) => `${ROOT}/n/${nodeId(1)}/${leaf}`)]
        .concat(["birth", "state"].map((leaf) => `${ROOT}/n/${nodeId(2)}/${leaf}`))
        .sort(),
    );
    expect(payloads(lines, STATUS).at(-1)).toMatchObject({ state: "online", reason: "reconnect" });
  });

  test("a bridge closed in mid-stream and opened again tells each event, most of them once", async () => {
    const broker = parts.add(await kind.open());
    const cloud = parts.add(await subscribe(broker.port, "sidgate/1/#", kind.version));
    const site = testSite();
    const total = 300;
    for (let from = 1; from <= total; from += 50) {
      const bridge = await site.open({ url: broker.url });
      await site.record(...upTo(50).map((n) => joined(from + n - 1)));
      await cloud.until((seen) => seqs(seen).some((seq) => seq >= from)); // somewhere in the stream
      await bridge.close();
    }
    const bridge = parts.add(await site.open({ url: broker.url }));
    await bridge.settled();
    const lines = await cloud.until((seen) => new Set(seqs(seen)).size >= total);
    expect([...new Set(seqs(lines))]).toEqual(upTo(total)); // order of first arrival
    expect(payloads(lines, STATUS).filter(({ state }) => state === "offline")).toHaveLength(6);
  });

  test("5000 events of an hour offline arrive in order, with one value per retained topic", async () => {
    const broker = parts.add(await kind.open());
    const cloud = parts.add(await subscribe(broker.port, "sidgate/1/#", kind.version));
    const folder = await mkdtemp(join(tmpdir(), "sidgate-outbox-"));
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    const site = testSite(parts.add(await openLmdbState({ folder })));
    const moves = upTo(4990).map((n) => phase((n % 10) + 1, "offered", n % 20 < 10 ? "downloading" : "failed", 10 + n));
    await site.record(...upTo(10).map((n) => joined(n)), ...moves);
    const bridge = parts.add(await site.open({ url: broker.url }));
    const before = process.cpuUsage();
    await bridge.settled();
    const { user, system } = process.cpuUsage(before);
    const expected = 10 + moves.filter((move) => move.type === "ota.phase" && move.from !== move.to).length;
    const lines = await cloud.until((seen) => seqs(seen).length >= expected);
    expect(seqs(lines)).toEqual([...seqs(lines)].sort((a, b) => a - b));
    expect(seqs(lines)).toHaveLength(expected);
    expect((user + system) / 1000).toBeLessThan(10_000); // however busy the machine is
  });

  test("a node that is removed leaves the broker without a trace", async () => {
    const broker = parts.add(await kind.open());
    const site = testSite();
    await site.record(joined(1), phase(1, "idle", "queued"));
    const bridge = parts.add(await site.open({ url: broker.url }));
    await bridge.settled();
    const live = parts.add(await subscribe(broker.port, "sidgate/1/+/n/+/+", kind.version));
    await live.until((seen) => seen.filter(({ retained }) => retained).length === 3);
    await site.record({ type: "node.removed", at: atSecond(5), node: nodeId(1), actor: "cli:root" });
    await live.until((seen) => seen.filter(({ payload }) => payload === "").length === 3);
    await bridge.settled();
    const late = parts.add(await subscribe(broker.port, "sidgate/1/#", kind.version));
    await late.until((seen) => seen.some(({ topic }) => topic === STATUS));
    expect(late.lines.filter(({ topic }) => topic.includes("/n/"))).toEqual([]);
  });

  test("a will that comes late names an older connection than the status it follows", async () => {
    const broker = parts.add(await kind.open());
    const cloud = parts.add(await subscribe(broker.port, STATUS, kind.version));
    const site = testSite();
    const wire = parts.add(await openProxy(broker.port));
    const bridge = parts.add(await site.open({ url: wire.url }));
    await bridge.settled();
    // Without a DISCONNECT the broker sends the will: at once in 3.1.1; in MQTT 5 it waits 10 s, and the client that
    // is back by then has called it off.
    wire.cut();
    const lines = await cloud.until((seen) => payloads(seen, STATUS).some(({ conn }) => conn === 2));
    const statuses = payloads(lines, STATUS);
    expect(statuses.some(({ state }) => state === "offline")).toBe(kind.version === "311");
    expect(statuses.reduce(follow, undefined)).toMatchObject({ state: "online", conn: 2 });
    // However late the will of the first connection comes, it does not turn the second one offline.
    const { epoch, boot } = statuses[0] ?? {};
    expect([...statuses, { state: "offline", epoch, boot, conn: 1 }].reduce(follow, undefined)).toMatchObject({
      state: "online",
      conn: 2,
    });
  });
});

test("MQTT 3.1.1 §4.4 at the embedded broker: a kept session has what waited once, and loses none of it while more comes", async () => {
  const broker = parts.add(await openEmbeddedBroker(0));
  const publisher = await mqtt.connectAsync(broker.url, { protocolVersion: 4 });
  parts.add({ close: () => publisher.endAsync(true) });
  const say = (...names: readonly string[]): Promise<unknown> =>
    Promise.all(names.map((name) => publisher.publishAsync("site/event", name, { qos: 1 })));
  const kept = { clientId: "kept", clean: false, protocolVersion: 4 } as const;
  const first = await mqtt.connectAsync(broker.url, kept);
  await first.subscribeAsync(["+/event", "site/event"], { qos: 1 });
  await first.endAsync();
  const heard = async (last: string, meanwhile: () => Promise<unknown>): Promise<readonly string[]> => {
    const client = mqtt.connect(broker.url, kept);
    const got: string[] = [];
    const ended = new Promise<void>((resolve) => {
      client.on("message", (_topic, payload) => {
        got.push(payload.toString());
        if (got.includes(last)) resolve();
      });
    });
    await meanwhile();
    await ended;
    await client.endAsync();
    return got;
  };

  await say("1", "2", "3");
  expect(await heard("3", async () => undefined)).toEqual(["1", "2", "3"]);

  const waited = Array.from({ length: 10 }, (_, n) => `waited ${n}`);
  await say(...waited);
  const got = await heard("waited 9", async () => {
    for (let n = 0; n < 20; n++) await say(`live ${n}`);
  });
  expect(got.filter((name) => name.startsWith("waited"))).toEqual(waited);
});
