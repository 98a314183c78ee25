/** docs/mqtt.md, "Campaigns" — the summary of a campaign and the sums that it keeps. */
import { type Millis, millis, rfc3339 } from "../../../gateway/base/index.ts";
import type { Payload } from "../contract/payloads.ts";
import type { CampaignCounts, CampaignView, Counted } from "./view.ts";

export const NOTHING_COUNTED: CampaignCounts = { done: 0, active: 0, waiting: 0, failed: 0, silent: 0, skipped: 0 };

/** One node moved from one sum to another. */
export const recount = (counts: CampaignCounts, from: Counted, to: Counted): CampaignCounts =>
  from === to ? counts : { ...counts, [from]: Math.max(0, counts[from] - 1), [to]: counts[to] + 1 };

export function campaignSummary(campaign: CampaignView): Payload<"campaign"> {
  const { image, counts, groups = ["all"], group = 0, started, expected, state, download, apply } = campaign;
  const isOver = state === "done" || state === "aborted";
  return {
    name: campaign.name,
    state: campaign.state,
    reason: campaign.reason,
    version: String(campaign.version),
    release: image === undefined ? undefined : `${image.model}-${image.version}`,
    image: `sha256:${campaign.imageDigest}`,
    group: { index: group + 1, of: groups.length, name: groups[group] },
    counts: {
      total: campaign.targets - counts.skipped,
      done: counts.done,
      active: counts.active,
      waiting: counts.waiting,
      failed: counts.failed,
      silent: counts.silent,
      skipped: counts.skipped,
    },
    "error-pct": errorPct(counts),
    "stop-at-pct": campaign.stopAtPct,
    window: download?.join(", "),
    "apply-window": apply?.join(", "),
    eta: isOver ? undefined : after(started, expected?.p50),
    "eta-p90": isOver ? undefined : after(started, expected?.p90),
  };
}

const after = (started: Millis | undefined, span: Millis | undefined): string | undefined =>
  started === undefined || span === undefined ? undefined : rfc3339(millis(started + span));

/** (failed + silent) / (done + failed + silent), in per cent with one decimal. */
function errorPct(counts: CampaignCounts): number {
  const bad = counts.failed + counts.silent;
  const decided = counts.done + bad;
  return decided === 0 ? 0 : Math.round((bad / decided) * 1000) / 10;
}
