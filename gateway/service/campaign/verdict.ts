/**
 * What must become of a running campaign, from where its nodes stand: a group begins, has passed, or everything stops. One
 * decision at a time; whoever records it asks again. Pure.
 */
import type { Millis } from "../../base/index.ts";
import type { CampaignState } from "../../store/index.ts";
import type { Campaign, Group } from "./campaign.ts";
import { errorsIn, hasEnded } from "./tally.ts";

export type Decision =
  | { readonly type: "campaign.state"; readonly to: CampaignState; readonly reason: string }
  | {
      readonly type: "campaign.group";
      readonly group: number;
      readonly to: "open" | "passed";
      readonly reason: string;
    };

/**
 * Errors (failed, rolled back, silent) are measured against all nodes of their group, so that the first failure of a large
 * one does not stop it; and a failure in a group that has passed stops those after it, too.
 */
export function verdict(campaign: Campaign, now?: Millis): Decision | undefined {
  if (campaign.state !== "running") return undefined;
  const { groups, plan } = campaign;
  const broken = groups.find(isBroken);
  if (broken !== undefined) return { type: "campaign.state", to: "stopped", reason: errorText(broken, groups.length) };
  if (plan.deadline !== undefined && now !== undefined && now >= plan.deadline) {
    const left = groups.reduce((sum, { tally }) => sum + tally.total - tally.done - tally.failed, 0);
    return { type: "campaign.state", to: "done", reason: left === 0 ? ENDED : `the deadline has passed for ${left}` };
  }
  const at = groups.findIndex(({ state }) => state !== "passed");
  const group = groups[at];
  if (group === undefined) {
    return groups.every(({ tally }) => hasEnded(tally))
      ? { type: "campaign.state", to: "done", reason: ENDED }
      : undefined;
  }
  if (group.state === "closed") {
    const before = groups[at - 1];
    if (before?.plan.pause && !before.looked) {
      return {
        type: "campaign.state",
        to: "paused",
        reason: `${before.plan.name} has passed: look at it, then resume`,
      };
    }
    return {
      type: "campaign.group",
      group: at,
      to: "open",
      reason: before ? `${before.plan.name} has passed` : "start",
    };
  }
  return passing(group, at, campaign);
}

const ENDED = "every node has ended";

function isBroken({ state, tally, plan, forgiven }: Group): boolean {
  const errors = errorsIn(tally);
  return state !== "closed" && errors > forgiven && (errors - forgiven) * 100 >= plan.errorPct * tally.total;
}

function errorText({ plan, tally }: Group, groups: number): string {
  const where = groups === 1 ? "" : ` of ${plan.name}`;
  return `${errorsIn(tally)} of ${tally.total} nodes${where} failed or fell silent`;
}

/** Of the group that is open. */
function passing({ plan, tally }: Group, at: number, { groups }: Campaign): Decision | undefined {
  const reached = plan.successPct !== undefined && tally.done * 100 >= plan.successPct * tally.total;
  if (!reached && !hasEnded(tally)) return undefined;
  const isLast = at === groups.length - 1;
  const enough = reached || plan.successPct === undefined || isLast || tally.total === 0;
  if (enough) {
    return {
      type: "campaign.group",
      group: at,
      to: "passed",
      reason: `${tally.done} of ${tally.total} nodes are done`,
    };
  }
  const reason = `${plan.name} has ended with ${tally.done} of ${tally.total} nodes done, ${plan.successPct} % are needed`;
  return { type: "campaign.state", to: "paused", reason };
}

/** A person resumes a campaign whose group ended below what it needs: it has passed by that person's word. */
export function passedByWord({ groups }: Campaign): number | undefined {
  const at = groups.findIndex(({ state }) => state !== "passed");
  const group = groups[at];
  return group?.state === "open" && at < groups.length - 1 && hasEnded(group.tally) ? at : undefined;
}
