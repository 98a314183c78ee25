/** The outbox without a projector: parts of a fact, rows of former versions, replies and pushes among the events. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { OutboxLimits } from "../../cloud-bridge/mqtt/outbox/journal-rows.ts";
import {
  decodeMessage,
  encodeMessage,
  jsonBytes,
  type Message,
  parsePayload,
  placeOf,
  propertiesOf,
} from "../../cloud-bridge/mqtt/outbox/message.ts";
import { Outbox } from "../../cloud-bridge/mqtt/outbox/outbox.ts";
import { days, Lifecycle, type Logger, millis, SILENT } from "../../gateway/base/index.ts";
import { memoryState, openLmdbState, openRedisState, type StateStore } from "../../gateway/store/index.ts";
import { hasRedis, startRedis } from "../store/redis-server.ts";

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

const SITE = "s-5kq2";
const NOW = millis(Date.parse("2026-11-22T08:00:00Z"));
const TIME = "2026-11-22T08:00:00Z";
const hashOf = (seq: number): string | null => (seq === 0 ? null : `sha256:${seq}`);

/** `prev`: number of the event before it. */
const event = (seq: number, prev = seq - 1): Message => ({
  kind: "event",
  topic: `sidgate/1/${SITE}/event`,
  seq,
  at: NOW,
  payload: jsonBytes({
    seq: String(seq),
    "prev-seq": String(prev),
    epoch: 3,
    id: `01JD7Q${seq}`,
    time: TIME,
    observed: TIME,
    type: "node.joined",
    node: "n-0001",
    hash: hashOf(seq),
    prev: hashOf(prev),
  }),
});
const push = (seq: number): Message => ({
  kind: "nodePush",
  topic: `sidgate/1/${SITE}/n/n-0001/push`,
  seq,
  at: NOW,
  payload: jsonBytes({
    "ietf-yang-push:push-update": { id: 1 },
    "sidgate-mqtt:meta": { seq: String(seq), "prev-seq": String(seq - 1), epoch: 3, observed: TIME },
  }),
});
const reply = (seq: number, part = 1): Message => ({
  kind: "reply",
  topic: `sidgate/1/${SITE}/rsp/bms-1`,
  seq,
  part,
  at: NOW,
  correlation: Uint8Array.of(0, 7, 255),
  payload: jsonBytes({ id: `c-${seq}`, status: "completed" }),
});

async function opened(limits?: OutboxLimits, log: Logger = SILENT, state = memoryState()) {
  const outbox = await Outbox.open(state, { log, site: SITE, ...(limits === undefined ? {} : { limits }) });
  const add = async (...messages: readonly Message[]): Promise<void> => {
    const staged = await outbox.stage(messages, NOW);
    await state.commit("mqtt", messages.at(-1)?.seq ?? 0, staged.changes);
    outbox.committed(staged, NOW);
  };
  const rows = async (): Promise<readonly Message[]> =>
    (await state.entries("mqtt.journal")).map(([, row]) => decodeMessage(row));
  return { outbox, add, rows, state };
}
const named = (messages: readonly Message[]): readonly string[] =>
  messages.map(({ kind, seq, part = 0 }) => `${kind} ${seq}.${part}`);

describe("several messages of one fact", () => {
  test("follow each other, across a restart and wherever the acknowledgements stopped", async () => {
    const { outbox, add, state } = await opened();
    await add(event(1), reply(1), reply(1, 2), event(2), push(3), reply(10, 0), event(11, 2));
    const all = ["event 1.0", "reply 1.1", "reply 1.2", "event 2.0", "nodePush 3.0", "reply 10.0", "event 11.0"];
    const start = placeOf({ seq: 0 });
    expect(named(await outbox.journalAfter(start, 99))).toEqual(all);
    outbox.acked(event(1), reply(1));
    outbox.acked(reply(1), reply(1, 2));
    await add(); // saves the marks
    const { outbox: again } = await opened(undefined, SILENT, state);
    expect(again).toMatchObject({ lastAcked: placeOf({ seq: 1, part: 1 }), journalDepth: 5 });
    expect(named(await again.journalAfter(again.lastAcked, 99))).toEqual(all.slice(2));
    expect(named(await again.journalAfter(again.lastAcked, 2))).toEqual(all.slice(2, 4));
  });

  test("a reply keeps its correlation data and whatever topic its asker chose", async () => {
    for (const topic of ["a/b c", "a/%20", "büro/✓/x\ny", "sidgate/1/s-5kq2/rsp/bms-1", "\ud800"]) {
      const row = { ...reply(7), topic };
      const back = decodeMessage(encodeMessage(row));
      expect(back).toMatchObject({ topic: Buffer.from(topic).toString(), seq: 7, part: 1, at: NOW });
      expect([...(back.correlation ?? [])]).toEqual([0, 7, 255]);
      expect(parsePayload(back.payload)).toEqual(parsePayload(row.payload));
    }
  });
});

