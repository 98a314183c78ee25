/** The lanes of a connection, in lockstep: what comes in, what is said, replays and rebirth (docs/mqtt.md, "The broker"). */
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Dial, OVERSIZED } from "../../cloud-bridge/mqtt/link/connection.ts";
import { Link, type LinkOptions } from "../../cloud-bridge/mqtt/link/link.ts";
import { jsonBytes, type Message, parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { Outbox } from "../../cloud-bridge/mqtt/outbox/outbox.ts";
import { isCoded, type Logger, millis, SILENT, StoreError, seconds } from "../../gateway/base/index.ts";
import { memoryState } from "../../gateway/store/index.ts";
import { Broker } from "../support/bridge-broker.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const SITE = "s-5kq2";
const NOW = millis(Date.parse("2026-11-22T08:00:00Z"));
const event = (seq: number): Message => ({
  kind: "event",
  topic: `sidgate/1/${SITE}/event`,
  seq,
  at: NOW,
  payload: jsonBytes({ seq: String(seq), "prev-seq": String(seq - 1), epoch: 3, hash: null, prev: null }),
});
const state = (n: number, payload = jsonBytes({ state: "asleep" })): Message => ({
  kind: "nodeState",
  topic: `sidgate/1/${SITE}/n/n-000${n}/state`,
  seq: 1,
  payload,
});
const said = (kind: "log" | "reply", n = 1): Message => ({
  kind,
  topic: kind === "log" ? `sidgate/1/${SITE}/log` : `sidgate/1/${SITE}/rsp/bms-1`,
  seq: 0,
  payload: jsonBytes({ n }),
});
const status: Message = { kind: "status", topic: `sidgate/1/${SITE}/g/gw-1/status`, seq: 0, payload: jsonBytes({}) };
const birth: Message = { kind: "siteBirth", topic: `sidgate/1/${SITE}/birth`, seq: 0, payload: jsonBytes({}) };

const links: Array<readonly [Link, Broker]> = [];
afterEach(async () => {
  for (const [link, broker] of links.splice(0)) {
    broker.automatic = true; // the farewell's PUBACK
    await link.close();
  }
});

async function linked(broker: Broker, options: Partial<LinkOptions> = {}) {
  const clock = new VirtualClock(NOW);
  const store = memoryState();
  const outbox = await Outbox.open(store, { log: SILENT, site: SITE });
  const add = async (...messages: readonly Message[]): Promise<void> => {
    const staged = await outbox.stage(messages, NOW);
    await store.commit("mqtt", 0, staged.changes);
    outbox.committed(staged, NOW);
  };
  const link = new Link({
    broker: { url: "mqtt://test" },
    clientId: "test",
    presence: {
      will: () => status,
      greeting: () => [status, birth],
      farewell: () => status,
      connected: () => undefined,
    },
    outbox,
    dial: broker.dial,
    realtime: clock,
    random: { next: () => 0.5 },
    log: SILENT,
    ...options,
  });
  links.push([link, broker]);
  return { link, store, outbox, clock, add };
}

/** A taker whose every answer the test gives. */
function taker() {
  const asked: Array<{
    readonly topic: string;
    readonly taken: () => void;
    readonly failed: (error: unknown) => void;
  }> = [];
  const take = ({ topic }: { readonly topic: string }): Promise<void> =>
    new Promise((resolve, reject) => asked.push({ topic, taken: resolve, failed: reject }));
  return { asked, inbound: { filters: ["sidgate/1/s-5kq2/cmd/+"], take } };
}
const away = new StoreError("store.write-failed", { what: "the journal", reason: "away" });
const command = (n: number): { readonly topic: string } => ({ topic: `sidgate/1/${SITE}/cmd/c${n}` });

describe("what comes in", () => {
  test("is subscribed to on every connection, before anything is told", async () => {
    const broker = new Broker();
    const { link, clock } = await linked(broker, { inbound: taker().inbound });
    link.start();
    await settled();
    expect(broker.filters).toEqual(["sidgate/1/s-5kq2/cmd/+"]);
    broker.filters = [];
    broker.requests[0]?.onLost("test");
    await clock.advance(seconds(1));
    expect(broker.filters).toEqual(["sidgate/1/s-5kq2/cmd/+"]);
  });

  test("goes on without commands when the broker refuses the subscription, and says so", async () => {
    const broker = new Broker();
    broker.subscribeRefusal = { code: 0x87, text: "Not authorized" };
    broker.automatic = true;
    const logged: string[] = [];
    const log: Logger = { ...SILENT, error: (what) => void logged.push(what) };
    const { link, outbox, add } = await linked(broker, { inbound: taker().inbound, log });
    await add(event(1));
    link.start();
    await link.settled(outbox.lastJournal);
    expect(logged).toEqual(["mqtt.subscribe-refused"]);
    expect(broker.events()).toEqual([1]);
  });

  test("MQTT 5.0 §4.6: PUBACKs go in the order of arrival, each when its message was taken", async () => {
    const broker = new Broker();
    const { asked, inbound } = taker();
    const { link } = await linked(broker, { inbound });
    link.start();
    await settled();
    const brought = [1, 2, 3].map((n) => broker.brings(command(n)));
    expect(asked.map(({ topic }) => topic)).toEqual([1, 2, 3].map((n) => command(n).topic));
    asked[2]?.taken();
    asked[1]?.taken();
    await settled();
    expect(brought.map(({ acknowledged }) => acknowledged)).toEqual([false, false, false]);
    asked[0]?.taken();
    await settled();
    expect(broker.pubacks).toEqual([1, 2, 3].map((n) => command(n).topic));
  });

  test("waits for the line that its answer goes out on, when a kept session brings it together with the CONNACK", async () => {
    const broker = new Broker();
    const told: boolean[] = [];
    const take = async (): Promise<void> => void told.push(link.say(said("reply")));
    const dial: Dial = (request) => {
      const connection = broker.dial(request);
      broker.brings(command(1));
      return connection;
    };
    const { link } = await linked(broker, { inbound: { filters: [], take }, dial });
    link.start();
    await settled();
    expect(told).toEqual([true]);
    expect(broker.pubacks).toEqual([command(1).topic]);
  });

  test("is tried again, in order and ever more seldom, while our own backing is away", async () => {
    const broker = new Broker();
    const { asked, inbound } = taker();
    const { link, clock } = await linked(broker, { inbound });
    link.start();
    await settled();
    for (const n of [1, 2]) broker.brings(command(n));
    for (const { failed } of asked.splice(0)) failed(away);
    await settled();
    broker.brings(command(3));
    await clock.advance(millis(999));
    expect(asked).toEqual([]);
    await clock.advance(millis(1));
    expect(asked.map(({ topic }) => topic)).toEqual([1, 2, 3].map((n) => command(n).topic));
    for (const { failed } of asked.splice(0)) failed(away);
    await clock.advance(millis(1999));
    expect(asked).toEqual([]);
    await clock.advance(millis(1));
    for (const { taken } of asked.splice(0)) taken();
    await settled();
    expect(broker.pubacks).toEqual([1, 2, 3].map((n) => command(n).topic));
  });

  test("stays unacknowledged after a fault of ours, and holds nothing else up", async () => {
    const broker = new Broker();
    const { asked, inbound } = taker();
    const { link, clock } = await linked(broker, { inbound });
    link.start();
    await settled();
    for (const n of [1, 2]) broker.brings(command(n));
    asked[0]?.failed(new TypeError("a fault"));
    asked[1]?.taken();
    await clock.advance(seconds(100));
    expect(asked).toHaveLength(2);
    expect(broker.pubacks).toEqual([command(2).topic]);
  });

  test("is not acknowledged on a line that died meanwhile", async () => {
    const broker = new Broker();
    const { asked, inbound } = taker();
    const { link } = await linked(broker, { inbound });
    link.start();
    await settled();
    broker.brings(command(1));
    broker.requests[0]?.onLost("test");
    asked[0]?.taken();
    await settled();
    expect(broker.pubacks).toEqual([]);
  });

  test("is read no further while twenty are being taken", async () => {
    const broker = new Broker();
    const { asked, inbound } = taker();
    const { link } = await linked(broker, { inbound });
    link.start();
    await settled();
    const brought = Array.from({ length: 20 }, (_, n) => broker.brings(command(n)));
    expect(brought.slice(0, 19).every(({ wait }) => wait === undefined)).toBe(true);
    asked[0]?.taken();
    await brought[19]?.wait;
    expect(broker.pubacks).toEqual([command(0).topic]);
  });

  test("begins anew at the broker after a packet that is too large to be read", async () => {
    const broker = new Broker();
    const { link, clock } = await linked(broker, { inbound: taker().inbound });
    link.start();
    await settled();
    broker.requests[0]?.onLost(OVERSIZED);
    await clock.advance(seconds(1));
    broker.requests[1]?.onLost("closed");
    await clock.advance(seconds(2));
    expect(broker.requests.map(({ afresh }) => afresh)).toEqual([false, true, false]);
  });
});

describe("what is said to those who listen now", () => {
  test("goes out beside the stream, is never kept, and is dropped while nobody is connected", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const { link, outbox } = await linked(broker);
    expect(link.say(said("log"))).toBe(false);
    link.start();
    await link.settled(outbox.lastJournal);
    expect(link.say(said("reply"))).toBe(true);
    await settled();
    expect(broker.told("log", "reply")).toEqual([said("reply")]);
    expect(outbox).toMatchObject({ journalDepth: 0, bytes: 0 });
  });

  test("is bounded", async () => {
    const broker = new Broker();
    const { link } = await linked(broker);
    link.start();
    await settled();
    const taken = Array.from({ length: 1200 }, (_, n) => link.say(said("log", n))).filter(Boolean);
    expect(taken.length).toBeGreaterThanOrEqual(1000);
    expect(taken.length).toBeLessThanOrEqual(1020);
  });

  test("MQTT 5.0 §3.4.2.1: a refused reply is left out, one that is over a quota waits", async () => {
    const broker = new Broker();
    const { link, outbox, clock, add } = await linked(broker);
    await add(event(1), { ...said("reply"), seq: 1, part: 1, at: NOW }, event(2));
    link.start();
    await broker.until(() => broker.told("event", "reply").length === 3);
    const answer = (kind: string, seq: number, code?: number): void =>
      broker.sent
        .find(({ message }) => message.kind === kind && message.seq === seq)
        ?.acknowledge(code === undefined ? undefined : { code, text: "no" });
    answer("event", 1);
    answer("reply", 1, 0x97);
    answer("event", 2); // on its way when the reply was refused: no reason for haste
    broker.sent = [];
    await clock.advance(seconds(1));
    answer("reply", 1, 0x97);
    broker.sent = [];
    await clock.advance(millis(1999));
    expect(broker.sent).toEqual([]);
    await clock.advance(millis(1));
    expect(broker.told("event", "reply").map(({ kind, seq }) => [kind, seq])).toEqual([["reply", 1]]);
    answer("reply", 1, 0x87);
    expect(broker.told("event", "reply").map(({ kind, seq }) => [kind, seq])).toEqual([
      ["reply", 1],
      ["event", 2],
    ]);
    answer("event", 2);
    expect(outbox.journalDepth).toBe(0);
  });
});

