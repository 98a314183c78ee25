/** The parts of `sidgate try` that decide: the clock that is paced, how late nodes are, and the judgement at the end. */
import { expect, test } from "@jest/globals";
import { PacedClock } from "../../gateway/app/clock/index.ts";
import { type Counts, examine } from "../../gateway/app/try/check.ts";
import { LatenessGauge, rateFor } from "../../gateway/app/try/pacer.ts";
import { exitCode, summary, type TrialResult } from "../../gateway/app/try/result.ts";
import { waveArguments } from "../../gateway/app/try/waves.ts";
import { type Millis, millis, minutes, type NodeId } from "../../gateway/base/index.ts";
import type { NodeView } from "../../gateway/sim/index.ts";
import type { Fact, Phase } from "../../gateway/store/index.ts";

// -- the clock --------------------------------------------------------------------------------------------------------

function handClock(rate: number) {
  let elapsed = 0;
  const clock = new PacedClock(rate, millis(1000), { elapsed: () => millis(elapsed) });
  return {
    clock,
    pass: (real: number) => {
      elapsed += real;
    },
  };
}

test("runs as fast as it is told, no further than it is allowed, and never backwards", () => {
  const { clock, pass } = handClock(10);
  pass(5);
  expect(clock.now()).toBe(1050);
  clock.pace({ now: millis(1050), rate: 100, until: millis(1500) });
  pass(4);
  expect(clock.now()).toBe(1450);
  pass(100);
  expect(clock.now()).toBe(1500);
  clock.pace({ now: millis(1200), rate: 1, until: millis(1300) }); // told late: what was shown was shown
  expect(clock.now()).toBe(1500);
  clock.pace({ now: millis(9000), rate: 1, until: millis(9100) }); // whoever was started anew takes up the time
  expect(clock.now()).toBe(9000);
});

test("timers ring in the order of their times, after a change of pace too; one that was cancelled never does", async () => {
  const clock = new PacedClock(1);
  const rung: string[] = [];
  clock.after(minutes(2), () => rung.push("second"));
  clock.after(minutes(1), () => rung.push("first"));
  clock.after(minutes(1), () => rung.push("cancelled")).cancel();
  const last = new Promise<void>((resolve) => clock.after(minutes(3), resolve));
  clock.pace({ now: clock.now(), rate: 60_000, until: millis(clock.now() + minutes(10)) });
  await last;
  expect(rung).toEqual(["first", "second"]);
});

test("a timer beyond what is allowed waits until more is", async () => {
  const clock = new PacedClock(60_000);
  const start = clock.now();
  clock.pace({ now: start, rate: 60_000, until: millis(start + minutes(1)) });
  let rung = false;
  const ring = new Promise<void>((resolve) => {
    clock.after(minutes(2), () => {
      rung = true;
      resolve();
    });
  });
  await new Promise<void>((resolve) => clock.after(minutes(0.5), resolve));
  expect(rung).toBe(false);
  clock.pace({ now: clock.now(), rate: 60_000, until: millis(start + minutes(5)) });
  await ring;
});

// -- the pace ---------------------------------------------------------------------------------------------------------

const view = (more: Partial<NodeView> = {}): NodeView => ({
  endpoint: "sim-0001",
  state: "asleep",
  phase: "idle",
  reason: undefined,
  blocks: { got: 0, total: 0 },
  runningDigest: "",
  runningVersion: "1.0.0",
  updatesDone: 0,
  installed: undefined,
  reports: 1,
  nextWake: undefined,
  retransmissions: 0,
  ...more,
});

test.each([
  { worst: 0, most: 0, rate: 600 },
  { worst: 0.7, most: 0.1, rate: 600 },
  { worst: 1.25, most: 0, rate: 300 },
  { worst: 1.75, most: 0, rate: 1 },
  { worst: 9, most: 0, rate: 1 },
  { worst: 0.5, most: 0.5, rate: 60 },
])("nodes that are $worst intervals late at most, and $most mostly: $rate times", ({ worst, most, rate }) => {
  expect(rateFor({ worst, most }, 600)).toBeCloseTo(rate);
});

