/** What every journal must do, whatever is behind it. */
import { afterEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { millis, type NodeId } from "../../gateway/base/index.ts";
import type { Fact, Journal, NewFact } from "../../gateway/store/index.ts";
import { numbered } from "../support/numbered-fact.ts";

export interface JournalDriver {
  /** A new, empty journal. */
  create(): Promise<Journal>;
  /** Closes it and opens the same one again; absent when the driver keeps nothing. */
  reopen?(journal: Journal): Promise<Journal>;
}

const fact = (seq: number, size = 0): Fact => ({ seq, ...numbered(seq, size) });
const appendMany = async (journal: Journal, count: number, size = 0): Promise<void> => {
  for (let i = 0; i < count; i++) journal.append(numbered(journal.last + 1, size));
  await journal.flush();
};

export function journalContract(name: string, makeDriver: () => Promise<JournalDriver>): void {
  let open: Journal | undefined;
  const create = async (): Promise<{ journal: Journal; driver: JournalDriver }> => {
    const driver = await makeDriver();
    open = await driver.create();
    return { journal: open, driver };
  };
  afterEach(async () => {
    await open?.close();
    open = undefined;
  });

  test(`${name}: a new journal is empty and counts from 1`, async () => {
    const { journal } = await create();
    expect([journal.first, journal.last, journal.lastDurable]).toEqual([1, 0, 0]);
    expect(await journal.read(1, 10)).toEqual([]);
    expect(journal.append(numbered(1)).fact).toEqual(fact(1));
    expect(journal.last).toBe(1);
  });

  test(`${name}: every kind of value comes back as it was`, async () => {
    const { journal, driver } = await create();
    const rich: NewFact = {
      at: millis(1_763_000_000_123),
      type: "node.reported",
      node: "n-kitchen" as NodeId,
      report: 4_294_967_296,
      request: 0xffff_ffff,
      data: Uint8Array.of(0xa1, 0x19, 0xea, 0x60, 0xf6),
      samples: [
        { at: millis(1), data: new Uint8Array(0) },
        { at: millis(2), data: new Uint8Array(9_000).fill(7) },
      ],
      reply: Buffer.from("f7", "hex"),
      state: "asleep",
    };
    await journal.append(rich).durable;
    await appendMany(journal, 2000); // pushes it out of memory
    const [again] = await journal.read(1, 1);
    expect(again).toEqual({ seq: 1, ...rich, reply: Uint8Array.of(0xf7) });
    if (driver.reopen === undefined) return;
    open = await driver.reopen(journal);
    expect((await open.read(1, 1))[0]).toEqual({ seq: 1, ...rich, reply: Uint8Array.of(0xf7) });
  });

  test(`${name}: a fact can be read when it is durable, not before`, async () => {
    const { journal } = await create();
    const { durable } = journal.append(numbered(1));
    expect(await journal.read(1, 10)).toEqual([]);
    await durable;
    expect(journal.lastDurable).toBe(1);
    expect(await journal.read(1, 10)).toEqual([fact(1)]);
  });

  test(`${name}: facts become durable in order and listeners hear of it until they stop`, async () => {
    const { journal } = await create();
    const heard: number[] = [];
    const order: number[] = [];
    const stop = journal.onDurable((last) => heard.push(last));
    const durable: Promise<unknown>[] = [];
    for (let n = 1; n <= 50; n++) durable.push(journal.append(numbered(n)).durable.then(() => order.push(n)));
    await Promise.all(durable);
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(heard.at(-1)).toBe(50);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    stop();
    const before = heard.length;
    await appendMany(journal, 1);
    expect(heard.length).toBe(before);
  });

  test(`${name}: reading takes at most the limit, from any place, old or new`, async () => {
    const { journal } = await create();
    await appendMany(journal, 1500, 30);
    const seqs = async (from: number, limit: number) => (await journal.read(from, limit)).map((each) => each.seq);
    expect(await seqs(1, 3)).toEqual([1, 2, 3]);
    expect(await seqs(0, 2)).toEqual([1, 2]);
    expect(await seqs(1498, 10)).toEqual([1498, 1499, 1500]);
    expect(await seqs(1501, 10)).toEqual([]);
    expect(await seqs(5, 0)).toEqual([]);
    expect((await seqs(1, 1500)).length).toBe(1500);
  });

  test(`${name}: trimming drops only what lies below, and reading goes on at the oldest that is left`, async () => {
    const { journal, driver } = await create();
    await appendMany(journal, 200, 50);
    const whole = await journal.size();
    await journal.trim(150);
    expect(await journal.size()).toBeLessThanOrEqual(whole);
    expect(whole).toBeGreaterThan(0);
    expect(journal.first).toBeLessThanOrEqual(150);
    const [oldest] = await journal.read(1, 1);
    expect(oldest).toEqual(fact(journal.first, 50));
    expect((await journal.read(150, 1))[0]).toEqual(fact(150, 50));
    await journal.trim(10_000);
    expect(journal.last).toBe(200);
    await appendMany(journal, 1, 50);
    expect((await journal.read(201, 1))[0]).toEqual(fact(201, 50));
    if (driver.reopen === undefined) return;
    const first = journal.first;
    open = await driver.reopen(journal);
    expect([open.first, open.last]).toEqual([first, 201]);
  });

  test(`${name}: closing waits for what was appended, then takes nothing more`, async () => {
    const { journal, driver } = await create();
    const { durable } = journal.append(numbered(1));
    await journal.close();
    await durable;
    expect(() => journal.append(numbered(2))).toThrow(expect.objectContaining({ code: "store.closed" }));
    await journal.close();
    if (driver.reopen === undefined) return;
    open = await driver.reopen(journal);
    expect(open.last).toBe(1);
  });

  test(`${name}: any mixture of appending, reading, trimming and reopening agrees with a list`, async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          op: fc.constant("append" as const),
          count: fc.integer({ min: 1, max: 40 }),
          size: fc.integer({ min: 0, max: 400 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          op: fc.constant("read" as const),
          from: fc.integer({ min: 0, max: 200 }),
          limit: fc.integer({ min: 0, max: 60 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ op: fc.constant("trim" as const), seq: fc.integer({ min: 0, max: 250 }) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant("reopen" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const driver = await makeDriver();
        let journal = await driver.create();
        const model: Fact[] = [];
        try {
          for (const each of steps) {
            if (each.op === "append") {
              for (let i = 0; i < each.count; i++)
                model.push(journal.append(numbered(model.length + 1, each.size)).fact);
              await journal.flush();
            } else if (each.op === "read") {
              const from = Math.max(each.from, journal.first);
              expect(await journal.read(each.from, each.limit)).toEqual(model.slice(from - 1, from - 1 + each.limit));
            } else if (each.op === "trim") {
              const before = journal.first;
              await journal.trim(each.seq);
              expect(journal.first).toBeGreaterThanOrEqual(before);
              expect(journal.first).toBeLessThanOrEqual(Math.max(before, each.seq));
            } else if (driver.reopen !== undefined) {
              journal = await driver.reopen(journal);
            }
            expect([journal.last, journal.lastDurable]).toEqual([model.length, model.length]);
          }
        } finally {
          await journal.close();
        }
      }),
      { numRuns: 25 },
    );
  });
}
