/** Campaigns as the admin faces show them: rows, ladders of groups, causes, and previews. Times are absolute. */
import type { Millis, NodeId } from "../../base/index.ts";
import type { CampaignForecast, CampaignPlan, CampaignState, Digest, GroupPlan, Phase } from "../../store/facts.ts";

/** How many nodes stand where; those that were skipped are in none. */
export interface CampaignCounts {
  readonly total: number;
  readonly done: number;
  /** From offered to confirming. */
  readonly active: number;
  /** Not yet offered, or between two wakes. */
  readonly waiting: number;
  readonly failed: number;
  readonly silent: number;
}

/** When it is expected to end, or how wrong that was. */
export interface CampaignOutlook {
  /** When half, and nine tenths, of the simulated courses had ended. */
  readonly p50: Millis;
  readonly p90: Millis;
  /** Since it is done: how long it took, and by how many percent of that p50 was wrong. */
  readonly took?: Millis;
  readonly errorPct?: number;
}

export interface GroupRow extends GroupPlan {
  readonly state: "closed" | "open" | "passed";
  readonly counts: CampaignCounts;
}

export interface CampaignRow {
  readonly campaign: string;
  readonly name: string;
  readonly state: CampaignState;
  /** Why it is in this state. */
  readonly reason: string;
  /** Counts its own changes: decisions may be bound to it. */
  readonly version: number;
  readonly image: Digest;
  readonly model: string;
  /** Of the image. */
  readonly imageVersion: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  /** When it was approved, or created when nobody had to. */
  readonly startedAt: Millis;
  readonly counts: CampaignCounts;
  /** In order; one of them is under way. */
  readonly groups: readonly GroupRow[];
  readonly current: number;
  /** That of the first group. */
  readonly stopAtPct: number;
  readonly silentAfter: number;
  readonly outlook?: CampaignOutlook;
}

/** A node that is not done, and why. */
export interface NotDoneRow {
  readonly node: NodeId;
  readonly name: string;
  readonly phase: Phase;
  readonly attempt: number;
  readonly group: string;
  /** Under which it is counted. */
  readonly cause: string;
  /** In a sentence. */
  readonly text: string;
  readonly lastSeen?: Millis;
  readonly nextWake?: Millis;
}

export interface CampaignWhy {
  readonly campaign: string;
  readonly state: CampaignState;
  readonly reason: string;
  readonly nodes: readonly NotDoneRow[];
  readonly clusters: readonly CauseRow[];
  /** When the next of these nodes is expected. */
  readonly nextWake?: Millis;
}

/** Nodes that one cause holds up, with the sentence of the first of them; the most frequent cause comes first. */
export interface CauseRow {
  readonly cause: string;
  readonly example: string;
  readonly nodes: readonly NodeId[];
}

export interface CampaignNodeRow {
  readonly node: NodeId;
  readonly name: string;
  readonly phase: Phase;
  /** Counted from 1. */
  readonly attempt: number;
  readonly group: string;
  readonly reason?: string;
  /** Why it is not done, in a sentence. */
  readonly why?: string;
  readonly received?: number;
  readonly silent: boolean;
  readonly lastSeen?: Millis;
  readonly nextWake?: Millis;
}

export interface CampaignDetail extends CampaignRow {
  readonly plan: CampaignPlan;
  readonly nodes: readonly CampaignNodeRow[];
  readonly clusters: readonly CauseRow[];
  readonly imageSize: number;
  readonly excluded: ReadonlyArray<{ readonly node: NodeId; readonly reason: string; readonly detail?: string }>;
  readonly forecast?: CampaignForecast;
}

/** A campaign as it would be. */
export interface CampaignPreview {
  readonly name: string;
  readonly image: { readonly digest: Digest; readonly model: string; readonly version: string; readonly size: number };
  readonly targets: number;
  readonly silentAfter: number;
  readonly plan: CampaignPlan;
  readonly groups: ReadonlyArray<GroupPlan & { readonly nodes: ReadonlyArray<NamedNode> }>;
  readonly excluded: ReadonlyArray<NamedNode & { readonly reason: string; readonly detail?: string }>;
  /** Times are spans from its start. */
  readonly forecast?: CampaignForecast;
  /** It would be refused for want of nodes. */
  readonly refusal?: { readonly code: string; readonly text: string; readonly hint: string };
}

export interface NamedNode {
  readonly node: NodeId;
  readonly name: string;
}
