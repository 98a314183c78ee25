/** How long facts stay: readers first, then age and size. */
import { describe, expect, test } from "@jest/globals";
import { trimJournal } from "../../gateway/app/store/retention.ts";
import { days, type Millis, millis } from "../../gateway/base/index.ts";
import { type Journal, memoryJournal } from "../../gateway/store/index.ts";
import { StandingClock } from "../support/services.ts";

const DAY = days(1);

/** One fact a day, ten days, the last one today. */
async function tenDays(): Promise<{ journal: Journal; clock: StandingClock }> {
  const clock = new StandingClock();
  const journal = memoryJournal();
  for (let day = 9; day >= 0; day--) {
    journal.append({
      type: "gateway.started",
      at: (clock.now() - day * DAY) as Millis,
      version: "0",
      boot: "b",
      mode: "lab",
    });
  }
  await journal.flush();
  return { journal, clock };
}

const ROWS: ReadonlyArray<readonly [name: string, passed: number, keepDays: number, keepBytes: number, first: number]> =
  [
    ["everything is young and small", 10, 30, 1e9, 1],
    ["older than three days goes", 10, 3, 1e9, 7],
    ["what a reader has not passed stays, however old", 2, 3, 1e9, 2],
    ["half of the bytes are too much", 10, 30, 0.5, 5],
    ["too much and not yet read stays", 3, 30, 0.5, 3],
  ];

test.each(ROWS)("%s", async (_name, passed, keepDays, keepBytes, first) => {
  const { journal, clock } = await tenDays();
  const limit = keepBytes < 1 ? (await journal.size()) * keepBytes : keepBytes;
  await trimJournal(journal, passed, { keepDays, keepBytes: limit }, { now: clock.now(), jump: undefined });
  expect(journal.first).toBe(first);
  expect((await journal.read(first, 1))[0]?.seq).toBe(first);
  expect(millis(journal.last)).toBe(10);
});

describe("time: age", () => {
  const at = (clock: StandingClock, daysAgo: number): Millis => (clock.now() - daysAgo * DAY) as Millis;
  const cut = async (ages: (clock: StandingClock) => Parameters<typeof trimJournal>[3], keepBytes = 1e9) => {
    const { journal, clock } = await tenDays();
    const limit = keepBytes < 1 ? (await journal.size()) * keepBytes : keepBytes;
    await trimJournal(journal, 10, { keepDays: 3, keepBytes: limit }, ages(clock));
    return journal.first;
  };

  test("is not counted while the clock is not right; what is too much goes all the same", async () => {
    expect(await cut(() => ({ now: undefined, jump: undefined }))).toBe(1);
    expect(await cut(() => ({ now: undefined, jump: undefined }), 0.5)).toBe(5);
  });

  test("counts from when time last jumped: before that, facts may say anything", async () => {
    expect(await cut((clock) => ({ now: clock.now(), jump: { seq: 9, at: at(clock, 1) } }))).toBe(1);
    expect(await cut((clock) => ({ now: clock.now(), jump: { seq: 5, at: at(clock, 5) } }))).toBe(7);
    expect(await cut((clock) => ({ now: clock.now(), jump: { seq: 8, at: at(clock, 4) } }))).toBe(8);
  });

  test("a journal in which time went back loses nothing that is young", async () => {
    const clock = new StandingClock();
    const journal = memoryJournal();
    const ahead = (clock.now() + 9000 * DAY) as Millis;
    for (const when of [ahead, ahead, clock.now(), clock.now()]) {
      journal.append({ type: "gateway.started", at: when, version: "0", boot: "b", mode: "lab" });
    }
    await journal.flush();
    await trimJournal(
      journal,
      4,
      { keepDays: 3, keepBytes: 1e9 },
      { now: clock.now(), jump: { seq: 3, at: clock.now() } },
    );
    expect(journal.first).toBe(1);
    clock.advance(4 * DAY);
    await trimJournal(
      journal,
      4,
      { keepDays: 3, keepBytes: 1e9 },
      { now: clock.now(), jump: { seq: 3, at: at(clock, 4) } },
    );
    expect(journal.first).toBe(4);
  });
});
