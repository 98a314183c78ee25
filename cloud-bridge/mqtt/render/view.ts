/**
 * The bridge's own projection: what it must remember of earlier facts to render the next one. Plain data, one row per
 * thing, so that a batch writes only the rows it touched.
 */
import type { Millis, NodeId } from "../../../gateway/base/index.ts";
import {
  type CampaignState,
  type Digest,
  type Fact,
  PHASE_COUNTED,
  type Phase,
  type Reachability,
} from "../../../gateway/store/facts.ts";
import type { KeptTree } from "../../../gateway/yang/index.ts";
import type { Tree } from "../../../gateway/yang/tree.ts";

export interface SiteView {
  /** The last event: its number and hash, which the next event repeats (docs/mqtt.md, "Events"). */
  readonly lastEvent: { readonly seq: number; readonly hash: string | null };
  /** How many nodes are in each state, for `health`. */
  readonly nodes: Readonly<Record<Reachability, number>>;
}

export interface NodeView {
  readonly id: NodeId;
  readonly name: string;
  readonly endpoint: string;
  readonly state: Reachability;
  readonly lastSeen?: Millis;
  readonly nextWake?: Millis;
  readonly missedWakes: number;
  /** Edits that wait for the node, as the mailbox counted them: it merges edits, so counting facts would drift. */
  readonly pending: number;
  /** Ids of its security contexts; absent in rows of before there were any. */
  readonly credentials?: readonly string[];
  /** The module set that it works with; absent = the default set. */
  readonly set?: string;
  /** Everything the node reported, merged, by the schema of its set; stored in a row of its own as YANG-CBOR. */
  readonly tree: Tree;
  /** What that schema does not take of it. */
  readonly left: KeptTree["left"];
  /** Which fact last changed a module's data, and when the node observed it. */
  readonly modules: Readonly<Record<string, ModuleMark>>;
  readonly ota?: NodeOta;
  /** Number of its last message on `push`, which the next one names; absent = there was none in this epoch. */
  readonly lastPush?: number;
}

export interface ModuleMark {
  readonly seq: number;
  readonly observed: Millis;
}

export interface NodeOta {
  readonly campaign: string;
  readonly phase: Phase;
  readonly reason?: string;
  readonly received?: number;
  readonly silent: boolean;
  /** Updates that the node has begun in this campaign. */
  readonly attempt: number;
  /** Counted from 0. */
  readonly group?: number;
  readonly image?: ImageView;
}

export interface ImageView {
  readonly digest: Digest;
  readonly model: string;
  readonly version: string;
  readonly size: number;
  readonly verified: "lab" | "manifest";
}

export interface CampaignView {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  readonly reason?: string;
  /** Counts the campaign's own changes, not its nodes'. */
  readonly version: number;
  readonly image: ImageView | undefined;
  readonly imageDigest: Digest;
  readonly stopAtPct: number;
  /** Nodes that take part. */
  readonly targets: number;
  readonly counts: CampaignCounts;
  /** Names of its groups; a campaign of before there were groups has one, "all". */
  readonly groups?: readonly string[];
  /** Which of them began last, counted from 0. */
  readonly group?: number;
  /** Maintenance windows, if it has any. */
  readonly download?: readonly string[];
  readonly apply?: readonly string[];
  /** When it began, and how long it was expected to take. */
  readonly started?: Millis;
  readonly expected?: { readonly p50: Millis; readonly p90: Millis };
}

/** The sums of a campaign's summary. All but "skipped" add up to its total. */
const COUNTED = ["done", "active", "waiting", "failed", "silent", "skipped"] as const;
export type Counted = (typeof COUNTED)[number];
export type CampaignCounts = Readonly<Record<Counted, number>>;

export const isActive = (phase: Phase): boolean => PHASE_COUNTED[phase] === "active";
/** Nothing final is known yet. */
export const isUnderWay = (phase: Phase): boolean => isActive(phase) || PHASE_COUNTED[phase] === "waiting";
/** A silent node counts as silent only while nothing final is known about it. */
export function countedAs(ota: Pick<NodeOta, "phase" | "silent">): Counted {
  const counted = PHASE_COUNTED[ota.phase];
  return ota.silent && isUnderWay(ota.phase) ? "silent" : counted;
}

/** The rows that one fact reads and changes; undefined = there is no such row. */
export interface Slice {
  readonly site: SiteView;
  readonly node?: NodeView | undefined;
  readonly image?: ImageView | undefined;
  readonly campaign?: CampaignView | undefined;
}

export interface SliceKeys {
  readonly node?: NodeId;
  readonly image?: Digest;
  readonly campaign?: string;
}

export const EMPTY_SITE: SiteView = {
  lastEvent: { seq: 0, hash: null },
  nodes: { unknown: 0, awake: 0, asleep: 0, overdue: 0, lost: 0 },
};

/** Which rows a fact needs. */
export function keysOf(fact: Fact): SliceKeys {
  switch (fact.type) {
    case "node.joined":
    case "node.renamed":
    case "node.models":
    case "node.removed":
    case "node.reported":
    case "node.read":
    case "node.notified":
    case "node.reachability":
    case "edit.state":
    case "edit.trial":
    case "node.replaced":
    case "push.updated":
      return { node: fact.node };
    case "datastore.edited":
      return fact.root === "gateway" ? {} : { node: fact.root };
    case "image.added":
      return { image: fact.digest };
    case "campaign.created":
      return { campaign: fact.campaign, image: fact.image };
    case "campaign.state":
    case "campaign.group":
    case "campaign.joined":
    case "campaign.forecast":
    case "campaign.measured":
      return { campaign: fact.campaign };
    case "ota.phase":
      return { campaign: fact.campaign, node: fact.node };
    case "credential.added":
    case "credential.removed":
      return fact.node === undefined ? {} : { node: fact.node };
    case "clock.state":
    case "gateway.started":
    case "store.returned":
    case "directory.registered":
    case "directory.renewed":
    case "directory.removed":
    case "image.named":
    case "image.removed":
    case "command.begun":
    case "command.accepted":
    case "command.done":
    case "command.refused":
    case "models.changed":
    case "trust.anchor-added":
    case "trust.anchor-removed":
    case "trust.threshold":
    case "release.accepted":
    case "release.marks":
    case "release.withdrawn":
    case "release.reported":
      return {};
  }
}
