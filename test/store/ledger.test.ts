/** Checkpoints on a disk that fails: what waits is kept and tried again, and stands in nobody's way at the end. */
import { expect, test } from "@jest/globals";
import { type LogFacts, type Logger, millis, SILENT, StoreError, seconds } from "../../gateway/base/index.ts";
import {
  type Journal,
  Ledger,
  memoryJournal,
  memoryState,
  type Projection,
  type StateChange,
  type StateStore,
} from "../../gateway/store/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** Counts the facts; each changes one entry. */
function counting(): Projection {
  let count = 0;
  const changes: StateChange[] = [];
  return {
    name: "count",
    load: async () => undefined,
    apply: () => {
      count += 1;
      changes.push({ table: "counts", key: "facts", value: Uint8Array.of(count) });
    },
    drain: () => changes.splice(0),
  };
}

/** A store whose disk is full as long as it is said to be; tells how many changes each commit brought. */
function fullDisk(): { readonly state: StateStore; readonly sizes: number[]; full: boolean } {
  const store = memoryState();
  const disk = {
    full: true,
    sizes: [] as number[],
    state: {
      ...store,
      get: (table: string, key: string) => store.get(table, key),
      entries: (table: string, from?: string, limit?: number) => store.entries(table, from, limit),
      applied: (projection: string) => store.applied(projection),
      close: () => store.close(),
      commit: async (projection: string, seq: number, changes: readonly StateChange[]) => {
        if (disk.full) throw new StoreError("store.no-space", { folder: "/data", free: 0, needed: 1 });
        disk.sizes.push(changes.length);
        await store.commit(projection, seq, changes);
      },
    },
  };
  return disk;
}

function logOf(): { readonly log: Logger; readonly events: Array<readonly [string, LogFacts | undefined]> } {
  const events: Array<readonly [string, LogFacts | undefined]> = [];
  const take = (event: string, facts?: LogFacts): void => void events.push([event, facts]);
  return { log: { ...SILENT, warn: take, error: take }, events };
}

const fact = { root: "gateway", patch: new Uint8Array(), actor: "cli:test" } as const;

test("a checkpoint that found no space is logged and repeated with the newest of each entry", async () => {
  const disk = fullDisk();
  const { log, events } = logOf();
  const clock = new VirtualClock();
  const ledger = await Ledger.open({
    journal: memoryJournal(),
    state: disk.state,
    projections: [counting()],
    clock,
    log,
    checkpoint: seconds(10),
  });
  for (let round = 1; round <= 3; round++) {
    await ledger.record("datastore.edited", fact);
    await ledger.record("datastore.edited", fact);
    await clock.advance(seconds(10));
  }
  expect(events.map(([event]) => event)).toEqual(Array(3).fill("ledger.checkpoint-failed"));
  expect(events[0]?.[1]).toMatchObject({ reason: expect.stringContaining("[store.no-space]") });
  expect(ledger.committed).toBe(0);
  disk.full = false;
  await clock.advance(seconds(10));
  expect(ledger.committed).toBe(6);
  expect(disk.sizes).toEqual([1]);
  expect(await disk.state.get("counts", "facts")).toEqual(Uint8Array.of(6));
  await ledger.close();
  expect(events).toHaveLength(3);
});

/** A journal whose disk is full: its facts never become durable. */
function failingJournal(): Journal {
  const failure = new StoreError("store.write-failed", { what: "the journal", reason: "ENOSPC" });
  const fail = async (): Promise<never> => {
    throw failure;
  };
  const journal = memoryJournal();
  return {
    append: (given) => ({ ...journal.append(given), durable: fail() }),
    failure,
    away: undefined,
    flush: fail,
    read: (from, limit) => journal.read(from, limit),
    onDurable: (listener) => journal.onDurable(listener),
    first: 1,
    get last() {
      return journal.last;
    },
    lastDurable: 0,
    size: () => journal.size(),
    trim: (seq) => journal.trim(seq),
    close: () => journal.close(),
  };
}

test.each([
  ["the journal failed", failingJournal(), memoryState(), "[store.write-failed]"],
  ["the state has no space", memoryJournal(), fullDisk().state, "[store.no-space]"],
])("closing after %s says so and ends", async (_name, journal, state, code) => {
  const { log, events } = logOf();
  const ledger = await Ledger.open({
    journal,
    state,
    projections: [counting()],
    clock: new VirtualClock(millis(0)),
    log,
  });
  await ledger.record("datastore.edited", fact).catch(() => undefined);
  await ledger.close();
  expect(events).toEqual([["ledger.closed-without-checkpoint", { reason: expect.stringContaining(code) }]]);
});

test("a checkpoint gathered in parts holds the state of one moment", async () => {
  const journal = memoryJournal();
  const state = memoryState();
  // Every fact changes its own entry and the one that all share; entries are given away as they were first changed.
  const entries = new Map<string, number>();
  const dirty = new Set<string>();
  const projection: Projection = {
    name: "many",
    load: async () => undefined,
    apply: ({ seq }) => {
      for (const key of [`own-${seq}`, "shared"]) {
        entries.set(key, seq);
        dirty.add(key);
      }
    },
    drain: (limit = Number.POSITIVE_INFINITY) => {
      const keys = [...dirty].slice(0, limit);
      for (const key of keys) dirty.delete(key);
      return keys.map((key) => ({ table: "t", key, value: Buffer.from(String(entries.get(key))) }));
    },
  };
  const ledger = await Ledger.open({
    journal,
    state,
    projections: [projection],
    clock: new VirtualClock(millis(0)),
    log: SILENT,
  });
  for (let i = 0; i < 10_000; i++) void ledger.record("datastore.edited", fact);
  let done = false;
  const checkpoint = ledger.checkpoint().then(() => {
    done = true;
  });
  // Whoever has something to record meanwhile is not kept waiting.
  for (let i = 0; i < 5; i++) {
    await new Promise(setImmediate);
    if (!done) void ledger.record("datastore.edited", fact);
  }
  await checkpoint;
  const seq = await state.applied("many");
  expect(seq).toBeGreaterThan(10_000);
  expect(Buffer.from((await state.get("t", "shared")) ?? []).toString()).toBe(String(seq));
  expect(await state.entries("t")).toHaveLength(seq + 1);
  await ledger.close();
});

test("a projection that is new with this version starts where the journal does", async () => {
  const stores = { journal: memoryJournal(), state: memoryState() };
  const options = { ...stores, clock: new VirtualClock(), log: SILENT };
  const before = await Ledger.open({ ...options, projections: [counting()] });
  for (let count = 0; count < 5; count++) await before.record("datastore.edited", fact);
  await before.close();
  await stores.journal.trim(4);
  const added: number[] = [];
  const fresh: Projection = { ...counting(), name: "fresh", apply: ({ seq }) => added.push(seq) };
  const after = await Ledger.open({ ...options, projections: [counting(), fresh] });
  expect(added).toEqual([4, 5]);
  await after.close();
  await stores.journal.trim(5);
  await (await Ledger.open({ ...options, projections: [counting(), fresh] })).close();
  expect(added).toEqual([4, 5]);
});

test("a state that is gone is told, when the journal no longer has what made it", async () => {
  const journal = memoryJournal();
  const options = { journal, clock: new VirtualClock(), log: SILENT, projections: [counting()] };
  const before = await Ledger.open({ ...options, state: memoryState() });
  for (let count = 0; count < 5; count++) await before.record("datastore.edited", fact);
  await before.close();
  await journal.trim(4);
  await expect(Ledger.open({ ...options, state: memoryState() })).rejects.toMatchObject({ code: "store.gap" });
});
