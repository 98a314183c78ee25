/** One campaign as a value: who takes part, where each node stands, and how a fact changes that. Pure. */
import { type Millis, millis, type NodeId } from "../../base/index.ts";
import type { CampaignForecast, CampaignPlan, CampaignState, Digest, Fact, GroupPlan } from "../../store/index.ts";
import { groupsOf, planOf } from "./plan.ts";
import { type Progress, START } from "./progress.ts";
import { errorsIn, NOBODY, recount, sumOf, type Tally } from "./tally.ts";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

export interface Group {
  readonly plan: GroupPlan;
  /** Only to nodes of groups that are not `closed` anything is offered. */
  readonly state: "closed" | "open" | "passed";
  readonly tally: Tally;
  /** A person let the campaign go on after it had passed. */
  readonly looked?: true;
  /** Errors that a person knew of when resuming a stopped campaign: they do not stop it again. */
  readonly forgiven: number;
}

export interface Campaign {
  readonly id: string;
  readonly name: string;
  /** Number of the fact that made it: who came first, whatever the clock said. */
  readonly order: number;
  readonly image: Digest;
  /** What nodes run that have installed it, where it is encrypted. */
  readonly becomes?: Digest | undefined;
  readonly created: Millis;
  readonly createdBy: string;
  /** When it was approved, or created when nobody had to. */
  readonly started: Millis;
  /** How long it was paused or stopped in all, and since when it is. */
  readonly idle?: Millis;
  readonly idleSince?: Millis;
  /** When it was over for good. */
  readonly ended?: Millis;
  readonly state: CampaignState;
  readonly reason: string;
  /** Counts the campaign's own changes, not its nodes': what a decision was made upon. */
  readonly version: number;
  readonly plan: CampaignPlan;
  readonly groups: readonly Group[];
  /** Missed wakes after which a node counts as silent. */
  readonly silentAfter: number;
  readonly excluded: FactOf<"campaign.created">["excluded"];
  readonly nodes: ReadonlyMap<NodeId, Progress>;
  readonly forecast?: CampaignForecast;
  readonly measured?: { readonly took: Millis; readonly errorPct: number };
}

/** Facts that change one campaign. */
export type CampaignFact =
  | FactOf<"campaign.state">
  | FactOf<"campaign.group">
  | FactOf<"campaign.joined">
  | FactOf<"campaign.forecast">
  | FactOf<"campaign.measured">
  | FactOf<"ota.phase">;

/** Its nodes are a map of its own, changed in place by `after`: a copy per fact would cost the square of the fleet. */
export type Working = Campaign & { readonly nodes: Map<NodeId, Progress> };

export function begin(fact: FactOf<"campaign.created">): Working {
  const plan = planOf(fact);
  const members = groupsOf(fact);
  const nodes = new Map<NodeId, Progress>();
  for (const [group, part] of members.entries()) for (const node of part) nodes.set(node, { ...START, group });
  return {
    id: fact.campaign,
    name: fact.name,
    order: fact.seq,
    image: fact.image,
    ...(fact.becomes === undefined ? {} : { becomes: fact.becomes }),
    created: fact.at,
    createdBy: fact.actor,
    started: fact.at,
    state: plan.approval ? "waiting-approval" : "running",
    reason: "",
    version: 1,
    plan,
    groups: plan.groups.map((each, group) => ({
      plan: each,
      state: "closed",
      tally: (members[group] ?? []).reduce((tally) => recount(tally, undefined, START), NOBODY),
      forgiven: 0,
    })),
    silentAfter: fact.silentAfter,
    excluded: fact.excluded,
    nodes,
  };
}

