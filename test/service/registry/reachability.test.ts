/** Reachability: time counts in wakes. */
import { expect, test } from "@jest/globals";
import { type Millis, minutes, seconds } from "../../../gateway/base/index.ts";
import { LOST_AFTER } from "../../../gateway/service/registry/index.ts";
import {
  AWAKE_TIME,
  expectedWake,
  type Reach,
  restoreReach,
  step,
  storeReach,
  unheard,
  wakeWindow,
} from "../../../gateway/service/registry/reachability.ts";

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

/** A node that is never told when to wake, checked in on each of these moments. */
const checkIns = (moments: readonly number[], from = unheard(minutes(15))): Reach =>
  moments.reduce<Reach>(
    (reach, at) => step(reach, { type: "heard", at: later(at), awake: false, nextWake: undefined }),
    from,
  );
const hourly = Array.from({ length: 10 }, (_, i) => i * HOUR);

test("a node that nobody told is expected when it was learnt to wake, not when the configuration says", () => {
  const reach = checkIns(hourly);
  expect(reach).toMatchObject({ period: HOUR, interval: HOUR, nextWake: later(10 * HOUR) });
  expect(step(reach, { type: "time", at: later(10.4 * HOUR), heard: undefined })).toBe(reach);
  expect(step(reach, { type: "time", at: later(10.6 * HOUR), heard: undefined })).toMatchObject({ state: "overdue" });
  expect(expectedWake(reach, later(10 * HOUR), minutes(15))).toBe(later(11 * HOUR));
});

test("the first wakes are expected by the configuration", () => {
  expect(checkIns([0])).toMatchObject({ nextWake: later(minutes(15)) });
  expect(checkIns([0, HOUR])).toMatchObject({ nextWake: later(HOUR + minutes(15)) });
});

test("what a node was told outranks what was learnt", () => {
  const told = step(checkIns(hourly), {
    type: "heard",
    at: later(10 * HOUR),
    awake: false,
    nextWake: later(10.25 * HOUR),
  });
  expect(told).toMatchObject({ nextWake: later(10.25 * HOUR), interval: HOUR / 4, period: HOUR });
});

test("UX-R10: after a wake as long as its sleep a node misses wakes one by one, as ever", () => {
  const check = (reach: Reach, at: number, awake: boolean): Reach =>
    step(reach, { type: "heard", at: later(at), awake, nextWake: undefined });
  const words = Array.from({ length: 62 }, (_, minute) => 10 * HOUR + minutes(minute));
  const busy = check(
    words.reduce((reach, at) => check(reach, at, true), checkIns(hourly)),
    11 * HOUR + minutes(2),
    false,
  );
  expect(busy.interval).toBeGreaterThanOrEqual(HOUR);
  const late = later(11 * HOUR + minutes(10));
  expect(step(busy, { type: "time", at: late, heard: undefined }).missedWakes).toBe(0);
});

test("UX-R10: wakes that fell into the time without a gateway are not missed ones, those before and after are", () => {
  const reach = checkIns(hourly);
  const returned = step(reach, { type: "returned", at: later(15.2 * HOUR) });
  const missedAt = (from: Reach, hours: number): number =>
    step(from, { type: "time", at: later(hours * HOUR), heard: undefined }).missedWakes;
  expect([15.2, 15.8, 16.8].map((hours) => missedAt(reach, hours))).toEqual([5, 6, 7]);
  expect([15.2, 15.8, 16.8].map((hours) => missedAt(returned, hours))).toEqual([0, 1, 2]);
  const overdue = step(reach, { type: "time", at: later(11.6 * HOUR), heard: undefined });
  expect(missedAt(step(overdue, { type: "returned", at: later(15.2 * HOUR) }), 15.2)).toBe(2);
  expect(step(asleep, { type: "returned", at: T0 })).toBe(asleep);
});

test("several messages of one wake are one wake", () => {
  let reach = unheard(minutes(15));
  for (let wake = 0; wake < 8; wake++) {
    for (const offset of [0, 20, 70, 130])
      reach = step(reach, { type: "uplink", at: later(wake * HOUR + offset * 1000) });
  }
  expect(reach).toMatchObject({ period: HOUR, observed: 7, deviation: expect.any(Number), state: "awake" });
  expect(reach.nextWake).toBe(later(8 * HOUR));
});

test("a check-in with more to come and the next one are one wake; after nothing more they are two", () => {
  const gap = seconds(30);
  const at = (awake: boolean): Reach =>
    [0, 1, 2].reduce<Reach>(
      (reach, i) => step(reach, { type: "heard", at: later(i * gap), awake, nextWake: undefined }),
      unheard(minutes(15)),
    );
  expect(at(true).observed).toBe(0);
  expect(at(false)).toMatchObject({ observed: 2, period: gap });
});

