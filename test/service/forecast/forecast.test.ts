/** Forecasts of campaigns: small ones by hand, and what holds of all of them. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { hours, type Millis, millis, minutes, type NodeId } from "../../../gateway/base/index.ts";
import {
  downloadCost,
  type ForecastNode,
  forecast,
  framesOf,
  HORIZON,
  type Situation,
  withRepeats,
} from "../../../gateway/service/forecast/index.ts";
import type { CampaignPlan } from "../../../gateway/store/index.ts";
import { watchTurns } from "../../support/held-up.ts";

/** Monday, 12:00 UTC. */
const START = millis(Date.parse("2026-11-23T12:00:00Z"));
const MINUTE = minutes(1);
const HOUR = hours(1);
const WAKES = { due: START + 10 * MINUTE, period: HOUR, spread: 0, missed: 0 };

/** Wakes each hour from 12:10 on, needs three wakes for the image and one more to be heard with it. */
const NODE: Omit<ForecastNode, "id"> = {
  mesh: "fd00::/64",
  wakes: WAKES,
  bytes: 3 * 64 * 512,
  blockSize: 512,
  perWake: { mean: 64 * 512, deviation: 0 },
  loss: 0,
  install: 1,
  failure: 0,
};

interface Case {
  readonly plan?: Partial<CampaignPlan>;
  /** Sizes; without them one group has everybody. */
  readonly groups?: readonly number[];
  readonly silentAfter?: number;
  readonly errorPct?: number;
}

function situation(nodes: ReadonlyArray<Partial<ForecastNode>>, about: Case = {}): Situation {
  const whole = nodes.map((node, index) => ({ ...NODE, id: `n-${1000 + index}` as NodeId, ...node }));
  const targets = whole.map(({ id }) => id);
  const sizes = about.groups ?? [targets.length];
  const errorPct = about.errorPct ?? 100;
  const groups = sizes.map((size, index) => {
    const from = sizes.slice(0, index).reduce((sum, each) => sum + each, 0);
    return targets.slice(from, from + size);
  });
  return {
    start: START,
    zone: "UTC",
    nodes: whole,
    draft: {
      campaign: "c-1",
      name: "test",
      image: "aa",
      targets,
      excluded: [],
      stopAtPct: errorPct,
      silentAfter: about.silentAfter ?? 3,
      plan: { groups: groups.map((_, index) => ({ name: `g${index}`, errorPct })), attempts: 1, ...about.plan },
      groups,
    },
  };
}

const at = (hour: number, minute = 10): Millis => millis(hour * HOUR + minute * MINUTE);
const late = { wakes: { ...WAKES, due: START + 40 * MINUTE } };

/** p50 and p90 are equal where nothing is left to chance. */
const BY_HAND: ReadonlyArray<
  readonly [name: string, of: Situation, ends: number, unlikely: ReadonlyArray<string | undefined>]