describe("what is larger than the broker takes (MQTT 5.0 §3.2.2.3.6)", () => {
  const push: Message = {
    kind: "nodePush",
    topic: `sidgate/1/${SITE}/n/n-0001/push`,
    seq: 3,
    at: NOW,
    payload: jsonBytes({ "sidgate-mqtt:meta": { seq: "3", epoch: 3, observed: "2026-11-22T08:00:00Z" } }),
  };
  const large = (one: Message): Message => ({
    ...one,
    payload: jsonBytes({ ...parsePayload(one.payload), text: "x".repeat(999) }),
  });

  test("does not hold up the history: an event says what it stands for, a push is left out, and a replay says the same", async () => {
    const broker = new Broker();
    broker.automatic = true;
    broker.maximumPayload = 500;
    const logged: string[] = [];
    const log: Logger = { ...SILENT, error: (name) => void logged.push(name) };
    const { link, outbox, add } = await linked(broker, { log });
    await add(event(1), large(event(2)), large(push), event(4), large(state(1)));
    link.start();
    await link.settled(outbox.lastJournal);
    const told = broker.told("event", "nodePush");
    expect(told.map(({ seq }) => seq)).toEqual([1, 2, 4]);
    expect(parsePayload(told[1]?.payload ?? new Uint8Array(0))).toEqual({
      seq: "2",
      "prev-seq": "1",
      epoch: 3,
      type: "journal.overflow",
      actor: "system",
      "from-seq": "2",
      "to-seq": "2",
      hash: null,
      prev: null,
    });
    expect([outbox.journalDepth, outbox.lastAcked === outbox.lastJournal, link.stats.connections]).toEqual([
      0,
      true,
      1,
    ]);
    expect(logged).toEqual(Array.from({ length: 3 }, () => "mqtt.too-large"));
    broker.sent = [];
    expect(await link.replay(outbox.range(3, 2, 4))).toEqual({ messages: 2, leftOut: 1 });
    expect(broker.told("event", "nodePush")).toEqual(told.slice(1));
  });

  test("is an answer: a short one says so in its place, also when its id is given again", async () => {
    const broker = new Broker();
    broker.automatic = true;
    broker.maximumPayload = 600;
    const { link, outbox, add } = await linked(broker);
    const answer = (status: string, seq: number): Message => ({
      ...said("reply"),
      seq,
      part: 1,
      at: NOW,
      correlation: Uint8Array.of(7),
      payload: jsonBytes({ id: "g1", status, text: "x".repeat(999) }),
    });
    await add(answer("completed", 1), answer("accepted", 2), { ...said("reply"), seq: 3, part: 1, at: NOW });
    link.start();
    await link.settled(outbox.lastJournal);
    expect(link.say({ ...answer("failed", 0), topic: "app/replies" })).toBe(true);
    await settled();
    const told = broker.told("reply");
    expect(told.map(({ seq, topic, correlation }) => [seq, topic, correlation])).toEqual([
      [1, `sidgate/1/${SITE}/rsp/bms-1`, Uint8Array.of(7)],
      [3, `sidgate/1/${SITE}/rsp/bms-1`, undefined],
      [0, "app/replies", Uint8Array.of(7)],
    ]);
    const short = { id: "g1", status: "failed", code: 413 };
    const error = { "error-type": "application", "error-tag": "too-big", "error-app-tag": "answer.too-large" };
    expect(told.map(({ payload }) => parsePayload(payload))).toMatchObject([
      { ...short, error },
      { n: 1 },
      { ...short, error },
    ]);
  });

  test("is left out where nothing can be told in its place, and no kind is shunned for it", async () => {
    const broker = new Broker();
    broker.automatic = true;
    broker.maximumPayload = 50;
    const { link, outbox, clock, add } = await linked(broker);
    await add(large(state(1)), state(2), large(event(1)), {
      ...said("reply"),
      seq: 2,
      part: 1,
      at: NOW,
      payload: jsonBytes({ id: "g1", status: "completed", text: "x".repeat(99) }),
    });
    link.start();
    await link.settled(outbox.lastJournal);
    broker.requests[0]?.onLost("test");
    await clock.advance(seconds(1));
    await link.settled(outbox.lastJournal);
    expect(broker.told("event", "nodeState", "reply")).toEqual([state(2)]);
  });
});

