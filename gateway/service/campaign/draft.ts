/** A campaign as it would be, before anything is recorded: the preview is this, and its creation records just this. Pure. */
import { UsageError } from "../../base/index.ts";
import type { CampaignPlan, FactBodies } from "../../store/index.ts";
import { dealOut, type GroupWish } from "./plan.ts";
import { type SelectionNode, type SelectionRules, select, summarize } from "./select.ts";

export interface CampaignWish {
  readonly id: string;
  readonly name: string;
  readonly rules: SelectionRules;
  readonly groups: readonly GroupWish[];
  /** In missed wakes. */
  readonly silentAfter: number;
  readonly plan: Omit<CampaignPlan, "groups">;
}

/** Throws UsageError `campaign.no-targets` when nobody is left to update, `campaign.plan`. */
export function draft(
  wish: CampaignWish,
  nodes: Iterable<SelectionNode>,
): Omit<FactBodies["campaign.created"], "actor"> {
  const { targets, excluded } = select(nodes, wish.rules);
  if (targets.length === 0) throw new UsageError("campaign.no-targets", { reasons: summarize(excluded) });
  const groups = dealOut(targets, wish.groups);
  return {
    campaign: wish.id,
    name: wish.name,
    image: wish.rules.image.digest,
    ...(wish.rules.image.becomes === undefined ? {} : { becomes: wish.rules.image.becomes }),
    targets,
    excluded,
    stopAtPct: wish.groups[0]?.errorPct ?? 100,
    silentAfter: wish.silentAfter,
    plan: { ...wish.plan, groups: wish.groups.map(({ size: _size, ...group }) => group) },
    groups,
  };
}
