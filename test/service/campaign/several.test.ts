/**
 * Several campaigns at once over nodes that sleep, lose answers, fail, fall back, repeat themselves and forget: the reducer and
 * the offers together, under any order of events, a clock that is set, and a crash behind any fact.
 */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, minutes, type NodeId, seconds } from "../../../gateway/base/index.ts";
import { CampaignOffers, Campaigns, count, draft, type GroupWish } from "../../../gateway/service/campaign/index.ts";
import { aboutImage, type FirmwareReport } from "../../../gateway/service/campaign/progress.ts";
import { verdict } from "../../../gateway/service/campaign/verdict.ts";
import {
  type CampaignPlan,
  type Digest,
  decodePlain,
  encodePlain,
  type Fact,
  type FactBodies,
  type FactType,
  memoryState,
  type Recorder,
} from "../../../gateway/store/index.ts";
import { inDrill } from "../../support/drill.ts";

const NODES = 4;
const SLEEP = minutes(15);
const FIRST: Digest = "00".repeat(32);
const imageOf = (index: number): Digest => `${index + 1}a`.repeat(32);
const idOf = (index: number): NodeId => `n-${index}` as NodeId;
const campaignIdOf = (index: number): string => `c-${9 + index}`; // c-9, c-10, c-11: keys sort in another order

/** An honest device: what it runs and what it is at; it says what changed, sometimes without naming the image. */
interface Device {
  running: Digest;
  working: Digest | undefined;
  /** Which image it named last. */
  told: Digest | undefined;
  said: FirmwareReport;
  readonly ran: Set<Digest>;
  readonly failures: Map<Digest, number>;
  /** Ends of its leases as the gateway's rules have them; 0 = none. */
  lease: number;
}

interface World {
  readonly campaigns: Campaigns;
  readonly offers: CampaignOffers;
  readonly facts: Fact[];
  readonly recorder: Recorder;
  readonly devices: readonly Device[];
  now: Millis;
  /** It was set: leases before are void. */
  jumped: boolean;
}

function recorderInto(campaigns: Campaigns, facts: Fact[], now: () => Millis): Recorder {
  return {
    record: async <T extends FactType>(type: T, body: FactBodies[T]) => {
      // The union of facts is made of just these parts.
      const fact = { seq: facts.length + 1, at: now(), type, ...body } as unknown as Fact;
      facts.push(fact);
      campaigns.apply(fact);
    },
    flush: async () => undefined,
  } as Recorder;
}

function world(): World {
  const campaigns = new Campaigns();
  const facts: Fact[] = [];
  const on: World = {
    campaigns,
    facts,
    recorder: recorderInto(campaigns, facts, () => on.now),
    offers: new CampaignOffers({
      campaigns,
      clock: { now: () => on.now, after: () => ({ cancel: () => undefined }) },
      zone: "UTC",
      meshOf: (node) => `mesh-${Number(node.slice(2)) % 2}`,
      nextWake: () => millis(on.now + SLEEP),
    }),
    devices: Array.from({ length: NODES }, () => ({
      running: FIRST,
      working: undefined,
      told: undefined,
      said: {},
      ran: new Set([FIRST]),
      failures: new Map(),
      lease: 0,
    })),
    now: seconds(1_800_000_000),
    jumped: false,
  };
  return on;
}

type Act =
  | { readonly start: number; readonly groups: readonly GroupWish[]; readonly plan: Omit<CampaignPlan, "groups"> }
  | { readonly wake: number; readonly lost: boolean }
  | {
      readonly work: number;
      readonly outcome: "progress" | "boot" | "fail" | "fall-back" | "forget";
      readonly named: boolean;
    }
  | { readonly repeat: number }
  | { readonly missed: number; readonly wakes: number }
  | { readonly verb: "pause" | "resume" | "abort" | "approve"; readonly on: number }
  | { readonly pass: number }
  | { readonly step: number }
  | { readonly swap: number };

