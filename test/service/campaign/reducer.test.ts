/** The rules of campaigns under any order of events: who is offered what, when a wave begins, what a replay gives. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, type NodeId, seconds } from "../../../gateway/base/index.ts";
import {
  Campaigns,
  count,
  draft,
  type GroupWish,
  type SelectionNode,
} from "../../../gateway/service/campaign/index.ts";
import type { ProgressEvent } from "../../../gateway/service/campaign/progress.ts";
import { ALWAYS_OPEN, turnOf } from "../../../gateway/service/campaign/turn.ts";
import type { CampaignPlan, Fact, FactBodies, FactType, Recorder } from "../../../gateway/store/index.ts";
import { decodePlain, encodePlain } from "../../../gateway/store/index.ts";
import { inDrill } from "../../support/drill.ts";

const IMAGE = { digest: "aa".repeat(32), model: "trv", version: "2", size: 1000 };
const id = (index: number): NodeId => `n-${index}` as NodeId;
const node = (index: number, more: Partial<SelectionNode> = {}): SelectionNode => ({
  id: id(index),
  model: "trv",
  running: undefined,
  busy: [],
  failures: 0,
  ...more,
});

/** A journal in memory whose facts are folded at once, as the ledger does it. */
function world() {
  const campaigns = new Campaigns();
  const facts: Fact[] = [];
  let now: Millis = seconds(1_800_000_000);
  const recorder: Recorder = {
    record: async <T extends FactType>(type: T, body: FactBodies[T]) => {
      // The union of facts is made of just these parts.
      const fact = { seq: facts.length + 1, at: now, type, ...body } as unknown as Fact;
      facts.push(fact);
      campaigns.apply(fact);
    },
    flush: async () => undefined,
  } as Recorder;
  return {
    campaigns,
    facts,
    recorder,
    pass: (time: Millis) => {
      now = millis(now + time);
    },
  };
}

interface Sized {
  readonly nodes: number;
  readonly groups: readonly GroupWish[];
  readonly plan?: Partial<CampaignPlan>;
}

function start({ nodes, groups, plan = {} }: Sized, on = world()) {
  const rules = {
    image: IMAGE,
    priority: plan.priority ?? 0,
    attempts: plan.attempts ?? 1,
    downgrade: false,
    again: false,
  };
  const { attempts = 1, ...rest } = plan;
  const wish = { id: "c-1", name: "test", rules, groups, silentAfter: 3, plan: { attempts, ...rest } };
  const body = draft(
    wish,
    Array.from({ length: nodes }, (_, index) => node(index)),
  );
  void on.recorder.record("campaign.created", { ...body, actor: "alice" });
  void on.campaigns.judge("c-1", on.recorder);
  return on;
}

const TWO_WAVES: readonly GroupWish[] = [
  { name: "canary", size: { nodes: 2 }, errorPct: 50 },
  { name: "rest", size: "rest", errorPct: 10 },
];
const done: ProgressEvent = { type: "reported", report: { running: IMAGE.digest } };
const failure: ProgressEvent = {
  type: "reported",
  report: { phase: "failed", wanted: IMAGE.digest, reason: "no-space" },
};

const isOffered = (on: ReturnType<typeof world>, index: number): boolean => {
  const campaign = on.campaigns.get("c-1");
  const progress = campaign.nodes.get(id(index))!;
  const around = { before: undefined, download: ALWAYS_OPEN, apply: ALWAYS_OPEN, slot: true };
  return "offer" in turnOf(campaign, progress, around);
};