test("a node is late when nobody answers it or when it should be awake, never because it is silent or sleeps", () => {
  const gauge = new LatenessGauge(minutes(10));
  const at = (count: number): Millis => millis(minutes(count));
  const worst = (node: NodeView, now: Millis): number => gauge.look([node], now).worst;
  expect(worst(view({ state: "reporting" }), at(0))).toBe(0);
  expect(worst(view({ state: "reporting" }), at(20))).toBe(1);
  expect(worst(view({ state: "fetching", blocks: { got: 1, total: 9 } }), at(20))).toBe(0);
  expect(worst(view({ blocks: { got: 1, total: 9 }, nextWake: at(60) }), at(50))).toBe(0);
  expect(worst(view({ blocks: { got: 1, total: 9 }, nextWake: at(60) }), at(65))).toBe(0.5);
  expect(worst(view({ state: "silent" }), at(500))).toBe(0);
});

// -- the judgement ----------------------------------------------------------------------------------------------------

const CAMPAIGN = "c-20261122-01";
const WANTED = "aa";
const [A, B] = ["0aaaa", "0bbbb"] as [NodeId, NodeId];

type Rest = Fact extends infer One ? (One extends Fact ? Omit<One, "seq" | "at"> : never) : never;
const journal = (...bodies: readonly Rest[]): Fact[] =>
  bodies.map((body, index) => ({ ...body, seq: index + 1, at: millis(index) }) as Fact);

const joined = (node: NodeId, endpoint: string): Rest => ({
  type: "node.joined",
  node,
  endpoint,
  name: "",
  actor: "t",
});
const phase = (node: NodeId, from: Phase, to: Phase, more: { silent?: true; reason?: string } = {}): Rest => ({
  type: "ota.phase",
  campaign: CAMPAIGN,
  node,
  from,
  to,
  ...more,
});
const group = (index: number, to: "open" | "passed"): Rest => ({
  type: "campaign.group",
  campaign: CAMPAIGN,
  group: index,
  to,
  reason: "",
  actor: "system",
});
const stopped: Rest = {
  type: "campaign.state",
  campaign: CAMPAIGN,
  from: "running",
  to: "stopped",
  reason: "1 of 1 nodes",
  actor: "system",
};
const BEGINNING: readonly Rest[] = [
  joined(A, "sim-0001"),
  joined(B, "sim-0002"),
  {
    type: "campaign.created",
    campaign: CAMPAIGN,
    name: "",
    image: WANTED,
    targets: [A, B],
    excluded: [{ node: "0cccc" as NodeId, reason: "no-space" }],
    stopAtPct: 5,
    silentAfter: 3,
    plan: {
      attempts: 1,
      groups: [
        { name: "canary", errorPct: 5 },
        { name: "rest", errorPct: 5 },
      ],
    },
    groups: [[A], [B]],
    actor: "t",
  },
  group(0, "open"),
];

const judge = (counts: Partial<Counts>, nodes: readonly NodeView[], ...facts: readonly Rest[]) =>
  examine({
    facts: journal(...BEGINNING, ...facts),
    campaign: CAMPAIGN,
    digest: WANTED,
    nodes: [...nodes, view({ endpoint: "sim-0002" })],
    counts: { total: 2, done: 0, failed: 0, silent: 0, ...counts },
  });

test("a campaign that stops before its second wave is found in order", () => {
  const failed = [phase(A, "waiting-wake", "offered"), phase(A, "offered", "failed", { reason: "no-space" })];
  expect(judge({ failed: 1 }, [view()], ...failed, stopped)).toEqual({
    state: "stopped",
    reason: "1 of 1 nodes",
    groups: [
      { name: "canary", state: "open", nodes: 1, offered: 1, done: 0, failed: 1, silent: 0, retried: 0 },
      { name: "rest", state: "closed", nodes: 1, offered: 0, done: 0, failed: 0, silent: 0, retried: 0 },
    ],
    failures: { "failed: no-space": 1 },
    leftOut: { "no-space": 1 },
    facts: 5,
    offers: 1,
    violations: [],
  });
});