const aNode = fc.nat(NODES - 1);
const GROUPS: ReadonlyArray<readonly GroupWish[]> = [
  [{ name: "all", size: "rest", errorPct: 100 }],
  [
    { name: "canary", size: { nodes: 1 }, errorPct: 100, pause: true },
    { name: "rest", size: "rest", errorPct: 60 },
  ],
  [
    { name: "half", size: { percent: 50 }, errorPct: 70, successPct: 50, pause: true },
    { name: "rest", size: "rest", errorPct: 50 },
  ],
];
const aStart = fc.record({
  start: fc.nat(2),
  groups: fc.constantFrom(...GROUPS),
  plan: fc.record(
    {
      attempts: fc.integer({ min: 1, max: 3 }),
      priority: fc.nat(2),
      concurrency: fc.constant(1),
      deadline: fc.integer({ min: 1, max: 60 }).map((wakes) => millis(1_800_000_000_000 + wakes * SLEEP)),
      again: fc.constant<true>(true),
    },
    { requiredKeys: ["attempts", "priority"] },
  ),
});
/** Campaigns of a higher priority take nodes that another one has. */
const aPair = fc.tuple(aStart, aStart).map(([one, other]) => [
  { ...one, plan: { ...one.plan, priority: 0 } },
  { ...other, plan: { ...other.plan, priority: 1 } },
]);
const anAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 2, arbitrary: aStart },
  {
    weight: 12,
    arbitrary: fc.record({ wake: aNode, lost: fc.nat(4).map((dice) => dice === 0) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      work: aNode,
      outcome: fc.constantFrom("progress", "boot", "boot", "fail", "fall-back", "forget"),
      named: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ repeat: aNode }) },
  { weight: 2, arbitrary: fc.record({ missed: aNode, wakes: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constantFrom("pause", "resume", "resume", "abort", "approve"), on: fc.nat(2) }),
  },
  { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.integer({ min: -86_400, max: 86_400 }) }) },
  { weight: 1, arbitrary: fc.record({ swap: aNode }) },
) as fc.Arbitrary<Act>;

function play(on: World, act: Act): void {
  const { campaigns, recorder } = on;
  if ("start" in act) start(on, act);
  else if ("wake" in act) wake(on, act.wake, act.lost);
  else if ("work" in act) work(on, act);
  else if ("repeat" in act) hear(on, act.repeat, on.devices[act.repeat]!.said);
  else if ("missed" in act) void campaigns.missed(idOf(act.missed), act.wakes, recorder);
  else if ("verb" in act) decide(on, act);
  else if ("pass" in act) {
    on.now = millis(on.now + minutes(act.pass));
    for (const { id } of campaigns.open()) void campaigns.judge(id, recorder, on.now);
  } else if ("step" in act) {
    on.jumped = true;
    on.now = millis(on.now + seconds(act.step));
    const since = millis(1_800_000_000_000);
    void recorder.record("clock.state", { synchronised: true, why: "told", step: seconds(act.step), since });
  } else swap(on, act.swap);
}

function start(on: World, { start: index, groups, plan }: Extract<Act, { start: unknown }>): void {
  const { campaigns, recorder } = on;
  const id = campaignIdOf(campaigns.list().length);
  if (campaigns.list().length === 3) return;
  const digest = imageOf(index);
  const rules = {
    image: { digest, model: "trv", version: "2", size: 1 },
    priority: plan.priority ?? 0,
    attempts: plan.attempts,
    downgrade: false,
    again: plan.again === true,
  };
  const nodes = on.devices.map(({ running }, at) => ({
    id: idOf(at),
    model: "trv",
    running,
    busy: campaigns.allOf(idOf(at)).map((each) => ({ campaign: each.id, priority: each.plan.priority ?? 0 })),
    failures: campaigns.quarantine.failures(idOf(at), digest),
  }));
  try {
    const body = draft({ id, name: id, rules, groups, silentAfter: 2 + index, plan }, nodes);
    void recorder.record("campaign.created", { ...body, actor: "alice" });
    void campaigns.judge(id, recorder);
  } catch {
    // Nobody is left for it, or too few for its groups: nothing was recorded.
  }
}

function hear(on: World, index: number, report: FirmwareReport): void {
  const device = on.devices[index]!;
  device.told = report.wanted ?? device.told;
  const full = aboutImage(report, () => ({ ...(device.told && { wanted: device.told }), running: device.running }));
  void on.campaigns.advance(idOf(index), { type: "reported", report: full }, on.recorder);
  on.offers.woke(idOf(index));
  const isAtWork = on.campaigns
    .allOf(idOf(index))
    .some(({ nodes }) => ["offered", "downloading"].includes(nodes.get(idOf(index))!.phase));
  device.lease = isAtWork ? on.now + SLEEP * 1.5 : 0;
}

function wake(on: World, index: number, lost: boolean): void {
  hear(on, index, {});
  const offer = on.offers.offerFor(idOf(index));
  if (offer === undefined) return;
  checkOffer(on, index, offer.campaign);
  void on.offers.offered(offer, idOf(index), on.recorder);
  const device = on.devices[index]!;
  device.lease = on.now + SLEEP * 1.5;
  if (!lost && device.running !== offer.image) device.working = offer.image;
}

