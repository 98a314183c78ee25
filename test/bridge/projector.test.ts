/** The projector and its outbox: whatever the moment of a crash, what is in the outbox at the end is the same. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { OutboxLimits } from "../../cloud-bridge/mqtt/outbox/journal-rows.ts";
import {
  decodeMessage,
  isRemoval,
  jsonBytes,
  type Message,
  parsePayload,
  placeOf,
} from "../../cloud-bridge/mqtt/outbox/message.ts";
import { Outbox } from "../../cloud-bridge/mqtt/outbox/outbox.ts";
import { PROJECTION } from "../../cloud-bridge/mqtt/outbox/projection.ts";
import { Projector } from "../../cloud-bridge/mqtt/outbox/projector.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import type { Trees, TreesOf } from "../../cloud-bridge/mqtt/render/trees.ts";
import {
  BugError,
  type Clock,
  days,
  type Logger,
  type Millis,
  millis,
  SILENT,
  StoreError,
  seconds,
  systemClock,
} from "../../gateway/base/index.ts";
import {
  type Journal,
  type JournalReader,
  memoryJournal,
  memoryState,
  type NewFact,
  type StateStore,
} from "../../gateway/store/index.ts";
import { atSecond, joined, SITE } from "../support/bridge-site.ts";
import { bridgeStory } from "../support/bridge-story.ts";
import { bridgeSchema, bridgeTrees } from "../support/bridge-trees.ts";
import { inDrill } from "../support/drill.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const TABLES = ["mqtt.journal", "mqtt.latest", "mqtt.view", "mqtt.tree", "mqtt.marks"];

interface Circumstances {
  readonly epoch?: number;
  readonly limits?: OutboxLimits;
  readonly now?: () => Millis;
  readonly realtime?: Clock;
  readonly log?: Logger;
  readonly trees?: TreesOf;
}

async function openProjector(journal: JournalReader, state: StateStore, circumstances: Circumstances = {}) {
  const { epoch, limits, now, realtime = systemClock(), log = SILENT } = circumstances;
  const trees = circumstances.trees ?? (await bridgeTrees());
  const outbox = await Outbox.open(state, {
    log: SILENT,
    site: SITE.site,
    ...(limits === undefined ? {} : { limits }),
  });
  const view = await ViewStore.load(state, trees);
  const projector = await Projector.open({
    info: { ...SITE, epoch: epoch ?? SITE.epoch },
    journal,
    state,
    outbox,
    view,
    trees,
    clock: { ...systemClock(), now: now ?? (() => atSecond(3000)) },
    realtime,
    log,
    batchDelay: millis(0),
  });
  return { outbox, projector };
}

async function renderAll(journal: JournalReader, state: StateStore, circumstances?: Circumstances): Promise<Outbox> {
  const { outbox, projector } = await openProjector(journal, state, circumstances);
  projector.start();
  await projector.reached(journal.lastDurable);
  await projector.close();
  return outbox;
}

async function journalOf(facts: readonly NewFact[]): Promise<Journal> {
  const journal = memoryJournal();
  await Promise.all(facts.map((fact) => journal.append(fact).durable));
  return journal;
}

const contents = async (state: StateStore): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await Promise.all(TABLES.map(async (table) => (await state.entries(table)).map(([k, v]) => [`${table} ${k}`, v]))))
      .flat()
      .map(([key, value]) => [String(key), Buffer.from(value as Uint8Array).toString("latin1")]),
  );

/** The journal as it was when only `length` facts were durable. */
const prefix = (journal: JournalReader, length: number): JournalReader => ({
  read: async (from, limit) => (await journal.read(from, limit)).filter(({ seq }) => seq <= length),
  onDurable: () => () => undefined,
  close: () => undefined,
  first: 1,
  last: length,
  lastDurable: length,
});

/** A state whose next commit never happened, or happened without anybody hearing of it. */
const crashing = (state: StateStore, written: boolean): StateStore => ({
  ...state,
  commit: async (projection, seq, changes) => {
    if (projection === PROJECTION && seq > 0) {
      if (written) await state.commit(projection, seq, changes);
      throw new StoreError("store.write-failed", { what: "the state", reason: "power" });
    }
    await state.commit(projection, seq, changes);
  },
});

const eventsOf = async (state: StateStore) =>
  (await state.entries("mqtt.journal")).map(([, row]) => parsePayload(decodeMessage(row).payload));

