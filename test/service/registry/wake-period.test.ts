/** The learnt wake period: jitter, missed wakes, drift, odd wakes, another interval. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { minutes, seededRandom } from "../../../gateway/base/index.ts";
import {
  confidence,
  learn,
  NOTHING_LEARNT,
  TRUSTED,
  trustedPeriod,
  type WakePeriod,
} from "../../../gateway/service/registry/wake-period.ts";
import { inDrill } from "../../support/drill.ts";

const after = (intervals: readonly number[], known: WakePeriod = NOTHING_LEARNT): WakePeriod =>
  intervals.reduce(learn, known);
const times = (n: number, interval: number): number[] => new Array<number>(n).fill(interval);
const P = minutes(15);
const steady = after(times(10, P));

const ROWS: ReadonlyArray<readonly [name: string, known: WakePeriod, period: number]> = [
  ["a steady node", steady, P],
  ["one missed wake changes nothing", after([2 * P], steady), P],
  ["three missed wakes change nothing", after([4 * P], steady), P],
  ["an alarm between two wakes changes nothing", after([P / 3, (2 * P) / 3, P], steady), P],
  ["a night without power changes nothing", after([50 * P], steady), P],
  ["the first interval had a missed wake in it", after([2 * P, P, P, P]), P],
  ["the first interval was an early reboot", after([P / 10, ...times(8, P)]), P],
  ["a shorter interval is taken over after three wakes", after(times(3, P / 2), steady), P / 2],
  ["a longer one as well", after(times(3, P * 1.5), steady), P * 1.5],
  ["twice the interval could be missed wakes, so it takes six", after(times(6, 2 * P), steady), 2 * P],
  ["and five are not enough", after(times(5, 2 * P), steady), P],
];
test.each(ROWS)("%s", (_name, { period }, expected) => expect(period).toBe(expected));

test("confidence grows with what was observed and sinks while something does not fit", () => {
  const grown = [0, 1, 2, 4, 10, 100].map((n) => confidence(after(times(n, P))));
  expect(grown).toEqual([...grown].sort((a, b) => a - b));
  expect(grown[0]).toBe(0);
  expect(grown.at(-1)).toBeGreaterThan(0.95);
  expect(confidence(after([P / 3], steady))).toBeLessThan(confidence(steady));
  expect(trustedPeriod(after([P]))).toBeUndefined();
  expect(trustedPeriod(steady)).toBe(P);
});

/** Moments at which a node with this period was heard: each wake jittered on its own, some of them not heard. */
function heard(seed: number, { period, jitter, missed, wakes }: Readonly<Record<string, number>> & Weather): number[] {
  const random = seededRandom(seed);
  const moments: number[] = [];
  for (let i = 0; i < wakes; i++) {
    const at = i * period + (random.next() * 2 - 1) * jitter * period;
    if (random.next() >= missed) moments.push(at);
  }
  return moments.slice(1).map((at, index) => Math.round(at - moments[index]!));
}
interface Weather {
  readonly period: number;
  readonly jitter: number;
  readonly missed: number;
  readonly wakes: number;
}

test("with 20 % of the wakes missed and 10 % jitter the period is within 5 % after 60 wakes, and trusted", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 10_000, max: 86_400_000 }), (seed, period) => {
      const known = after(heard(seed, { period, jitter: 0.1, missed: 0.2, wakes: 60 }));
      expect(Math.abs(known.period - period) / period).toBeLessThan(0.05);
      expect(confidence(known)).toBeGreaterThan(TRUSTED);
    }),
    { numRuns: inDrill(100, 300), seed: 1 },
  );
});

test("a clock that drifts by a percent a day is followed", () => {
  let known = steady;
  for (let i = 0, period: number = P; i < 960; i++, period *= 1 + 0.01 / 96) known = learn(known, period);
  expect(known.period / (P * 1.1)).toBeCloseTo(1, 2);
});

test("whatever comes, the estimate stays a number that can be kept", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -10, max: 1e10 })), (intervals) => {
      const known = after(intervals);
      for (const value of Object.values(known)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      const sure = confidence(known);
      expect(sure >= 0 && sure <= 1).toBe(true);
    }),
    { seed: 2 },
  );
});