describe("waves", () => {
  test("UX-R12: the next wave begins when the one before has ended well", () => {
    const on = start({ nodes: 10, groups: TWO_WAVES });
    expect([isOffered(on, 0), isOffered(on, 2)]).toEqual([true, false]);
    void on.campaigns.advance(id(0), done, on.recorder);
    expect(isOffered(on, 2)).toBe(false);
    void on.campaigns.advance(id(1), done, on.recorder);
    expect(isOffered(on, 2)).toBe(true);
    expect(on.campaigns.get("c-1").groups.map(({ state }) => state)).toEqual(["passed", "open"]);
  });

  test("UX-R10: silent nodes count, and nothing of the next wave is offered after a stop", () => {
    const on = start({ nodes: 10, groups: TWO_WAVES });
    void on.campaigns.advance(id(0), { type: "silent" }, on.recorder);
    expect(on.campaigns.get("c-1")).toMatchObject({
      state: "stopped",
      reason: "1 of 2 nodes of canary failed or fell silent",
    });
    expect([isOffered(on, 1), isOffered(on, 2)]).toEqual([false, false]);
    void on.campaigns.advance(id(0), done, on.recorder); // late, and told as such
    expect(on.campaigns.get("c-1").nodes.get(id(0))?.phase).toBe("done");
    expect(on.campaigns.get("c-1").state).toBe("stopped");
    void on.campaigns.decide("c-1", "resume", "alice", on.recorder);
    expect(isOffered(on, 1)).toBe(true);
  });

  test("a wave with a pause waits for a person", () => {
    const [canary, rest] = TWO_WAVES;
    const on = start({ nodes: 4, groups: [{ ...canary!, pause: true }, rest!] });
    for (const index of [0, 1]) void on.campaigns.advance(id(index), done, on.recorder);
    expect(on.campaigns.get("c-1").state).toBe("paused");
    expect(isOffered(on, 2)).toBe(false);
    void on.campaigns.decide("c-1", "resume", "bob", on.recorder);
    expect(isOffered(on, 2)).toBe(true);
  });

  test("a wave that ends below what it needs pauses, and passes by a person's word", () => {
    const [canary, rest] = TWO_WAVES;
    const on = start({ nodes: 12, groups: [{ ...canary!, size: { nodes: 10 }, successPct: 95 }, rest!] });
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7, 8]) void on.campaigns.advance(id(index), done, on.recorder);
    void on.campaigns.advance(id(9), { type: "offered" }, on.recorder);
    void on.campaigns.advance(id(9), failure, on.recorder);
    expect(on.campaigns.get("c-1")).toMatchObject({ state: "paused" });
    void on.campaigns.decide("c-1", "resume", "bob", on.recorder);
    expect(on.campaigns.get("c-1").groups.map(({ state }) => state)).toEqual(["passed", "open"]);
  });

  test("a wave passes before its stragglers when enough are done, and they go on", () => {
    const [canary, rest] = TWO_WAVES;
    const on = start({ nodes: 12, groups: [{ ...canary!, size: { nodes: 10 }, successPct: 80 }, rest!] });
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) void on.campaigns.advance(id(index), done, on.recorder);
    expect([isOffered(on, 8), isOffered(on, 10)]).toEqual([true, true]);
  });

  test("UX-R7: approval is a second person's", () => {
    const on = start({ nodes: 3, groups: TWO_WAVES, plan: { approval: true } });
    expect(isOffered(on, 0)).toBe(false);
    expect(() => on.campaigns.decide("c-1", "approve", "alice", on.recorder)).toThrow(
      expect.objectContaining({ code: "campaign.same-person" }),
    );
    void on.campaigns.decide("c-1", "approve", "bob", on.recorder);
    expect(isOffered(on, 0)).toBe(true);
  });

  test("UX-R5: a node that fails is tried again, then it is in quarantine for this image", () => {
    const on = start({ nodes: 10, groups: TWO_WAVES, plan: { attempts: 2 } });
    void on.campaigns.advance(id(0), { type: "offered" }, on.recorder);
    void on.campaigns.advance(id(0), failure, on.recorder);
    expect(on.campaigns.get("c-1").nodes.get(id(0))).toMatchObject({ phase: "waiting-wake", attempt: 2 });
    void on.campaigns.advance(id(0), failure, on.recorder); // the same report again: it tells of the first attempt
    expect(on.campaigns.get("c-1").nodes.get(id(0))).toMatchObject({ phase: "waiting-wake", attempt: 2 });
    void on.campaigns.advance(id(0), { type: "offered" }, on.recorder);
    void on.campaigns.advance(id(0), failure, on.recorder);
    expect(on.campaigns.get("c-1").nodes.get(id(0))).toMatchObject({ phase: "failed", attempt: 2 });
    expect(on.campaigns.quarantine.failures(id(0), IMAGE.digest)).toBe(2);
  });

  test("UX-R19: a patch that came out wrong costs no attempt; the image itself does", () => {
    const on = start({ nodes: 10, groups: TWO_WAVES, plan: { attempts: 1 } });
    const wrong: ProgressEvent = {
      type: "reported",
      report: { phase: "failed", wanted: IMAGE.digest, reason: "digest-mismatch" },
    };
    const progress = () => on.campaigns.get("c-1").nodes.get(id(0));
    void on.campaigns.offered("c-1", id(0), on.recorder, true);
    expect(progress()).toMatchObject({ phase: "offered", encoded: true });
    void on.campaigns.advance(id(0), wrong, on.recorder);
    expect(progress()).toMatchObject({ phase: "waiting-wake", attempt: 2 });
    expect(progress()).not.toHaveProperty("encoded");
    expect(on.campaigns.quarantine.failures(id(0), IMAGE.digest)).toBe(0);
    void on.campaigns.offered("c-1", id(0), on.recorder);
    void on.campaigns.advance(id(0), wrong, on.recorder);
    expect(progress()).toMatchObject({ phase: "failed", attempt: 2 });
    expect(on.campaigns.quarantine.failures(id(0), IMAGE.digest)).toBe(1);
  });

  test("a deadline ends the offers", () => {
    const on = start({ nodes: 3, groups: TWO_WAVES, plan: { deadline: seconds(1_800_000_100) } });
    void on.campaigns.judge("c-1", on.recorder, seconds(1_800_000_099));
    expect(on.campaigns.get("c-1").state).toBe("running");
    void on.campaigns.judge("c-1", on.recorder, seconds(1_800_000_100));
    expect(on.campaigns.get("c-1")).toMatchObject({ state: "done", reason: "the deadline has passed for 3" });
    void on.campaigns.advance(id(0), done, on.recorder);
    expect(on.campaigns.get("c-1").nodes.get(id(0))?.phase).toBe("done");
  });
});