test("rows and marks of the first outboxes are read: no parts, the time in the payload only", async () => {
  const state = memoryState();
  const row = (seq: number) => ({
    table: "mqtt.journal",
    key: String(seq).padStart(16, "0"),
    value: Buffer.concat([Buffer.from(`event ${seq} sidgate/1/${SITE}/event\n`), event(seq).payload]),
  });
  const marks = Buffer.from(JSON.stringify({ last: 3, acked: 1, unacked: 2, bytes: 900 }));
  const changes = [row(1), row(2), row(3), { table: "mqtt.marks", key: "journal", value: marks }];
  await state.commit("mqtt", 3, changes);
  const { outbox } = await opened(undefined, SILENT, state);
  expect(outbox).toMatchObject({ lastAcked: placeOf({ seq: 1 }), journalDepth: 2, bytes: 900 });
  expect(named(await outbox.journalAfter(outbox.lastAcked, 9))).toEqual(["event 2.0", "event 3.0"]);
  expect(outbox.oldestSeconds(millis(NOW + 5000))).toBe(5);
});

interface Store {
  readonly name: string;
  readonly here: boolean;
  readonly open: (folder: string) => Promise<StateStore>;
}
const STORES: readonly Store[] = [
  { name: "LMDB", here: true, open: (folder) => openLmdbState({ folder }) },
  {
    name: "Redis (needs redis-server)",
    here: hasRedis,
    open: async (folder) => {
      const server = await startRedis(folder);
      parts.add({ close: () => server.stop() });
      return openRedisState({ url: server.url, site: SITE, log: SILENT });
    },
  },
];

