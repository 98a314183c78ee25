/** One campaign as a value: who takes part, where each node stands, when it must stop. Pure. */
import type { Millis, NodeId } from "../../base/index.ts";
import { type CampaignState, type Digest, PHASE_COUNTED } from "../../store/index.ts";
import { isEnded, isError, type Progress } from "./progress.ts";

export interface Campaign {
  readonly id: string;
  readonly name: string;
  readonly image: Digest;
  /** What nodes run that have installed it, where it is encrypted. */
  readonly becomes?: Digest | undefined;
  readonly created: Millis;
  readonly state: CampaignState;
  readonly reason: string;
  readonly stopAtPct: number;
  /** Missed wakes after which a node counts as silent. */
  readonly silentAfter: number;
  /** Errors that a person knew of when resuming a stopped campaign: they do not stop it again. */
  readonly forgiven: number;
  readonly excluded: ReadonlyArray<{ readonly node: NodeId; readonly reason: string }>;
  readonly nodes: ReadonlyMap<NodeId, Progress>;
}

export interface Counts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
  /** From offered to confirming. */
  readonly active: number;
  /** Not yet offered, or between two wakes. */
  readonly waiting: number;
}

/** Skipped nodes are in no count. */
export function count(campaign: Campaign): Counts {
  const counts = { total: 0, done: 0, failed: 0, silent: 0, active: 0, waiting: 0 };
  for (const progress of campaign.nodes.values()) {
    const head = PHASE_COUNTED[progress.phase];
    if (head === "skipped") continue;
    counts.total += 1;
    counts[progress.silent && !isEnded(progress) ? "silent" : head] += 1;
  }
  return counts;
}

export const countErrors = (campaign: Campaign): number => [...campaign.nodes.values()].filter(isError).length;

/**
 * What must become of a running campaign. Errors (failed, rolled back, silent) are measured against all its nodes, so
 * that the first failure of a large campaign does not stop it.
 */
export function verdict(campaign: Campaign): { readonly to: CampaignState; readonly reason: string } | undefined {
  if (campaign.state !== "running") return undefined;
  const progress = [...campaign.nodes.values()].filter(({ phase }) => phase !== "skipped");
  const errors = countErrors(campaign);
  const fresh = errors - campaign.forgiven;
  if (fresh > 0 && fresh * 100 >= campaign.stopAtPct * progress.length) {
    return { to: "stopped", reason: `${errors} of ${progress.length} nodes failed or fell silent` };
  }
  if (progress.every((node) => isEnded(node) || node.silent)) return { to: "done", reason: "every node has ended" };
  return undefined;
}

export type CampaignVerb = "pause" | "resume" | "abort";

/** Which state a verb leads to from which; everything else is refused. */
export const VERBS: Readonly<
  Record<CampaignVerb, { readonly from: readonly CampaignState[]; readonly to: CampaignState }>
> = {
  pause: { from: ["running"], to: "paused" },
  resume: { from: ["paused", "stopped"], to: "running" },
  abort: { from: ["running", "paused", "stopped"], to: "aborted" },
};