/** UX-R12, UX-R16: when an offer may be made. */
function checkOffer(on: World, index: number, id: string): void {
  const { plan, state, groups, nodes } = on.campaigns.get(id);
  const progress = nodes.get(idOf(index))!;
  expect(state).toBe("running");
  expect(groups[progress.group]!.state).not.toBe("closed");
  if (plan.deadline !== undefined) expect(on.now).toBeLessThan(plan.deadline);
  expect(["waiting-wake", "offered", "ready", "waiting-window"]).toContain(progress.phase);
  // Nothing of higher priority waits for it and could be offered, and what it is at is not thrown away for less.
  for (const other of on.campaigns.allOf(idOf(index))) {
    if ((other.plan.priority ?? 0) <= (plan.priority ?? 0)) break;
    const obstacle = on.offers.obstacleFor(other, idOf(index));
    expect(obstacle).toBeDefined();
    expect(obstacle?.because).not.toBe("busy");
  }
  const holders = on.devices.filter((each, at) => at !== index && at % 2 === index % 2 && each.lease >= on.now);
  const had = on.devices[index]!.lease >= on.now;
  if (plan.concurrency !== undefined && !on.jumped && !had && progress.phase !== "ready") {
    expect(holders.length).toBeLessThan(plan.concurrency);
  }
}

function work(on: World, { work: index, outcome, named }: Extract<Act, { work: unknown }>): void {
  const device = on.devices[index]!;
  const { working } = device;
  if (working === undefined) return;
  // A report tells what changed: the image when it is another one than it named last.
  const wanted = named || device.told !== working ? { wanted: working } : {};
  const say = (report: FirmwareReport): void => {
    device.said = report;
    hear(on, index, report);
  };
  switch (outcome) {
    case "progress":
      say({ phase: "downloading", received: 10, ...wanted });
      return;
    case "boot":
      say({ phase: "applying", ...wanted });
      device.running = working;
      device.ran.add(working);
      device.working = undefined;
      say({ running: working, phase: "idle" });
      return;
    case "fail":
    case "fall-back":
      device.failures.set(working, (device.failures.get(working) ?? 0) + 1);
      device.working = undefined;
      say({ phase: outcome === "fail" ? "failed" : "rolled-back", reason: "no-space", ...wanted });
      return;
    case "forget":
      device.working = undefined;
      say({ phase: "idle" });
  }
}

function decide(on: World, { verb, on: at }: Extract<Act, { verb: unknown }>): void {
  const campaign = on.campaigns.list()[at];
  if (campaign === undefined) return;
  try {
    void on.campaigns.decide(campaign.id, verb, "bob", on.recorder);
  } catch (error) {
    expect(error).toMatchObject({ code: "campaign.state" });
  }
}

/** Another device in the node's place. */
function swap(on: World, index: number): void {
  const device = on.devices[index]!;
  Object.assign(device, { running: FIRST, working: undefined, told: undefined, said: {} });
  const replaced = { node: idOf(index), endpoint: "new", former: "old", actor: "bob" };
  void on.recorder.record("node.replaced", replaced);
  void on.campaigns.replaced(idOf(index), on.recorder);
}

/** What holds at any time. */
function check(campaigns: Campaigns, devices: readonly Device[]): void {
  for (const campaign of campaigns.list()) {
    const all = [...campaign.nodes.values()];
    const tally = count(campaign);
    expect(tally.done + tally.failed + tally.silent + tally.active + tally.waiting).toBe(tally.total);
    expect(tally.total).toBe(all.filter(({ phase }) => phase !== "skipped").length);
    for (const [at, group] of campaign.groups.entries()) {
      expect(group.tally.total).toBe(all.filter((each) => each.group === at && each.phase !== "skipped").length);
    }
    for (const [node, { phase, attempt }] of campaign.nodes) {
      const device = devices[Number(node.slice(2))]!;
      if (phase === "done") expect(device.ran.has(campaign.image)).toBe(true);
      // No failure that was another image's.
      const failures = device.failures.get(campaign.image) ?? 0;
      if (phase === "failed") expect(failures).toBeGreaterThan(0);
      expect(attempt).toBeLessThanOrEqual(campaign.plan.attempts);
    }
  }
}