for (const { name, here, open } of STORES) {
  (here ? test : test.skip)(
    `pages, replay and trimming go by key, and a restart finds all of it: ${name}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "sidgate-outbox-"));
      parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
      const state = parts.add(await open(folder));
      const first = await opened(undefined, SILENT, state);
      const all = Array.from({ length: 450 }, (_, i) => [event(i + 1), reply(i + 1)]).flat();
      await first.add(...all);
      for (const message of all.slice(0, 800)) first.outbox.acked(message, undefined);
      await first.add();
      const limits = { maxBytes: first.outbox.bytes, replaySpan: days(7) };
      const { outbox, add } = await opened(limits, SILENT, state);
      const rest = [
        ...(await outbox.journalAfter(outbox.lastAcked, 60)),
        ...(await outbox.journalAfter(placeOf(reply(430)), 60)),
      ];
      expect(named(rest)).toEqual(named(all.slice(800)));
      const again: number[] = [];
      for await (const { seq } of outbox.range(3, 5, 999)) again.push(seq);
      expect(again).toEqual(Array.from({ length: 396 }, (_, i) => i + 5));
      await add(event(451));
      expect(await outbox.oldest()).toBeGreaterThan(15);
      expect(outbox.journalDepth).toBe(101);
    },
  );
}

describe("an outbox that is full", () => {
  const limits = (bytes: number): OutboxLimits => ({ maxBytes: bytes, replaySpan: days(7) });
  const sizeOf = (...messages: readonly Message[]): number =>
    messages.reduce((sum, message) => sum + encodeMessage(message).length, 0);

  test("names one range for lost events, pushes and replies, and the chain goes on", async () => {
    const first = [event(1), reply(1), push(2), event(3, 1), reply(3), push(4), reply(5, 0)];
    const { outbox, add, rows } = await opened(limits(sizeOf(...first)));
    await add(...first);
    await add(event(6, 3), event(7, 6), event(8, 7), event(9, 8), push(10));
    const kept = await rows();
    expect(named(kept)).toEqual(["event 5.0", "event 6.0", "event 7.0", "event 8.0", "event 9.0", "nodePush 10.0"]);
    const [marker, next] = kept.map(({ payload }) => parsePayload(payload));
    expect(marker).toMatchObject({ type: "journal.overflow", "from-seq": "1", "to-seq": "5", epoch: 3 });
    expect(marker).toMatchObject({ seq: "3", "prev-seq": "0", prev: null, hash: hashOf(3) });
    expect(next).toMatchObject({ "prev-seq": "3", prev: hashOf(3) });
    expect(outbox.journalDepth).toBe(6);
  });

  test("takes the number of a push where no event was lost; the chain goes on around it", async () => {
    const first = [event(1), push(2), push(3), push(4)];
    const { outbox, add, rows } = await opened(limits(sizeOf(...first)));
    await add(...first);
    outbox.acked(event(1), push(2));
    await add(push(5), push(6), event(7, 1));
    const [marker] = await rows();
    const said = parsePayload(marker?.payload ?? new Uint8Array(0));
    expect(said).toMatchObject({ type: "journal.overflow", "from-seq": "2", "to-seq": said["seq"] });
    expect(said).toMatchObject({ "prev-seq": "1", prev: hashOf(1), hash: hashOf(1), time: TIME });
    const after = await rows();
    expect(parsePayload(after.at(-1)?.payload ?? new Uint8Array(0))).toMatchObject({
      "prev-seq": "1",
      prev: hashOf(1),
    });
  });

  test("an overflow that never went out is taken into the next one", async () => {
    const { add, rows } = await opened(limits(sizeOf(event(1)) * 6));
    for (let seq = 1; seq <= 40; seq++) await add(event(seq));
    const [marker, next] = (await rows()).map(({ payload }) => parsePayload(payload));
    expect(marker).toMatchObject({ type: "journal.overflow", "from-seq": "1", "prev-seq": "0", prev: null });
    expect(next).toMatchObject({ "prev-seq": marker?.["seq"], prev: marker?.["hash"] });
  });

  test("is told at four fifths of unsent messages, and when it is relieved; what is kept for replay is no alarm", async () => {
    const logged: string[] = [];
    const note = (what: string): void => void logged.push(what);
    const log: Logger = { ...SILENT, warn: note, info: note, error: note };
    const { outbox, add } = await opened(limits(sizeOf(event(1)) * 10), log);
    for (let seq = 1; seq <= 9; seq++) await add(event(seq));
    expect(outbox.filling).toBe(true);
    for (let seq = 1; seq <= 9; seq++) outbox.acked(event(seq), undefined);
    expect(outbox.filling).toBe(false);
    for (let seq = 10; seq <= 30; seq++) {
      await add(event(seq));
      outbox.acked(event(seq), undefined);
    }
    expect(outbox.bytes).toBeGreaterThan(outbox.limit * 0.8);
    expect(logged).toEqual(["mqtt.outbox-filling", "mqtt.outbox-relieved"]);
    expect(await outbox.oldest()).toBeGreaterThan(10);
  });
});

// What is sent with each message is read out of its bytes without parsing them: to the same result.
test.each([
  ["an event of a node", event(7), { type: "sidgate.node.joined", subject: "n-0001", seq: "7", epoch: "3" }],
  [
    "an event whose node does not come first",
    { ...event(7), payload: jsonBytes({ seq: "7", epoch: 3, type: "x", actor: '","node":"n-9', node: "n-0002" }) },
    { type: "sidgate.x", subject: "n-0002", seq: "7", epoch: "3" },
  ],
  ["a push", push(7), { seq: "7", epoch: "3", observed: TIME }],
  [
    "data whose text looks like the end",
    {
      ...push(7),
      payload: jsonBytes({
        "sidgate-mqtt:meta": { epoch: 3, seq: "7" },
        x: '"sidgate-mqtt:meta":{"seq":"8","epoch":4,"observed":"no"}}',
      }),
    },
    { seq: "7", epoch: "3" },
  ],
])("MQTT 5.0 §3.3.2.3.7: user properties of %s", (_name, message, user) => {
  expect(propertiesOf(message).user).toMatchObject(user);
});