describe("the projector", () => {
  test("leaves the same rows behind, however often and wherever it crashed", async () => {
    const story = bridgeStory(await bridgeSchema());
    const journal = await journalOf(story);
    const whole = memoryState();
    await renderAll(journal, whole);
    const expected = await contents(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ upTo: fc.integer({ min: 1, max: story.length }), written: fc.boolean() }), {
          maxLength: 6,
        }),
        async (crashes) => {
          const state = memoryState();
          for (const { upTo, written } of [...crashes].sort((a, b) => a.upTo - b.upTo)) {
            if ((await state.applied(PROJECTION)) >= upTo) continue;
            const { projector } = await openProjector(prefix(journal, upTo), crashing(state, written));
            projector.start();
            await new Promise(setImmediate);
            await projector.close();
          }
          await renderAll(journal, state);
          expect(await contents(state)).toEqual(expected);
        },
      ),
      { numRuns: inDrill(12, 200) },
    );
  });

  test("keeps one row per retained topic and every event, however long nobody listens", async () => {
    const state = memoryState();
    const facts = Array.from({ length: 400 }, (_, i): NewFact => {
      if (i < 4) return joined(i);
      const node = `n-${String(i % 4).padStart(4, "0")}`;
      return {
        type: "node.reachability",
        at: atSecond(i),
        node,
        from: "asleep",
        to: "overdue",
        missedWakes: i,
      } as NewFact;
    });
    const outbox = await renderAll(await journalOf(facts), state);
    expect(outbox).toMatchObject({ journalDepth: 400, latestDepth: 8 });
    expect(await state.entries("mqtt.latest")).toHaveLength(8);
    expect((await eventsOf(state)).map(({ seq }) => Number(seq))).toEqual(facts.map((_, i) => i + 1));
  });

  test("goes on after a fact that it cannot tell, and leaves its number a hole", async () => {
    const state = memoryState();
    const bad = { ...joined(2), node: "No/Topic" } as unknown as NewFact;
    await renderAll(await journalOf([joined(1), bad, joined(3)]), state);
    expect((await eventsOf(state)).map(({ seq, "prev-seq": prev }) => [seq, prev])).toEqual([
      ["1", "0"],
      ["3", "1"],
    ]);
  });

  test("says so when the journal gave up facts that were never told", async () => {
    const state = memoryState();
    const journal = await journalOf([joined(1), joined(2), joined(3)]);
    await journal.trim(3);
    await renderAll(journal, state);
    expect(await eventsOf(state)).toMatchObject([
      { seq: "2", "prev-seq": "0", type: "journal.overflow", "from-seq": "1", "to-seq": "2" },
      { seq: "3", "prev-seq": "2", type: "node.joined" },
    ]);
  });

  test("tells every retained topic anew under a new epoch and starts a new chain", async () => {
    const state = memoryState();
    const story = bridgeStory(await bridgeSchema());
    await renderAll(await journalOf(story.slice(0, 6)), state);
    const before = (await state.entries("mqtt.latest")).map(([topic]) => topic);
    const outbox = await renderAll(await journalOf(story.slice(0, 7)), state, { epoch: SITE.epoch + 1 });
    const after = (await state.entries("mqtt.latest")).map(([, row]) => decodeMessage(row));
    expect(after.map(({ topic }) => topic)).toEqual(before);
    const metas = after.filter(({ kind }) => kind === "nodeData").map(({ payload }) => parsePayload(payload));
    expect(metas.map((data) => data["sidgate-mqtt:meta"])).toMatchObject(metas.map(() => ({ epoch: SITE.epoch + 1 })));
    expect((await eventsOf(state)).at(-1)).toMatchObject({
      seq: "7",
      "prev-seq": "0",
      prev: null,
      epoch: SITE.epoch + 1,
    });
    expect(outbox.journalDepth).toBe(5);
  });
});

/** An event as the link had it. */
const sent = (seq: number): Message => ({
  kind: "event",
  topic: "sidgate/1/s-5kq2/event",
  seq,
  payload: jsonBytes({ seq: String(seq), hash: null }),
});

