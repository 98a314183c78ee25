/** Reachability: time counts in wakes. */
import { expect, test } from "@jest/globals";
import { type Millis, minutes, seconds } from "../../../gateway/base/index.ts";
import { LOST_AFTER } from "../../../gateway/service/registry/index.ts";
import { AWAKE_TIME, type Reach, step, unheard } from "../../../gateway/service/registry/reachability.ts";

const HOUR = minutes(60);
const T0 = seconds(1_000_000);
const later = (ms: number): Millis => (T0 + ms) as Millis;
const asleep = step(unheard(HOUR), { type: "heard", at: T0, awake: false, nextWake: later(HOUR) });
const awake = step(unheard(HOUR), { type: "heard", at: T0, awake: true, nextWake: later(HOUR) });

const ROWS: ReadonlyArray<readonly [name: string, reach: Reach, at: Millis, state: string, missed: number]> = [
  ["never heard, never late", unheard(HOUR), later(100 * HOUR), "unknown", 0],
  ["asleep until it is due", asleep, later(HOUR), "asleep", 0],
  ["a little late is not missed", asleep, later(HOUR * 1.4), "asleep", 0],
  ["half an interval late is one missed wake", asleep, later(HOUR * 1.5), "overdue", 1],
  ["then one more per interval", asleep, later(HOUR * 3.6), "overdue", 3],
  ["lost after twelve", asleep, later(HOUR * (LOST_AFTER + 0.5)), "lost", LOST_AFTER],
  ["awake while it may listen", awake, later(AWAKE_TIME - 1), "awake", 0],
  ["then asleep again", awake, later(AWAKE_TIME), "asleep", 0],
];

test.each(ROWS)("%s", (_name, reach, at, state, missedWakes) => {
  expect(step(reach, { type: "time", at, heard: undefined })).toMatchObject({ state, missedWakes });
});

test("a word from a lost node brings it back", () => {
  const lost = step(asleep, { type: "time", at: later(HOUR * 20), heard: undefined });
  const back = step(lost, { type: "heard", at: later(HOUR * 20), awake: false, nextWake: undefined });
  expect(back).toMatchObject({ state: "asleep", missedWakes: 0, lastSeen: later(HOUR * 20) });
});

test("nothing changed is the same object, so that no fact is made of it", () => {
  expect(step(asleep, { type: "time", at: later(10), heard: undefined })).toBe(asleep);
});

test("a node that fetches blocks while its wake is due is not late", () => {
  const at = later(HOUR * 3);
  expect(step(asleep, { type: "time", at, heard: later(HOUR * 2.8) })).toMatchObject({
    state: "asleep",
    missedWakes: 0,
  });
  expect(step(awake, { type: "time", at, heard: later(HOUR * 3 - 1000) })).toMatchObject({
    state: "awake",
    missedWakes: 0,
  });
  expect(step(asleep, { type: "time", at, heard: later(HOUR * 0.2) })).toMatchObject({ state: "overdue" });
});