> = [
  ["three wakes to fetch and one to be heard", situation([{}]), at(3), [undefined]],
  ["the last node ends it", situation([{}, late]), at(3, 40), [undefined, undefined]],
  [
    "a second group begins when the first has passed",
    situation([{}, late], { groups: [1, 1] }),
    at(6, 40),
    [undefined, undefined],
  ],
  [
    "a group of ten that may go on at half waits for five",
    situation(
      Array.from({ length: 10 }, (_, index) => ({ wakes: { ...WAKES, due: START + (index + 1) * MINUTE } })),
      {
        groups: [9, 1],
        plan: {
          groups: [
            { name: "a", errorPct: 50, successPct: 50 },
            { name: "b", errorPct: 50 },
          ],
        },
      },
    ),
    at(6, 10),
    Array.from({ length: 10 }, () => undefined),
  ],
  [
    "one place in one mesh: the second begins when the first has fetched, not when it is done",
    situation([{}, late], { plan: { concurrency: 1 } }),
    at(5, 40),
    [undefined, undefined],
  ],
  [
    "one place in each of two meshes: nobody waits",
    situation([{}, { ...late, mesh: "fd01::/64" }], { plan: { concurrency: 1 } }),
    at(3, 40),
    [undefined, undefined],
  ],
  [
    "fetched from 22:00 on: at 22:10, 23:10 and, as what is begun may be ended, at 00:10",
    situation([{}], { plan: { download: ["Mo 22:00-23:30"] } }),
    at(13),
    [undefined],
  ],
  [
    "applied from 22:00 on, and heard of at 23:10",
    situation([{}], { plan: { apply: ["22:00-05:00"] } }),
    at(11),
    [undefined],
  ],
  [
    "never awake while the window is open",
    situation([{}], { plan: { download: ["03:20-03:50"] } }),
    HORIZON,
    ["window"],
  ],
  [
    "the deadline comes first",
    situation([{}, { bytes: 64 * 512 }], { plan: { deadline: millis(START + 2 * HOUR) } }),
    2 * HOUR,
    ["deadline", undefined],
  ],
  [
    "asleep past the deadline",
    situation([{ wakes: { ...WAKES, due: START + 50 * HOUR } }], { plan: { deadline: millis(START + 24 * HOUR) } }),
    24 * HOUR,
    ["asleep"],
  ],
  [
    "never heard",
    situation([{}, { wakes: undefined }], { plan: { deadline: millis(START + 9 * HOUR) } }),
    9 * HOUR,
    [undefined, "never-heard"],
  ],
  ["its battery is nearly empty", situation([{ lowBattery: true }]), at(3), ["battery"]],
  ["everything fails, twice", situation([{ failure: 1 }], { plan: { attempts: 2 } }), at(7), ["failing"]],
  [
    "the first group fails, and stops it before the second",
    situation([{ failure: 1 }, {}], { groups: [1, 1] }),
    at(3),
    ["failing", "stopped"],
  ],
];

test.each(BY_HAND)("%s", async (_name, of, ends, unlikely) => {
  const { forecast: found, nodes, courses } = await forecast(of);
  expect(found.p50).toBe(ends);
  expect(found.p90).toBe(ends);
  expect(nodes.map((node) => node.unlikely)).toEqual(unlikely);
  expect(found.unlikely.map(({ reason }) => reason)).toEqual(unlikely.filter((reason) => reason !== undefined));
  expect(courses).toBeGreaterThan(10);
});

test("a node that missed its last wakes will rather not make it, and is silent in the end", async () => {
  const missing = situation([{ wakes: { ...WAKES, missed: 9 } }, {}], { silentAfter: 10 });
  const { nodes, stops } = await forecast(missing);
  expect(nodes.map(({ unlikely }) => unlikely)).toEqual(["silent", undefined]);
  expect(nodes[0]?.makes).toBeLessThan(0.5);
  expect(stops).toBe(0);
});

const arbitraryNodes = fc.array(
  fc.record({
    wakes: fc.record({
      due: fc.integer({ min: 0, max: 7200 }).map((offset) => START + offset * 1000),
      period: fc.integer({ min: 60, max: 7200 }).map((period) => period * 1000),
      spread: fc.integer({ min: 0, max: 30_000 }),
      missed: fc.constant(0),
    }),
    bytes: fc.integer({ min: 1, max: 200_000 }),
    perWake: fc.record({ mean: fc.integer({ min: 512, max: 65_536 }), deviation: fc.integer({ min: 0, max: 4096 }) }),
    loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
);

test("p90 is not before p50, and the same seed foresees the same", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryNodes, fc.integer({ min: 0, max: 1000 }), async (nodes, seed) => {
      const of = situation(nodes, { silentAfter: 1000, plan: { concurrency: 2 } });
      const found = await forecast(of, { seed });
      expect(found.forecast.p90).toBeGreaterThanOrEqual(found.forecast.p50);
      expect(await forecast(of, { seed })).toEqual(found);
    }),
    { seed: 7, numRuns: 8, endOnFailure: true },
  );
});