/** Waves as the journal tells them: none begins before its turn, nor without the person whom a pause is for. */
function checkJournal(facts: readonly Fact[]): void {
  const states = new Map<string, string>();
  const plans = new Map<string, CampaignPlan>();
  const held = new Set<string>();
  for (const fact of facts) {
    if (fact.type === "campaign.created") {
      plans.set(fact.campaign, fact.plan!);
      states.set(fact.campaign, fact.plan?.approval ? "waiting-approval" : "running");
    } else if (fact.type === "campaign.state") {
      expect(fact.from).toBe(states.get(fact.campaign));
      states.set(fact.campaign, fact.to);
      if (fact.to === "running") {
        expect(fact.actor).toBe("bob");
        held.delete(fact.campaign);
      }
    } else if (fact.type === "campaign.group") {
      const pauses = plans.get(fact.campaign)?.groups[fact.group]?.pause === true;
      if (fact.to === "passed" && pauses && fact.actor === "system") held.add(fact.campaign);
      if (fact.to === "open") {
        expect(states.get(fact.campaign)).toBe("running");
        expect(held.has(fact.campaign)).toBe(false);
      }
    }
  }
}

const shape = (campaigns: Campaigns) => ({
  list: campaigns.list().map(({ nodes, ...rest }) => ({ ...rest, nodes: [...nodes] })),
  open: campaigns.open().map(({ id }) => id),
  under: Array.from({ length: NODES }, (_, at) => campaigns.allOf(idOf(at)).map(({ id }) => id)),
  failures: Array.from({ length: NODES }, (_, at) =>
    [0, 1, 2].map((image) => campaigns.quarantine.failures(idOf(at), imageOf(image))),
  ),
});

const asRead = (fact: Fact): Fact => decodePlain(encodePlain(fact)) as Fact;

/** Folded up to a fact, saved, loaded, and the rest folded onto it; saved twice, since the second time only changes are. */
async function restarted(facts: readonly Fact[], first: number, second: number): Promise<Campaigns> {
  const state = memoryState();
  let campaigns = new Campaigns();
  let folded = 0;
  for (const until of [first, second, facts.length]) {
    for (const fact of facts.slice(folded, until)) campaigns.apply(asRead(fact));
    folded = Math.max(folded, until);
    await state.commit(campaigns.name, folded, campaigns.drain());
    if (until === second) {
      campaigns = new Campaigns();
      await campaigns.load(state);
    }
  }
  return campaigns;
}

describe("any course of several campaigns", () => {
  const courses = { seed: 11, numRuns: inDrill(30, 6000) };
  const aCourse = fc.tuple(aPair, fc.array(anAct, { minLength: 20, maxLength: 90 }));

  test("UX-R5 UX-R10 UX-R12 UX-R16 UX-R17: offers, counts and waves are right, and reports concern their own image", () => {
    fc.assert(
      fc.property(aCourse, ([pair, acts]) => {
        const on = world();
        for (const act of [...pair, ...acts]) {
          play(on, act);
          check(on.campaigns, on.devices);
        }
        checkJournal(on.facts);
      }),
      courses,
    );
  });

  test("UX-R12: what was saved at any fact and the rest of the journal give the same", async () => {
    await fc.assert(
      fc.asyncProperty(aCourse, fc.nat(), fc.nat(), async ([pair, acts], a, b) => {
        const on = world();
        for (const act of [...pair, ...acts]) play(on, act);
        const [first, second] = [a % (on.facts.length + 1), b % (on.facts.length + 1)].sort((x, y) => x - y);
        expect(shape(await restarted(on.facts, first!, second!))).toEqual(shape(on.campaigns));
      }),
      { ...courses, numRuns: inDrill(30, 4000) },
    );
  });

  test("UX-R2 UX-R12: after a crash behind any fact the campaigns decide what was cut off, and go on", () => {
    fc.assert(
      fc.property(aCourse, fc.nat(), ([pair, acts], cut) => {
        const on = world();
        for (const act of [...pair, ...acts]) play(on, act);
        const left = on.facts.slice(0, cut % (on.facts.length + 1));
        const campaigns = new Campaigns();
        for (const fact of left) campaigns.apply(asRead(fact));
        const recorder = recorderInto(campaigns, left, () => on.now);
        for (const { id } of campaigns.open()) {
          void campaigns.retry(id, recorder);
          void campaigns.judge(id, recorder);
        }
        check(campaigns, on.devices);
        checkJournal(left);
        for (const campaign of campaigns.open()) {
          expect(verdict(campaign)).toBeUndefined();
          const stuck = [...campaign.nodes.values()].filter(
            ({ phase, attempt }) => (phase === "failed" || phase === "rolled-back") && attempt < campaign.plan.attempts,
          );
          expect(stuck).toEqual([]);
        }
      }),
      { ...courses, numRuns: inDrill(30, 4000) },
    );
  });
});
