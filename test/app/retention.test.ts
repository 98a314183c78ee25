/** How long facts stay: readers first, then age and size. */
import { expect, test } from "@jest/globals";
import { trimJournal } from "../../gateway/app/retention.ts";
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