describe("replays", () => {
  const many = (from: number, to: number): Message[] =>
    Array.from({ length: to - from + 1 }, (_, i) => event(from + i));

  test("send what is kept again, with the same bytes, in order, beside what is new", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const { link, outbox, add } = await linked(broker);
    await add(...many(1, 300));
    link.start();
    await link.settled(outbox.lastJournal);
    broker.sent = [];
    broker.automatic = false;
    const replayed = link.replay(outbox.range(3, 11, 150));
    await add(...many(301, 400));
    for (let round = 0; round < 200; round++) {
      await settled();
      const [next] = broker.sent.filter(({ message: { seq } }) => !done.has(seq));
      if (next === undefined) break;
      done.add(next.message.seq);
      next.acknowledge(undefined);
    }
    broker.automatic = true;
    for (const { message, acknowledge } of broker.sent) if (!done.has(message.seq)) acknowledge(undefined);
    expect(await replayed).toEqual({ messages: 140, leftOut: 0 });
    await link.settled(outbox.lastJournal);
    const again = broker.sent.filter(({ replay }) => replay).map(({ message }) => message);
    expect(again.map(({ seq }) => seq)).toEqual(Array.from({ length: 140 }, (_, i) => 11 + i));
    expect(again.map(({ payload }) => Buffer.from(payload))).toEqual(
      many(11, 150).map(({ payload }) => Buffer.from(payload)),
    );
    const fresh = broker.sent.filter(({ replay }) => !replay).map(({ message }) => message.seq);
    expect(fresh).toEqual(Array.from({ length: 100 }, (_, i) => 301 + i));
    // Neither starved the other: both were among the first that went out.
    const early = broker.sent.slice(0, 60);
    expect(new Set(early.map(({ replay }) => replay)).size).toBe(2);
  });
  const done = new Set<number>();

  test("go on where they were on the next connection", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const { link, outbox, clock, add } = await linked(broker);
    await add(...many(1, 40));
    link.start();
    await link.settled(outbox.lastJournal);
    broker.automatic = false;
    broker.sent = [];
    const replayed = link.replay(outbox.range(3, 1, 40));
    await broker.until(() => broker.sent.length === 20);
    for (const { acknowledge } of broker.sent.slice(0, 5)) acknowledge(undefined);
    broker.automatic = true;
    broker.requests[0]?.onLost("test");
    await clock.advance(seconds(1));
    expect(await replayed).toEqual({ messages: 40, leftOut: 0 });
    const again = broker.sent.filter(({ replay }) => replay).map(({ message }) => message.seq);
    expect(again).toEqual(Array.from({ length: 35 }, (_, i) => 6 + i));
  });

  test("go on by themselves when the line is lost while they are read", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const { link, clock } = await linked(broker);
    link.start();
    await settled();
    let goOn = (): void => undefined;
    const read = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const replayed = link.replay(
      (async function* () {
        await read;
        yield event(1);
      })(),
    );
    broker.requests[0]?.onLost("test");
    await clock.advance(seconds(1));
    expect(broker.requests.length).toBe(2);
    goOn();
    expect(await replayed).toEqual({ messages: 1, leftOut: 0 });
  });

  test("leave out what the broker does not have yet, and what is of another epoch", async () => {
    const broker = new Broker();
    const { link, outbox, add } = await linked(broker);
    await add(...many(1, 3));
    link.start();
    await broker.until(() => broker.events().length === 3);
    broker.sent.find(({ message }) => message.seq === 1 && message.kind === "event")?.acknowledge(undefined);
    const seqs = async (epoch: number): Promise<readonly number[]> => {
      const found: number[] = [];
      for await (const { seq } of outbox.range(epoch, 0, 99)) found.push(seq);
      return found;
    };
    expect(await seqs(3)).toEqual([1]);
    expect(await seqs(2)).toEqual([]);
    expect(await outbox.oldest()).toBe(1);
  });

  test("are refused when too many wait, and end when the bridge leaves or the outbox cannot be read", async () => {
    const broker = new Broker();
    const { link, outbox, add } = await linked(broker);
    await add(event(1));
    const codeOf = (error: unknown): unknown => (isCoded(error) ? error.code : error);
    const broken = async function* (): AsyncIterable<Message> {
      yield event(1);
      throw away;
    };
    const waiting = Array.from({ length: 8 }, () => link.replay(broken()).catch(codeOf));
    expect(await link.replay(outbox.range(3, 1, 1)).catch(codeOf)).toBe("command.crowded");
    link.start();
    await settled();
    expect(await waiting[0]).toBe("store.write-failed");
    broker.automatic = true;
    await link.close();
    const ends = new Set(await Promise.all(waiting));
    expect([...ends].every((code) => code === "store.write-failed" || code === "mqtt.unreachable")).toBe(true);
    expect(await link.replay(outbox.range(3, 1, 1)).catch(codeOf)).toBe("mqtt.unreachable");
  });
});