test("any authenticated message makes a node awake for its awake time, one never heard of too", () => {
  const first = step(unheard(HOUR), { type: "time", at: later(1000), heard: T0 });
  expect(first).toMatchObject({ state: "awake", lastSeen: T0, nextWake: later(HOUR) });
  const still = step(first, { type: "time", at: later(AWAKE_TIME - 1), heard: T0 });
  expect(still).toBe(first);
  expect(step(first, { type: "time", at: later(AWAKE_TIME), heard: T0 })).toMatchObject({ state: "asleep" });
  const brief = step(asleep, { type: "heard", at: T0, awake: true, nextWake: undefined, awakeTime: seconds(5) });
  expect(step(brief, { type: "time", at: later(seconds(5)), heard: undefined })).toMatchObject({ state: "asleep" });
});

test("a message long before the regular wake does not put it off", () => {
  const reach = step(checkIns(hourly), { type: "uplink", at: later(9.3 * HOUR) });
  expect(reach).toMatchObject({ nextWake: later(10 * HOUR), state: "awake" });
});

const LIFETIME = 4 * HOUR;
const registered = step(asleep, { type: "registered", at: T0, until: later(LIFETIME) });
const LIFETIMES: ReadonlyArray<readonly [name: string, reach: Reach, at: number, state: string]> = [
  ["within the lifetime many missed wakes are overdue", registered, LIFETIME, "overdue"],
  ["within the grace too", registered, LIFETIME + seconds(246), "overdue"],
  ["lost after lifetime and grace", registered, LIFETIME + seconds(247), "lost"],
  [
    "a lifetime longer than twelve wakes is waited for",
    step(asleep, { type: "registered", at: T0, until: later(25 * HOUR) }),
    20 * HOUR,
    "overdue",
  ],
  [
    "a node that is heard after its lifetime is counted by its wakes again",
    step(registered, { type: "heard", at: later(LIFETIME + 1), awake: false, nextWake: later(5 * HOUR) }),
    LIFETIME + 2 * HOUR,
    "overdue",
  ],
  [
    "a registration that was removed too",
    step(registered, { type: "registered", at: T0, until: undefined }),
    14 * HOUR,
    "lost",
  ],
  [
    "a node that only sleeps beyond its lifetime is not lost",
    step(registered, { type: "heard", at: later(LIFETIME - 1), awake: false, nextWake: later(8 * HOUR) }),
    LIFETIME + HOUR,
    "asleep",
  ],
];
test.each(LIFETIMES)("%s", (_name, reach, at, state) => {
  expect(step(reach, { type: "time", at: later(at), heard: undefined }).state).toBe(state);
});

test("the window of the next wake is as narrow as the node is regular, and moves on when it was missed", () => {
  expect(wakeWindow(unheard(HOUR))).toBeUndefined();
  expect(wakeWindow(checkIns([0]))).toEqual({ from: later(minutes(7.5)), until: later(minutes(22.5)) });
  const reach = checkIns(Array.from({ length: 40 }, (_, i) => i * HOUR));
  const window = wakeWindow(reach)!;
  expect(window.until - window.from).toBeLessThan(minutes(1));
  expect(window.from).toBeLessThan(later(40 * HOUR));
  expect(window.until).toBeGreaterThan(later(40 * HOUR));
  const late = step(reach, { type: "time", at: later(41.6 * HOUR), heard: undefined });
  expect(late.missedWakes).toBe(2);
  expect(wakeWindow(late)!.from).toBeGreaterThan(later(41.9 * HOUR));
});

test("a reach comes back from the disk as it was, and from its older form", () => {
  const reach = step(checkIns(hourly), { type: "registered", at: later(10 * HOUR), until: later(20 * HOUR) });
  expect(restoreReach(storeReach(reach))).toEqual(reach);
  expect(restoreReach(storeReach(unheard(HOUR)))).toEqual(unheard(HOUR));
  expect(restoreReach(["overdue", T0, later(HOUR), HOUR, 2])).toEqual({
    ...asleep,
    woke: undefined,
    state: "overdue",
    missedWakes: 2,
  });
});

test("a look that comes after the node fell asleep again still finds the wake, once", () => {
  const heard = later(HOUR + 1000);
  const at = later(HOUR + AWAKE_TIME + 5000);
  const found = step(asleep, { type: "time", at, heard });
  expect(found).toMatchObject({ state: "asleep", lastSeen: heard, nextWake: later(2 * HOUR + 1000), observed: 1 });
  expect(step(asleep, { type: "noticed", state: found.state, missedWakes: found.missedWakes, heard })).toEqual(found);
  expect(step(found, { type: "time", at: later(HOUR + AWAKE_TIME + 9000), heard })).toBe(found);
});

test("an hour of fetching blocks is one wake, however far apart the facts of it are", () => {
  let reach = step(asleep, { type: "time", at: later(HOUR), heard: later(HOUR) });
  expect(reach).toMatchObject({ state: "awake", observed: 1, woke: later(HOUR) });
  for (let second = 30; second < 3600; second += 30) {
    const next = step(reach, { type: "time", at: later(HOUR + second * 1000), heard: later(HOUR + second * 1000 - 5) });
    expect(next).toBe(reach);
  }
  reach = step(reach, { type: "time", at: later(2 * HOUR + AWAKE_TIME), heard: later(2 * HOUR - 5) });
  expect(reach).toMatchObject({ state: "asleep", observed: 1, woke: later(HOUR), lastSeen: later(2 * HOUR - 5) });
});