test("more loss never makes it earlier, nor cheaper", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryNodes, fc.double({ min: 0, max: 0.2, noNaN: true }), async (nodes, more) => {
      const before = await forecast(situation(nodes, { silentAfter: 1000 }));
      const lossy = nodes.map((node) => ({ ...node, loss: node.loss + more }));
      const after = await forecast(situation(lossy, { silentAfter: 1000 }));
      expect(after.forecast.p50).toBeGreaterThanOrEqual(before.forecast.p50);
      expect(after.forecast.p90).toBeGreaterThanOrEqual(before.forecast.p90);
      expect(after.forecast.energy).toBeGreaterThanOrEqual(before.forecast.energy);
    }),
    { seed: 8, numRuns: 8, endOnFailure: true },
  );
});

test("a thousand nodes are foreseen without stopping the loop", async () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({
    mesh: `fd0${index % 7}::/64`,
    wakes: { ...WAKES, due: START + index * 3000, spread: 20_000 },
    loss: 0.05,
  }));
  const before = process.cpuUsage();
  const watch = watchTurns();
  const { forecast: found } = await forecast(situation(many, { groups: [50, 250, 700], plan: { concurrency: 8 } }));
  const spent = process.cpuUsage(before);
  const { longest } = watch.stop();
  expect(found.p50).toBeGreaterThan(at(9));
  expect(found.airtime).toHaveLength(7);
  // Generous: it shares its cores with other suites.
  expect((spent.user + spent.system) / 1000).toBeLessThan(3000);
  expect(longest).toBeLessThan(500);
});

/** 256 KiB over Block2, plain and under OSCORE, path of 3 bytes: computed apart from this code, frame by frame. */
const AIR: ReadonlyArray<
  readonly [
    block: number,
    oscore: boolean,
    path: number,
    bytes: number,
    seconds: number,
    energy: number,
    polled: number,
  ]
> = [
  [64, false, 3, 696_288, 53.0, 955, 1146],
  [128, false, 3, 552_928, 34.8, 626, 817],
  [256, false, 3, 440_288, 23.5, 423, 566],
  [512, false, 3, 400_352, 18.8, 339, 482],
  [1024, false, 3, 372_192, 16.0, 288, 419],
  [64, true, 3, 802_528, 56.4, 1016, 1207],
  [128, true, 3, 605_920, 36.5, 657, 848],
  [256, true, 3, 499_424, 26.3, 473, 664],
  [512, true, 3, 413_408, 19.2, 346, 490],
  [1024, true, 3, 386_784, 16.7, 300, 443],
  [64, true, 9, 827_104, 57.2, 1030, 1221],
  [1024, true, 9, 388_320, 16.7, 301, 444],
];

test.each(AIR)("RFC 4944 §5.3, IEEE 802.15.4: blocks of %i bytes, OSCORE %s, path of %i bytes", (...row) => {
  const [block, oscore, path, bytes, seconds, energy, polled] = row;
  const plain = downloadCost(262_144, block, { oscore, path, polls: false });
  expect(plain.bytes).toBe(bytes);
  expect(plain.radio / 1000).toBeCloseTo(seconds, 1);
  expect(Math.abs(plain.energy - energy)).toBeLessThanOrEqual(1);
  expect(Math.abs(downloadCost(262_144, block, { oscore, path, polls: true }).energy - polled)).toBeLessThanOrEqual(1);
});

test("RFC 4944 §5.3: a block of 64 bytes fits one frame, and what is one byte longer does not", () => {
  expect([92, 94, 95, 88 + 96, 88 + 97].map(framesOf)).toEqual([1, 1, 2, 2, 3]);
});

test("RFC 7252 §4.8: a lost exchange costs itself again and the time until its timeout", () => {
  const once = downloadCost(65_536, 512);
  const twice = withRepeats(once, 128, 0.5);
  expect(twice.bytes).toBeCloseTo(2 * once.bytes);
  expect(twice.radio).toBeGreaterThan(2 * once.radio);
  expect(withRepeats(once, 128, 0)).toEqual(once);
});
