/** The retransmission timeout per peer: cocoa's two estimators, fasor's slow timeout, ageing, poll periods. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { hours, type Millis, millis, seconds } from "../../../gateway/base/index.ts";
import { DEFAULT_PARAMETERS } from "../../../gateway/coap/index.ts";
import { PeerTimes } from "../../../gateway/coap/requester/peer-times.ts";
import {
  aged,
  backoffFactor,
  learn,
  MAX_RTO,
  MIN_RTO,
  newRto,
  pollFloor,
  type Rto,
  type Sample,
  timeoutsOf,
} from "../../../gateway/coap/requester/rto.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const T0 = millis(1_790_000_000_000);
const fresh = newRto(seconds(2), T0);
const strong = (rtt: number): Sample => ({ rtt: millis(rtt), retransmissions: 0, spannedSleep: false });
const weak = (rtt: number, retransmissions = 1): Sample => ({ rtt: millis(rtt), retransmissions, spannedSleep: false });
const asleep = (rtt: number): Sample => ({ ...strong(rtt), spannedSleep: true });

/** Samples one second apart, and the timeout after them in ms, computed by hand from the formulas. */
const LESSONS: ReadonlyArray<readonly [name: string, samples: readonly Sample[], timeout: number]> = [
  ["nothing learnt: ACK_TIMEOUT", [], 2000],
  ["strong: SRTT 400, RTTVAR 200, so 1200, half of it", [strong(400)], 1600],
  ["strong twice: SRTT 400, RTTVAR 150, so 1000", [strong(400), strong(400)], 1300],
  ["weak: SRTT 3000, RTTVAR 1500, 4500 capped at 4000, a quarter of it", [weak(3000)], 2500],
  ["weak below the cap: 1000 and 500", [weak(1000, 2)], 1875],
  ["three retransmissions say nothing about the path", [weak(9000, 3)], 2000],
  ["a sleep says nothing at all", [asleep(60_000)], 2000],
  ["a sleep leaves what was learnt", [strong(400), asleep(60_000)], 1600],
  ["never below the least", [strong(1), strong(1), strong(1), strong(1), strong(1), strong(1)], MIN_RTO],
  ["never above the most", [strong(300_000)], MAX_RTO],
];
test.each(LESSONS)("%s", (_name, samples, timeout) => {
  const rto = samples.reduce<Rto>((known, sample, i) => learn(known, sample, millis(T0 + i * 1000)), fresh);
  expect(rto.timeout).toBe(timeout);
});

test.each([
  [0.25, 3],
  [0.999, 3],
  [1, 2],
  [3, 2],
  [3.001, 1.5],
  [30, 1.5],
])("a timeout of %s s backs off by %s", (timeout, factor) => {
  expect(backoffFactor(seconds(timeout))).toBe(factor);
});

const AGES: ReadonlyArray<readonly [name: string, timeout: Millis, idle: Millis, expected: number]> = [
  ["0.5 s lasts 8 s", millis(500), seconds(8), 500],
  ["then doubles", millis(500), millis(8001), 1000],
  ["and stays at 1 s", millis(500), hours(9), 1000],
  ["0.25 s doubles twice", millis(250), seconds(13), 1000],
  ["1 to 3 s do not age", seconds(3), hours(9), 3000],
  ["16 s lasts 64 s", seconds(16), seconds(64), 16_000],
  ["then goes half the way to 2 s", seconds(16), millis(64_001), 9000],
  ["and ends below 3 s", seconds(16), hours(9), 2875],
];
test.each(AGES)("ageing: %s", (_name, timeout, idle, expected) => {
  expect(aged(newRto(timeout, T0), millis(T0 + idle)).timeout).toBe(expected);
});

test("fasor: after an ambiguous exchange the first timeout is the slow one, until a clear exchange", () => {
  const ambiguous = learn(fresh, weak(4000), T0);
  expect(timeoutsOf(ambiguous, millis(0), T0)).toEqual({ first: 6000, second: ambiguous.timeout, backoff: 2 });
  const clear = learn(ambiguous, strong(400), T0);
  expect(clear.slow).toBeUndefined();
  expect(timeoutsOf(clear, millis(0), T0).first).toBe(clear.timeout);
});

