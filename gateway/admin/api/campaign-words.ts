/** Words about campaigns that the command line and the console share. */
import { type Millis, millis, rfc3339 } from "../../base/index.ts";
import type { CampaignForecast, CampaignPlan, CampaignState, GroupPlan } from "../../store/facts.ts";
import { UNLIKELY_REASONS, UNLIKELY_TEXT } from "../../store/unlikely.ts";
import type { CampaignOutlook, CampaignRow } from "./campaign-rows.ts";
import { formatDuration, formatMoment } from "./quantities.ts";

type Fact = readonly [name: string, value: string];

/** What its plan asks for besides the groups; nothing of what it leaves open. */
export function rulesOf(plan: CampaignPlan): readonly Fact[] {
  const { attempts, priority, concurrency, download, apply, confirmWithin, deadline, filter, downgrade } = plan;
  const { hardware, minBattery } = plan;
  const rules: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ["filter", filter],
    ["hardware", hardware?.join(" or ")],
    ["battery", minBattery === undefined ? undefined : `at least ${minBattery} mV, where a node tells it`],
    ["downgrade", downgrade === undefined ? undefined : `lower versions too, because: ${downgrade}`],
    [
      "attempts",
      attempts === 1 && !plan.again ? undefined : `${attempts}${plan.again ? ", nodes in quarantine too" : ""}`,
    ],
    ["priority", priority === undefined ? undefined : String(priority)],
    ["per mesh", concurrency === undefined ? undefined : `${concurrency} at a time`],
    ["download", download?.join(" or ")],
    ["apply", apply?.join(" or ")],
    ["confirm", confirmWithin === undefined ? undefined : `within ${formatDuration(millis(confirmWithin * 1000))}`],
    ["deadline", deadline === undefined ? undefined : rfc3339(deadline)],
    ["joiners", plan.lateJoiners ? "nodes that come or fit later take part" : undefined],
    ["approval", plan.approval ? "by a second person" : undefined],
  ];
  return rules.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** `stops at 15 %, goes on at 95 % done, then waits for a person`. */
export function groupRule({ errorPct, successPct, pause }: GroupPlan): string {
  return [
    `stops at ${errorPct} %`,
    ...(successPct === undefined ? [] : [`goes on at ${successPct} % done`]),
    ...(pause ? ["then waits for a person"] : []),
  ].join(", ");
}

/** Before its end what is expected, afterwards how wrong that was. */
export function outlookText(
  { startedAt, state }: Pick<CampaignRow, "startedAt" | "state">,
  { p50, p90, took, errorPct }: CampaignOutlook,
  now: Millis,
): string {
  const expected = `${formatDuration(millis(p50 - startedAt))} (9 in 10: ${formatDuration(millis(p90 - startedAt))})`;
  if (took !== undefined) return `${expected}; it took ${formatDuration(took)}, the forecast was off by ${errorPct} %`;
  if (!IS_GOING[state]) return expected;
  if (now > p90) return `${expected}; it takes longer than that`;
  return `${expected}; ends ${formatMoment(millis(Math.max(p50, now)), now)}, 9 in 10 ${formatMoment(p90, now)}`;
}

const IS_GOING: Readonly<Partial<Record<CampaignState, true>>> = { running: true, paused: true };

/** Of one that has not begun. */
export function forecastLines({ p50, p90, unlikely, energy, airtime }: CampaignForecast): readonly Fact[] {
  const radio = airtime.map(({ mesh, time }) => `${mesh} ${formatDuration(time)}`).join(", ");
  const late = unlikely.slice(0, MOST_NAMED).map(({ node, reason }) => `${node} (${unlikelyText(reason)})`);
  const more = unlikely.length > MOST_NAMED ? `, and ${unlikely.length - MOST_NAMED} more` : "";
  return [
    ["ends", `after ${formatDuration(p50)}, 9 in 10 times within ${formatDuration(p90)}`],
    ["unlikely", unlikely.length === 0 ? "all are expected to make it" : `${late.join(", ")}${more} will not make it`],
    ["energy", `${energy < 10 ? energy.toFixed(1) : Math.round(energy)} mJ per node`],
    ["airtime", radio === "" ? "-" : radio],
  ];
}

const MOST_NAMED = 5;

/** A reason of a later version than this one stands for itself. */
function unlikelyText(reason: string): string {
  const known = UNLIKELY_REASONS.find((each) => each === reason);
  return known === undefined ? reason : UNLIKELY_TEXT[known];
}