const DONE = [phase(A, "waiting-wake", "offered"), phase(A, "offered", "done")];
const SILENT_A = [phase(A, "waiting-wake", "offered"), phase(A, "offered", "offered", { silent: true })];

test.each<[string, Partial<Counts>, Partial<NodeView>, readonly Rest[]]>([
  ["an offer outside its wave", {}, {}, [phase(B, "waiting-wake", "offered")]],
  ["an offer after the stop", {}, {}, [stopped, phase(A, "waiting-wake", "offered")]],
  ["a wave after the stop", {}, {}, [stopped, group(1, "open")]],
  ["a phase that was skipped", { done: 1 }, { runningDigest: WANTED }, [phase(A, "offered", "done")]],
  ["counts that do not add up", { done: 2 }, { runningDigest: WANTED }, DONE],
  ["a success that nobody had", { done: 1 }, { runningDigest: "bb" }, DONE],
  ["a silence of a node that speaks", { silent: 1 }, {}, SILENT_A],
])("%s is found", (_what, counts, node, facts) => {
  expect(judge(counts, [view(node)], ...facts)?.violations).not.toEqual([]);
});

test("a node that is silent may count as silent, and a journal without the campaign is no proof", () => {
  expect(judge({ silent: 1 }, [view({ state: "silent" })], ...SILENT_A)?.violations).toEqual([]);
  expect(
    examine({
      facts: [],
      campaign: CAMPAIGN,
      digest: WANTED,
      nodes: [],
      counts: { total: 0, done: 0, failed: 0, silent: 0 },
    }),
  ).toBeUndefined();
});

// -- what is asked, and what is told ----------------------------------------------------------------------------------

test("large fleets are rolled out in waves, small ones in those that are asked for", () => {
  expect(waveArguments(25, undefined).groups).toBeUndefined();
  expect(waveArguments(500, undefined).groups?.map(({ size }) => size)).toEqual(["5%", "25%", "rest"]);
  expect(waveArguments(12, [40]).groups?.map(({ name }) => name)).toEqual(["canary", "rest"]);
});

const RESULT: TrialResult = {
  nodes: 2,
  done: 1,
  failed: 1,
  silent: 0,
  verified: 1,
  state: "stopped",
  reason: "1 of 1 nodes of canary failed or fell silent",
  groups: [
    { name: "canary", state: "open", nodes: 1, offered: 1, done: 0, failed: 1, silent: 0, retried: 1 },
    { name: "rest", state: "closed", nodes: 1, offered: 0, done: 0, failed: 0, silent: 0, retried: 0 },
  ],
  failures: { "failed: no-space": 1 },
  leftOut: {},
  blocks: 10,
  wholeBlocks: 100,
  retransmissions: 0,
  mqttMessages: 5,
  kills: 3,
  checked: { facts: 9, offers: 1, violations: [] },
  seconds: 4.2,
};

test.each<[number, string, Partial<TrialResult>, boolean]>([
  [3, "stopped by its own rule", {}, true],
  [0, "every node is done", { state: "done", done: 2 }, false],
  [0, "it ended with failures that were asked for", { state: "done" }, true],
  [1, "it ended with failures that nobody asked for", { state: "done" }, false],
  [1, "it ran out of time", { state: "timed-out" }, false],
  [1, "the journal shows what must not be", { checked: { facts: 9, offers: 1, violations: ["x"] } }, true],
])("exit code %i: %s", (code, _what, more, failuresAskedFor) => {
  expect(exitCode({ ...RESULT, ...more }, failuresAskedFor)).toBe(code);
});

test("the summary says who was spared, what was saved, and that the journal agrees", () => {
  const text = summary(RESULT);
  expect(text).toContain("rest        1 nodes: never began, nobody was offered anything");
  expect(text).toContain("before 1 nodes of later waves were offered anything");
  expect(text).toContain("Whole images would have been 100 blocks: 90 % were saved.");
  expect(text).toContain("killed 3 times");
  expect(text).toContain("checked: 9 facts in the journal, 1 offers, none outside its wave");
});