test("what changes while the retained topics are told is told once, and no removal before its event", async () => {
  const broker = new Broker();
  broker.receiveMaximum = 3;
  const health: Message = { kind: "health", topic: `sidgate/1/${SITE}/health`, seq: 0, payload: jsonBytes({}) };
  const { link, outbox, add } = await linked(broker, {
    presence: {
      will: () => status,
      greeting: () => [status, birth],
      farewell: () => status,
      connected: () => outbox.offer(health),
    },
  });
  outbox.offer(health);
  await add(state(1), state(2), state(3));
  link.start();
  await broker.until(() => broker.sent.length === 3);
  await add({ ...event(2), seq: 2 }, { ...state(2, new Uint8Array(0)), seq: 2 }, { ...state(3), seq: 3 });
  const order: string[] = [];
  while (broker.sent.length > 0) {
    order.push(...broker.sent.map(({ message: { kind, payload } }) => (payload.length === 0 ? "removal" : kind)));
    broker.acknowledgeAll();
    await settled();
  }
  expect([...order].sort()).toEqual(["event", "health", "nodeState", "nodeState", "removal", "siteBirth", "status"]);
  expect(order.indexOf("removal")).toBeGreaterThan(order.indexOf("event"));
});

test("a rebirth tells status, birth and every retained topic again, and holds up no event", async () => {
  const broker = new Broker();
  broker.automatic = true;
  const { link, outbox, add } = await linked(broker);
  await add(...Array.from({ length: 9 }, (_, n) => state(n)), event(1));
  link.start();
  await link.settled(outbox.lastJournal);
  broker.sent = [];
  broker.automatic = false;
  link.rebirth();
  await add(event(2), event(3));
  await settled();
  const kinds = broker.sent.map(({ message: { kind } }) => kind);
  expect(kinds.slice(0, 2)).toEqual(["status", "siteBirth"]);
  expect(kinds.filter((kind) => kind === "nodeState")).toHaveLength(9);
  expect(broker.events()).toEqual([2, 3]);
  broker.automatic = true;
  broker.acknowledgeAll();
  await link.settled(outbox.lastJournal);
});

