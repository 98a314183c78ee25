/** RFC 8613 Appendix B.1.1: sender sequence numbers, and the file that they are reserved in. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { isCoded, millis } from "../../../gateway/base/index.ts";
import { MAX_SEQUENCE_NUMBER } from "../../../gateway/coap/oscore/codec/partial-iv.ts";
import { SenderSequence } from "../../../gateway/coap/oscore/index.ts";
import {
  fileSequence,
  memorySequence,
  type SequenceRange,
  type SequenceStore,
  type SequenceUse,
} from "../../../gateway/store/index.ts";
import { TestClock } from "./ends.ts";

const HEADROOM = 2 ** 20;
const START = 1_000_000;

/** Remembers what was reserved; `refuse` makes it fail. */
class WatchedStore implements SequenceStore {
  readonly reserved: number[] = [];
  refuse = false;
  range: SequenceRange;

  constructor(range: Partial<SequenceRange> = {}) {
    this.range = { ceiling: 0, origin: millis(START), ...range };
  }

  load(): Promise<SequenceRange> {
    return Promise.resolve(this.range);
  }

  reserve(ceiling: number): Promise<void> {
    if (this.refuse) return Promise.reject(new Error("the disk is full"));
    this.reserved.push(ceiling);
    this.range = { ...this.range, ceiling };
    return Promise.resolve();
  }
}

const take = (sequence: SenderSequence, count: number): Array<number | undefined> =>
  Array.from({ length: count }, () => sequence.next());

describe("numbers", () => {
  test("a new store has a million at once, reserved before the first", async () => {
    const store = new WatchedStore();
    const sequence = await SenderSequence.open({ store, clock: new TestClock(START) });
    expect(store.reserved).toEqual([HEADROOM + 128]);
    expect(take(sequence, 3)).toEqual([0, 1, 2]);
  });

  test("a restart begins where nothing was used, as the clock or the store says", async () => {
    const clock = new TestClock(START + 10_000);
    const store = new WatchedStore({ ceiling: HEADROOM + 128 });
    const sequence = await SenderSequence.open({ store, clock });
    clock.advance(4);
    expect(take(sequence, 2)).toEqual([HEADROOM + 2560, undefined]); // one number in 4 ms
    expect(sequence.stopped()).toBe("ahead-of-clock");
    const quick = await SenderSequence.open({ store: new WatchedStore({ ceiling: HEADROOM + 2600 }), clock });
    expect(quick.next()).toBeUndefined();
    clock.advance(200);
    expect(quick.next()).toBe(HEADROOM + 2600);
  });

  test("none is given out that the store has not made durable", async () => {
    const clock = new TestClock(START);
    const store = new WatchedStore({ ceiling: 1 });
    const sequence = await SenderSequence.open({ store, clock });
    clock.advance(60_000);
    store.refuse = true;
    expect(take(sequence, 200).indexOf(undefined)).toBe(128);
    expect(sequence.stopped()).toBe("ahead-of-store");
  });

  test("a store that refuses is told of, and asked again after a second", async () => {
    const clock = new TestClock(START);
    const store = new WatchedStore({ ceiling: HEADROOM });
    const failures: unknown[] = [];
    const sequence = await SenderSequence.open({ store, clock, onFailure: (error) => failures.push(error) });
    store.refuse = true;
    for (let i = 0; i < 20; i++) {
      clock.advance(100);
      sequence.refresh();
      await sequence.settled();
    }
    expect(failures).toHaveLength(2);
    store.refuse = false;
    clock.advance(1000);
    sequence.refresh();
    await sequence.settled();
    expect(sequence.next()).toBe(HEADROOM);
  });

  test("a clock that went back: numbers go on from the store, at the clock's pace", async () => {
    const clock = new TestClock(START - 500_000);
    const sequence = await SenderSequence.open({ store: new WatchedStore({ ceiling: 5_000_000 }), clock });
    expect(sequence.next()).toBeUndefined();
    clock.advance(100);
    expect(sequence.next()).toBe(5_000_000);
    clock.advance(-90_000);
    expect(sequence.next()).toBe(5_000_001);
  });

  test("seldom used, they are seldom written", async () => {
    const clock = new TestClock(START);
    const store = new WatchedStore({ ceiling: 1 });
    const sequence = await SenderSequence.open({ store, clock });
    for (let hour = 0; hour < 24 * 60; hour++) {
      clock.advance(60_000);
      expect(sequence.next()).toBeDefined();
      await sequence.settled();
    }
    expect(store.reserved.length).toBeLessThan(20);
  });

  test("once closed there are none, and nothing is written any more", async () => {
    const clock = new TestClock(START);
    const store = new WatchedStore({ ceiling: 1 });
    const sequence = await SenderSequence.open({ store, clock });
    clock.advance(60_000);
    await sequence.close();
    expect(sequence.next()).toBeUndefined();
    sequence.refresh();
    expect([sequence.stopped(), store.reserved.length]).toEqual(["closed", 1]);
  });

  test("§7.2.1: after the last one there is none", async () => {
    const clock = new TestClock(START);
    const store = new WatchedStore({ ceiling: MAX_SEQUENCE_NUMBER - 1 });
    const sequence = await SenderSequence.open({ store, clock });
    clock.advance(1000);
    expect(take(sequence, 3)).toEqual([MAX_SEQUENCE_NUMBER - 1, MAX_SEQUENCE_NUMBER, undefined]);
    expect(sequence.stopped()).toBe("exhausted");
  });
});

