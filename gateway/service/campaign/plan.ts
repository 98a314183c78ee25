/** What a campaign is to do, as a value: its groups, their sizes and thresholds. Pure. */
import { type NodeId, UsageError } from "../../base/index.ts";
import type { CampaignPlan, FactBodies, GroupPlan } from "../../store/index.ts";

/** A group as it is asked for: with its share of the targets, or so many of them; the last one may have the rest. */
export interface GroupWish extends GroupPlan {
  readonly size: { readonly percent: number } | { readonly nodes: number } | "rest";
}

export const MAX_GROUPS = 32;
const ALL = "all";

/** The plan of a fact from before there were groups is one group with everybody in it. */
export function planOf({ plan, stopAtPct }: Pick<FactBodies["campaign.created"], "plan" | "stopAtPct">): CampaignPlan {
  return plan ?? { groups: [{ name: ALL, errorPct: stopAtPct }], attempts: 1 };
}

export const groupsOf = ({ groups, targets }: FactBodies["campaign.created"]): ReadonlyArray<readonly NodeId[]> =>
  groups ?? [targets];

/** One group of everybody. */
export const wholeGroup = (errorPct: number): GroupWish => ({ name: ALL, errorPct, size: "rest" });

/**
 * Deals the targets out to the groups, in the order of the targets. Percentages are of all targets, rounded up, so that a
 * canary of 1 % of ten nodes is one node. Throws UsageError `campaign.plan` for what contradicts itself.
 */
export function dealOut(targets: readonly NodeId[], wishes: readonly GroupWish[]): ReadonlyArray<readonly NodeId[]> {
  checkGroups(wishes);
  let next = 0;
  return wishes.map(({ size, name }, index) => {
    const left = targets.length - next;
    const count = size === "rest" ? left : Math.min(left, wanted(size, targets.length));
    if (count === 0) throw contradiction(`groups[${index}]`, `no node is left for '${name}'`);
    const part = targets.slice(next, next + count);
    next += count;
    return part;
  });
}

const wanted = (size: Exclude<GroupWish["size"], "rest">, total: number): number =>
  "nodes" in size ? size.nodes : Math.max(1, Math.ceil((size.percent * total) / 100));

/** Throws UsageError `campaign.plan`. */
function checkGroups(wishes: readonly GroupWish[]): void {
  if (wishes.length === 0) throw contradiction("groups", "there is none");
  if (wishes.length > MAX_GROUPS) throw contradiction("groups", `there are more than ${MAX_GROUPS}`);
  const percent = wishes.reduce((sum, { size }) => sum + (size !== "rest" && "percent" in size ? size.percent : 0), 0);
  if (percent > 100) throw contradiction("groups", `their shares add up to ${percent} %`);
  for (const [index, { name, size, errorPct, successPct }] of wishes.entries()) {
    const field = `groups[${index}]`;
    const isLast = index === wishes.length - 1;
    if (size === "rest" && !isLast) throw contradiction(field, "only the last group has the rest");
    if (size !== "rest" && isLast && percent < 100) throw contradiction(field, "the last group has to have the rest");
    if (wishes.findIndex((other) => other.name === name) !== index) {
      throw contradiction(`${field}.name`, `two groups are called '${name}'`);
    }
    if (errorPct <= 0 || errorPct > 100) throw contradiction(`${field}.errorPct`, "it has to lie between 0 and 100");
    if (successPct !== undefined && (successPct <= 0 || successPct > 100)) {
      throw contradiction(`${field}.successPct`, "it has to lie between 0 and 100");
    }
  }
}

const contradiction = (field: string, what: string): UsageError => new UsageError("campaign.plan", { field, what });