test("an outbox that cannot be read holds up what must be read alone, and the line stays", async () => {
  const { store, add } = await linked(new Broker());
  await add(event(1), state(1));
  const entries = store.entries.bind(store);
  const outbox = await Outbox.open(store, { log: SILENT, site: SITE });
  let reads = 0;
  store.entries = (...which) => (reads++ < 2 ? Promise.reject(away) : entries(...which));
  const broker = new Broker();
  broker.automatic = true;
  const { link, clock } = await linked(broker, { outbox });
  link.start();
  await settled();
  expect(link.say(said("log"))).toBe(true);
  await clock.advance(millis(2999)); // after a second, then after two more
  expect([broker.told("nodeState", "log").length, broker.events(), reads]).toEqual([2, [], 2]);
  await clock.advance(millis(1));
  await link.settled(outbox.lastJournal);
  expect([broker.events(), broker.dropped, link.stats.connections]).toEqual([[1], 0, 1]);
});

test("a broker that answers pings but acknowledges nothing is given up", async () => {
  const broker = new Broker();
  const { link, clock, add } = await linked(broker);
  await add(event(1));
  link.start();
  await clock.advance(seconds(29));
  expect(broker).toMatchObject({ dropped: 0 });
  await clock.advance(seconds(32));
  expect(broker).toMatchObject({ dropped: 1 });
  expect(broker.requests.length).toBeGreaterThan(1);
});