describe("the outbox's bounds", () => {
  const journal = (count: number): Promise<Journal> =>
    journalOf(Array.from({ length: count }, (_, i) => joined(i + 1)));

  test("one overflow event takes the place of the oldest unsent events", async () => {
    const state = memoryState();
    const facts = await journal(60);
    const { bytes: row } = await renderAll(prefix(facts, 1), memoryState());
    const limits = { maxBytes: row * 20, replaySpan: days(7) };
    for (const upTo of [15, 30, 45, 60]) await renderAll(prefix(facts, upTo), state, { limits });
    const [marker, ...rest] = await eventsOf(state);
    const outbox = await Outbox.open(state, { log: SILENT, site: SITE.site, limits });
    expect(marker).toMatchObject({ type: "journal.overflow", "prev-seq": "0", prev: null, "from-seq": "1" });
    const { seq, hash } = marker ?? {};
    expect(rest[0]).toMatchObject({ "prev-seq": seq, prev: hash });
    expect(rest.map((event) => Number(event["seq"]))).toEqual(rest.map((_, i) => 60 - rest.length + 1 + i));
    expect(outbox.journalDepth).toBe(rest.length + 1);
    expect(outbox.bytes).toBeLessThanOrEqual(limits.maxBytes);
  });

  test("acknowledged events go first, without an overflow", async () => {
    const state = memoryState();
    const facts = await journal(40);
    const { bytes: row } = await renderAll(prefix(facts, 1), memoryState());
    const limits = { maxBytes: row * 25, replaySpan: days(7) };
    const { outbox, projector } = await openProjector(prefix(facts, 20), state, { limits });
    projector.start();
    await projector.reached(20);
    for (let seq = 1; seq <= 20; seq++) outbox.acked(sent(seq), undefined);
    await projector.close();
    const after = await renderAll(facts, state, { limits });
    const seqs = (await eventsOf(state)).map(({ seq }) => Number(seq));
    expect(seqs.at(0)).toBeGreaterThan(1);
    expect(seqs.filter((seq) => seq > 20)).toHaveLength(20);
    expect(after).toMatchObject({ journalDepth: 20, lastAcked: placeOf({ seq: 20 }) });
  });

  test("acknowledged events go when the replay span is over, unsent ones stay", async () => {
    const state = memoryState();
    const limits = { maxBytes: 1e6, replaySpan: millis(1000) };
    let second = 10;
    const now = (): Millis => atSecond(second);
    const { outbox, projector } = await openProjector(await journal(4), state, { limits, now });
    projector.start();
    await projector.reached(4);
    for (const seq of [1, 2, 3]) outbox.acked(sent(seq), undefined);
    second = 100;
    await projector.close();
    expect((await eventsOf(state)).map(({ seq }) => seq)).toEqual(["4"]);
  });

  test("a removal waits for the event that explains it and then leaves no row", async () => {
    const state = memoryState();
    const removed = { type: "node.removed", at: atSecond(2), node: "n-0001", actor: "cli:root" } as NewFact;
    const { outbox, projector } = await openProjector(await journalOf([joined(1), removed]), state);
    projector.start();
    await projector.reached(2);
    expect(outbox.takeLatest()).toBeUndefined();
    outbox.acked(sent(1), undefined);
    expect(outbox.takeLatest()).toBeUndefined();
    outbox.acked(sent(2), undefined);
    for (let message = outbox.takeLatest(); message !== undefined; message = outbox.takeLatest()) {
      expect(isRemoval(message)).toBe(true);
      outbox.delivered(message);
    }
    await projector.close();
    expect(await state.entries("mqtt.latest")).toEqual([]);
  });
});

test("a commit that found no space is logged and tried again; nothing is told twice or left out", async () => {
  const journal = await journalOf(bridgeStory(await bridgeSchema()));
  const undisturbed = memoryState();
  await renderAll(journal, undisturbed);
  const state = memoryState();
  let refusals = 2;
  const full: StateStore = {
    ...state,
    commit: async (projection, seq, changes) => {
      if (seq > 0 && refusals-- > 0) throw new StoreError("store.no-space", { folder: "/data", free: 0, needed: 1 });
      await state.commit(projection, seq, changes);
    },
  };
  const realtime = new VirtualClock();
  const errors: string[] = [];
  const log: Logger = { ...SILENT, error: (event) => void errors.push(event) };
  const { projector } = await openProjector(journal, full, { realtime, log });
  projector.start();
  for (let waited = 0; waited < 4 && projector.rendered < journal.lastDurable; waited++) {
    await realtime.advance(seconds(5));
  }
  expect(projector.rendered).toBe(journal.lastDurable);
  await projector.close();
  expect(errors).toEqual(["mqtt.store-failed", "mqtt.store-failed"]);
  expect(await contents(state)).toEqual(await contents(undisturbed));
});

test("a fault that no later try could mend stops the projector in order; the next start goes on from the last commit", async () => {
  const journal = await journalOf(bridgeStory(await bridgeSchema()));
  const undisturbed = memoryState();
  await renderAll(journal, undisturbed);
  const state = memoryState();
  const broken: Trees = {
    ...(await bridgeTrees())(undefined),
    write: () => {
      throw new BugError("bridge.bug", { what: "a tree that cannot be written" });
    },
  };
  const errors: Array<readonly [event: string, facts: unknown]> = [];
  const log: Logger = { ...SILENT, error: (event, facts) => void errors.push([event, facts]) };
  const { projector } = await openProjector(journal, state, { log, trees: () => broken });
  projector.start();
  await projector.reached(journal.lastDurable); // whoever waits is released
  await projector.close();
  expect(errors).toEqual([["mqtt.projector-stopped", { rendered: 0, error: expect.anything() }]]);
  expect(await state.applied(PROJECTION)).toBe(0);
  await renderAll(journal, state);
  expect(await contents(state)).toEqual(await contents(undisturbed));
});
