/**
 * Why a node is not done yet, in words, and under which cause it is counted (UX-R18, UX-R28, UX-R30, UX-R31): "waiting for its wake at
 * 13:15", never a spinner. Pure.
 */
import { type Millis, type NodeId, rfc3339 } from "../../base/index.ts";
import type { Campaign } from "./campaign.ts";
import { isActive, type Progress } from "./progress.ts";
import type { Obstacle } from "./turn.ts";

/** By cause, so that a hundred nodes with one fault are one line. */
export interface Cause {
  readonly cause: string;
  readonly text: string;
}

/** What is known of the node's wakes. */
export interface Wakes {
  readonly nextWake?: Millis | undefined;
  readonly missedWakes: number;
  readonly lastSeen?: Millis | undefined;
}

/** undefined = it is done, or was skipped. `obstacle`: undefined = it will be offered the image at its next wake. */
export function whyNotDone(
  campaign: Campaign,
  progress: Progress,
  obstacle: Obstacle | undefined,
  wakes: Wakes,
): Cause | undefined {
  const { phase } = progress;
  if (phase === "done" || phase === "skipped") return undefined;
  if (phase === "failed" || phase === "rolled-back" || phase === "blocked") return failed(campaign, progress);
  if (progress.silent) {
    const since = wakes.lastSeen === undefined ? "" : ` since ${rfc3339(wakes.lastSeen)}`;
    return { cause: "silent", text: `not heard${since}, ${wakes.missedWakes} wakes missed` };
  }
  const cooling = coolDown(campaign, progress, wakes);
  if (cooling !== undefined) return cooling;
  if (obstacle !== undefined && obstacle.because !== "busy") return held(obstacle);
  const again = progress.attempt > 1 ? `attempt ${progress.attempt}, ${progress.reason ?? "failed"} before; ` : "";
  if (obstacle === undefined) return { cause: "waiting-wake", text: `${again}waits for its wake${expected(wakes)}` };
  return { cause: phase, text: `${again}${working(progress)}; next wake${expected(wakes)}` };
}

/**
 * After the end of a campaign a node goes on with what it has begun until it is heard again: so long nothing else should be
 * expected of it.
 */
function coolDown({ state, ended }: Campaign, progress: Progress, wakes: Wakes): Cause | undefined {
  if (ended === undefined || !isActive(progress) || (wakes.lastSeen ?? 0) >= ended) return undefined;
  const verb = state === "aborted" ? "aborted" : "over";
  const until = wakes.nextWake === undefined ? "its next wake" : rfc3339(wakes.nextWake);
  return { cause: "cool-down", text: `the campaign is ${verb}; it may go on with what it has begun until ${until}` };
}

function failed({ plan }: Campaign, { phase, reason, attempt }: Progress): Cause {
  const tries = attempt >= plan.attempts && plan.attempts > 1 ? `, after ${attempt} attempts it is in quarantine` : "";
  const why = reason ?? "unknown";
  return { cause: `${phase}: ${why}`, text: `${phase === "rolled-back" ? "fell back" : phase}: ${why}${tries}` };
}

function held(obstacle: Exclude<Obstacle, { readonly because: "busy" }>): Cause {
  const cause = obstacle.because;
  switch (obstacle.because) {
    case "ended":
      return { cause, text: "its part is over" };
    case "approval":
      return { cause, text: "a second person has to approve the campaign" };
    case "paused":
    case "stopped":
      return { cause, text: `the campaign is ${cause}: ${obstacle.reason}` };
    case "over":
      return { cause, text: `the campaign is over: ${obstacle.reason}` };
    case "group":
      return { cause, text: `its group ${obstacle.group} has not begun, ${obstacle.current} is under way` };
    case "window":
      return {
        cause,
        text: `the maintenance window is closed${obstacle.next === undefined ? "" : ` until ${rfc3339(obstacle.next)}`}`,
      };
    case "slot":
      return { cause, text: `${obstacle.limit} nodes of its mesh are at work, and no more may be` };
    case "campaign":
      return { cause, text: `campaign ${obstacle.campaign} comes first` };
  }
}

function working({ phase, received }: Progress): string {
  return phase === "downloading" ? `downloading, ${received} bytes so far` : phase;
}

const expected = ({ nextWake, missedWakes }: Wakes): string => {
  const late = missedWakes === 0 ? "" : `, ${missedWakes} missed`;
  return nextWake === undefined ? ", which nobody can predict yet" : ` at ${rfc3339(nextWake)}${late}`;
};

/** The causes with their nodes, the most frequent first. */
export function clusters(
  causes: Iterable<readonly [node: NodeId, cause: Cause]>,
): ReadonlyArray<{ readonly cause: string; readonly example: string; readonly nodes: readonly NodeId[] }> {
  const found = new Map<string, { readonly example: string; readonly nodes: NodeId[] }>();
  for (const [node, { cause, text }] of causes) {
    const cluster = found.get(cause) ?? { example: text, nodes: [] };
    cluster.nodes.push(node);
    found.set(cause, cluster);
  }
  return [...found]
    .map(([cause, { example, nodes }]) => ({ cause, example, nodes }))
    .sort((a, b) => b.nodes.length - a.nodes.length || (a.cause < b.cause ? -1 : 1));
}