type Act =
  | { readonly node: number; readonly event: ProgressEvent }
  | { readonly verb: "pause" | "resume" | "abort" }
  | { readonly wake: number }
  | { readonly jump: number };

const anEvent: fc.Arbitrary<ProgressEvent> = fc.oneof(
  fc.constant(done),
  fc.constant(failure),
  fc.constant<ProgressEvent>({ type: "silent" }),
  fc.constant<ProgressEvent>({ type: "reported", report: {} }),
  fc.constant<ProgressEvent>({
    type: "reported",
    report: { phase: "downloading", wanted: IMAGE.digest, received: 10 },
  }),
  fc.constant<ProgressEvent>({ type: "reported", report: { phase: "rebooting", wanted: IMAGE.digest } }),
  fc.constant<ProgressEvent>({ type: "reported", report: { phase: "idle" } }),
  fc.constant<ProgressEvent>({ type: "reported", report: { running: "bb".repeat(32) } }),
  fc.constant<ProgressEvent>({ type: "removed" }),
);
const anAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ wake: fc.nat(11) }) },
  { weight: 8, arbitrary: fc.record({ node: fc.nat(11), event: anEvent }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom("pause" as const, "resume" as const) }) },
  { weight: 1, arbitrary: fc.record({ jump: fc.integer({ min: -86_400, max: 86_400 }) }) },
);
const aSize: fc.Arbitrary<Sized> = fc.record({
  nodes: fc.integer({ min: 4, max: 12 }),
  groups: fc.constantFrom<readonly GroupWish[]>(
    TWO_WAVES,
    [{ name: "all", size: "rest", errorPct: 20 }],
    [
      { name: "one", size: { nodes: 1 }, errorPct: 100, pause: true },
      { name: "half", size: { percent: 50 }, errorPct: 40, successPct: 60 },
      { name: "rest", size: "rest", errorPct: 25 },
    ],
  ),
  plan: fc.record({ attempts: fc.integer({ min: 1, max: 3 }) }),
});