test("fasor: a slow timeout below the normal one changes nothing, and an old one is forgotten", () => {
  const short = learn(fresh, weak(500), T0);
  expect(timeoutsOf(short, millis(0), T0).first).toBe(short.timeout);
  const long = learn(fresh, weak(4000), T0);
  expect(timeoutsOf(long, millis(0), millis(T0 + seconds(24) + 1)).first).toBeLessThan(3000);
});

test.each([
  ["polls every 4.5 s", 4.5, 10],
  ["polls every second", 1, 3],
  ["polls every 100 ms: what was learnt holds", 0.1, 1.6],
] as const)("a node that %s: ACK_TIMEOUT is at least 2P + 1", (_name, period, expected) => {
  const learnt = learn(fresh, strong(400), T0);
  expect(timeoutsOf(learnt, pollFloor(seconds(period)), T0).first).toBe(expected * 1000);
});

test("whatever is learnt, the timeout stays within its bounds and time brings it near the default", () => {
  const samples = fc.array(
    fc.record({ rtt: fc.nat(400_000).map(millis), retransmissions: fc.nat(4), spannedSleep: fc.boolean() }),
  );
  fc.assert(
    fc.property(samples, fc.array(fc.nat(100_000)), (lessons, gaps) => {
      let now = T0;
      let rto: Rto = fresh;
      for (const [i, lesson] of lessons.entries()) {
        now = millis(now + (gaps[i] ?? 0));
        rto = learn(rto, lesson, now);
        expect(rto.timeout).toBeGreaterThanOrEqual(MIN_RTO);
        expect(rto.timeout).toBeLessThanOrEqual(MAX_RTO);
        const { first, second, backoff } = timeoutsOf(rto, millis(0), now);
        expect(Math.min(first, second, backoff)).toBeGreaterThan(0);
      }
      const later = aged(rto, millis(now + hours(24))).timeout;
      expect(later).toBeGreaterThanOrEqual(1000);
      expect(later).toBeLessThanOrEqual(3000);
    }),
  );
});

test("peers are timed apart; the one unused longest makes room", () => {
  const clock = new VirtualClock();
  const times = new PeerTimes(clock, DEFAULT_PARAMETERS, 2);
  const acknowledged = (path: string): void =>
    times.acknowledged(path, { sentAt: millis(clock.now() - 400), retransmissions: 0 });
  for (const path of ["a", "b", "a", "c"]) acknowledged(path);
  expect(times.size).toBe(2);
  expect(["a", "b", "c"].map((path) => times.schedule(path).first)).toEqual([1300, 2000, 1600]);
});

test("what a peer's radio does is known per peer, and moves the derived times", () => {
  const times = new PeerTimes(new VirtualClock(), DEFAULT_PARAMETERS, 10);
  times.note("plain", {});
  times.note("polls", { pollPeriod: seconds(4.5) });
  expect(times.size).toBe(1);
  expect(times.schedule("polls")).toMatchObject({ first: 10_000, second: 15_000, backoff: 1.5, maxRetransmit: 4 });
  expect(times.derived("polls")).toMatchObject({ MAX_TRANSMIT_SPAN: 225_000, EXCHANGE_LIFETIME: 435_000 });
  expect(times.derived("plain").EXCHANGE_LIFETIME).toBe(247_000);
});

test("an acknowledgement after the node went to sleep teaches nothing", () => {
  const clock = new VirtualClock();
  const times = new PeerTimes(clock, DEFAULT_PARAMETERS, 10);
  times.note("n", { awakeUntil: millis(clock.now() - 1) });
  times.acknowledged("n", { sentAt: millis(clock.now() - 60_000), retransmissions: 1 });
  expect(times.schedule("n").first).toBe(2000);
  times.note("n", { awakeUntil: millis(clock.now() + 1000) });
  times.acknowledged("n", { sentAt: millis(clock.now() - 400), retransmissions: 0 });
  expect(times.schedule("n").first).toBe(1600);
});