describe("the file", () => {
  const NEW = { credentials: 0 };
  const inFolder = async (run: (file: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), "sequence-"));
    try {
      await run(join(folder, "sequence.json"));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const clock = new TestClock(START);

  test("keeps the ceiling and when it was made", () =>
    inFolder(async (file) => {
      const store = fileSequence(file, clock, NEW);
      expect(await store.load()).toEqual({ ceiling: 0, origin: START });
      await store.reserve(100);
      await store.reserve(50); // never sinks
      const later = new TestClock(START + 5000);
      expect(await fileSequence(file, later, { credentials: 3 }).load()).toEqual({ ceiling: 100, origin: START });
      expect(await readFile(file, "utf8")).toBe('{"ceiling":100,"origin":1000000}\n');
    }));

  test.each([
    "",
    "{}",
    "null",
    '{"ceiling":0,"origin":1}',
    '{"ceiling":-1,"origin":1}',
    '{"ceiling":1.5,"origin":1}',
    '{"ceiling":1,"origin":"x"}',
  ])("with %p in it is damaged: no number is used twice by beginning anew", (content) =>
    inFolder(async (file) => {
      await writeFile(file, content);
      const code = await fileSequence(file, clock, NEW)
        .load()
        .catch((error: unknown) => isCoded(error) && error.code);
      expect(code).toBe("sequence.damaged");
      // Where no key is left that has met a number, beginning anew does no harm.
      expect(await fileSequence(file, clock, { credentials: 3, anew: true }).load()).toMatchObject({ ceiling: 0 });
    }),
  );

  test("that is gone is no new one while there are credentials: numbers would come again", () =>
    inFolder(async (file) => {
      const load = (use: SequenceUse): Promise<unknown> =>
        fileSequence(file, clock, use)
          .load()
          .catch((error: unknown) => isCoded(error) && [error.code, error.blame, error.facts]);
      expect(await load({ credentials: 2 })).toEqual(["sequence.missing", "store", { file, count: 2 }]);
      for (const use of [NEW, { credentials: 2, anew: true }]) expect(await load(use)).toMatchObject({ ceiling: 0 });
    }));

  test("whose folder was taken away says so, and blames no disk", () =>
    inFolder(async (file) => {
      const code = await fileSequence(join(file, "..", "gone", "sequence.json"), clock, NEW)
        .reserve(1)
        .catch((error: unknown) => isCoded(error) && error.code);
      expect(code).toBe("keys.missing");
    }));

  test("that cannot be written refuses the reservation", () =>
    inFolder(async (file) => {
      await mkdir(join(file, "..", ".sequence.json.new")); // in the way
      const code = await fileSequence(file, clock, NEW)
        .reserve(1)
        .catch((error: unknown) => isCoded(error) && error.code);
      expect(code).toBe("store.write-failed");
    }));

  test("in memory it does the same", async () => {
    const store = memorySequence(clock);
    await store.reserve(7);
    await store.reserve(3);
    expect(await store.load()).toEqual({ ceiling: 7, origin: START });
  });
});