describe("any course of events", () => {
  test("UX-R12 UX-R17: nobody is offered anything outside an open wave, counts add up, and a replay gives the same", () => {
    fc.assert(
      fc.property(aSize, fc.array(anAct, { maxLength: 120 }), (sized, acts) => {
        const on = start(sized);
        for (const act of acts) play(on, act);
        check(on);
      }),
      { seed: 9, numRuns: inDrill(100, 5000) },
    );
  });
});

function play(on: ReturnType<typeof world>, act: Act): void {
  const { campaigns, recorder } = on;
  if ("jump" in act) on.pass(seconds(act.jump));
  else if ("verb" in act) {
    const fits = act.verb === "pause" ? ["running"] : ["paused", "stopped"];
    if (fits.includes(campaigns.get("c-1").state)) void campaigns.decide("c-1", act.verb, "bob", recorder);
  } else if ("wake" in act) {
    if (!campaigns.get("c-1").nodes.has(id(act.wake)) || !isOffered(on, act.wake)) return;
    void campaigns.offered("c-1", id(act.wake), recorder);
  } else tell(on, act);
}

/** What a node says twice changes nothing the second time. */
function tell({ campaigns, recorder }: ReturnType<typeof world>, act: Extract<Act, { event: unknown }>): void {
  const before = JSON.stringify([...campaigns.get("c-1").nodes]);
  void campaigns.advance(id(act.node), act.event, recorder);
  if (act.event.type !== "reported" || act.event.report.phase !== undefined) return;
  const after = JSON.stringify([...campaigns.get("c-1").nodes]);
  void campaigns.advance(id(act.node), act.event, recorder);
  if (before !== after) expect(JSON.stringify([...campaigns.get("c-1").nodes])).toBe(after);
}

function check({ campaigns, facts }: ReturnType<typeof world>): void {
  // In the order of the journal: no offer outside an open group, none while it does not run.
  const open = new Set<number>();
  let state = "running";
  const groupOf = new Map(
    (facts[0] as Extract<Fact, { type: "campaign.created" }>).groups!.flatMap((part, group) =>
      part.map((each): [NodeId, number] => [each, group]),
    ),
  );
  for (const fact of facts) {
    if (fact.type === "campaign.group" && fact.to === "open") {
      expect(state).toBe("running");
      open.add(fact.group);
    }
    if (fact.type === "campaign.state") state = fact.to;
    if (fact.type === "ota.phase" && fact.to === "offered" && fact.from !== "offered") {
      expect(state).toBe("running");
      expect(open.has(groupOf.get(fact.node)!)).toBe(true);
    }
  }
  const campaign = campaigns.get("c-1");
  const tally = count(campaign);
  expect(tally.done + tally.failed + tally.silent + tally.active + tally.waiting).toBe(tally.total);
  expect(tally.total).toBe([...campaign.nodes.values()].filter(({ phase }) => phase !== "skipped").length);
  expect(tally.done).toBe([...campaign.nodes.values()].filter(({ phase }) => phase === "done").length);

  const again = new Campaigns();
  for (const fact of facts) again.apply(decodePlain(encodePlain(fact)) as Fact);
  expect(shape(again)).toEqual(shape(campaigns));
}

const shape = (campaigns: Campaigns) =>
  campaigns
    .list()
    .map(({ nodes, ...rest }) => ({ ...rest, nodes: [...nodes], under: [...campaigns.nodesUnderWay()].sort() }));