/** The campaign as the fact leaves it; the former one shares its nodes, and must not be used any more. */
export function after(campaign: Working, fact: CampaignFact): Working {
  switch (fact.type) {
    case "campaign.state":
      return changed(next(campaign), fact);
    case "campaign.group":
      return withGroup(next(campaign), fact.group, (group) => ({ ...group, state: fact.to }));
    case "campaign.joined":
      return placed(next(campaign), fact.node, { ...START, group: fact.group });
    case "campaign.forecast":
      return { ...next(campaign), forecast: fact.forecast };
    case "campaign.measured":
      return { ...campaign, measured: { took: fact.took, errorPct: fact.errorPct } };
    case "ota.phase":
      return placed(campaign, fact.node, {
        phase: fact.to,
        reason: fact.reason,
        silent: fact.silent === true,
        received: fact.received ?? 0,
        attempt: fact.attempt ?? 1,
        ...(fact.encoded ? { encoded: true } : {}),
        group: campaign.nodes.get(fact.node)?.group ?? campaign.groups.length - 1,
      });
  }
}

const next = (campaign: Working): Working => ({ ...campaign, version: campaign.version + 1 });

function changed(campaign: Working, { from, to, reason, at }: FactOf<"campaign.state">): Working {
  const started = from === "waiting-approval" && to === "running" ? at : campaign.started;
  const groups = to === "running" ? campaign.groups.map((group) => resumed(group, from)) : campaign.groups;
  const ended = OVER.has(to) ? { ended: at } : {};
  return { ...rested(campaign, to, at), ...ended, state: to, reason, started, groups };
}

/** With the time for which it stood still: a forecast is one of uninterrupted running. */
function rested({ idleSince, idle, ...campaign }: Working, to: CampaignState, at: Millis): Working {
  const total = millis((idle ?? 0) + (idleSince === undefined ? 0 : Math.max(0, at - idleSince)));
  const stands = to === "paused" || to === "stopped";
  return { ...campaign, ...(total === 0 ? {} : { idle: total }), ...(stands ? { idleSince: at } : {}) };
}

/** Whoever lets it go on has seen its errors, and the groups that have passed. */
function resumed(group: Group, from: CampaignState): Group {
  const seen = group.state === "passed" ? { ...group, looked: true as const } : group;
  return from === "stopped" ? { ...seen, forgiven: errorsIn(group.tally) } : seen;
}

function placed(campaign: Working, node: NodeId, progress: Progress): Working {
  const before = campaign.nodes.get(node);
  campaign.nodes.set(node, progress);
  if (before === undefined || before.group === progress.group) {
    return counted(campaign, progress.group, before, progress);
  }
  return counted(counted(campaign, before.group, before, undefined), progress.group, undefined, progress);
}

function counted(
  campaign: Working,
  index: number,
  before: Progress | undefined,
  progress: Progress | undefined,
): Working {
  return withGroup(campaign, index, (group) => {
    const tally = recount(group.tally, before, progress);
    if (tally === group.tally) return group;
    // A forgiven error that healed makes no room for a new one.
    return { ...group, tally, forgiven: Math.min(group.forgiven, errorsIn(tally)) };
  });
}

function withGroup(campaign: Working, index: number, change: (group: Group) => Group): Working {
  const group = campaign.groups[index];
  const made = group && change(group);
  if (group === undefined || made === undefined || made === group) return campaign;
  return { ...campaign, groups: campaign.groups.map((each, at) => (at === index ? made : each)) };
}

export const count = ({ groups }: Pick<Campaign, "groups">): Tally => sumOf(groups.map(({ tally }) => tally));

/** The group that is under way: the first that has not passed, or the last one. */
export function currentGroup({ groups }: Pick<Campaign, "groups">): number {
  const index = groups.findIndex(({ state }) => state !== "passed");
  return index === -1 ? groups.length - 1 : index;
}

export type CampaignVerb = "approve" | "pause" | "resume" | "abort";

/** Which state a verb leads to from which; everything else is refused. */
export const VERBS: Readonly<
  Record<CampaignVerb, { readonly from: readonly CampaignState[]; readonly to: CampaignState }>
> = {
  approve: { from: ["waiting-approval"], to: "running" },
  pause: { from: ["running"], to: "paused" },
  resume: { from: ["paused", "stopped"], to: "running" },
  abort: { from: ["waiting-approval", "running", "paused", "stopped"], to: "aborted" },
};

const OVER: ReadonlySet<CampaignState> = new Set(["done", "aborted"]);
/** For good: what is paused or stopped may go on. */
export const isOver = ({ state }: Pick<Campaign, "state">): boolean => OVER.has(state);
