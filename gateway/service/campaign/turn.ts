/**
 * Is it this node's turn? What a campaign says to a node that wakes: fetch now, go on, wait for something. The same answer tells
 * a person why nothing happens (UX-R28, UX-R30). Pure.
 */
import type { Millis, NodeId } from "../../base/index.ts";
import type { Digest } from "../../store/index.ts";
import type { Campaign } from "./campaign.ts";
import { isEnded, isHeld, type Progress, wantsOffer } from "./progress.ts";

/** What a maintenance window says now. */
export interface WindowState {
  readonly open: boolean;
  /** When it opens next; undefined = never, or not within a year. */
  readonly next?: Millis | undefined;
}

/** What is not the campaign's own to know. */
export interface Surroundings {
  readonly download: WindowState;
  readonly apply: WindowState;
  /** Is a place free in the node's mesh, or does this node have one? */
  readonly slot: boolean;
  /** The campaign's deadline has passed, though nobody has ended it yet. */
  readonly late?: boolean;
  /** A campaign of a higher priority that has the node. */
  readonly before: string | undefined;
}

export const ALWAYS_OPEN: WindowState = { open: true };

export interface Offer {
  readonly campaign: string;
  readonly image: Digest;
  /** How long the node has to keep the image before it may apply it. undefined = it may apply it at once. */
  readonly applyAt: Millis | "closed" | undefined;
  /** In seconds. */
  readonly confirmWithin: number | undefined;
}

export type Obstacle =
  | { readonly because: "ended" }
  | { readonly because: "approval" }
  | { readonly because: "paused"; readonly reason: string }
  | { readonly because: "stopped"; readonly reason: string }
  | { readonly because: "over"; readonly reason: string }
  | { readonly because: "group"; readonly group: string; readonly current: string }
  | { readonly because: "window"; readonly next: Millis | undefined }
  | { readonly because: "slot"; readonly limit: number }
  | { readonly because: "campaign"; readonly campaign: string }
  /** It has the offer, and works on it. */
  | { readonly because: "busy" };

export type Turn = { readonly offer: Offer } | { readonly obstacle: Obstacle };

export function turnOf(campaign: Campaign, progress: Progress, around: Surroundings): Turn {
  const obstacle = obstacleFor(campaign, progress, around);
  if (obstacle !== undefined) return { obstacle };
  const { plan, id, image } = campaign;
  const applyAt = around.apply.open ? undefined : (around.apply.next ?? "closed");
  return { offer: { campaign: id, image, applyAt, confirmWithin: plan.confirmWithin } };
}

function obstacleFor(campaign: Campaign, progress: Progress, around: Surroundings): Obstacle | undefined {
  const { state, reason, groups, plan } = campaign;
  if (isEnded(progress)) return { because: "ended" };
  if (state === "waiting-approval") return { because: "approval" };
  if (state === "paused" || state === "stopped") return { because: state, reason };
  if (state !== "running") return { because: "over", reason };
  if (around.late) return { because: "over", reason: "the deadline has passed" };
  const group = groups[progress.group];
  if (group?.state === "closed") {
    const current = groups.find((each) => each.state === "open") ?? group;
    return { because: "group", group: group.plan.name, current: current.plan.name };
  }
  if (around.before !== undefined) return { because: "campaign", campaign: around.before };
  // What it has begun it may finish: the image is there, and only waits for its window.
  if (isHeld(progress)) return undefined;
  if (!wantsOffer(progress)) return { because: "busy" };
  if (!around.download.open) return { because: "window", next: around.download.next };
  if (!around.slot) return { because: "slot", limit: plan.concurrency ?? 0 };
  return undefined;
}

interface Lease {
  readonly from: Millis;
  readonly until: Millis;
}

/** Who holds a place in a mesh: leased from wake to wake, so that one who never comes back blocks nobody (UX-R16). */
export class Slots {
  readonly #byMesh = new Map<string, Map<NodeId, Lease>>();

  /** In this mesh and no other: nodes wander. */
  take(mesh: string, node: NodeId, lease: Lease): void {
    this.give(node);
    const holders = this.#byMesh.get(mesh) ?? new Map<NodeId, Lease>();
    this.#byMesh.set(mesh, holders.set(node, lease));
  }

  give(node: NodeId): void {
    for (const [mesh, holders] of this.#byMesh) {
      if (holders.delete(node) && holders.size === 0) this.#byMesh.delete(mesh);
    }
  }

  isFree(mesh: string, node: NodeId, limit: number | undefined, now: Millis): boolean {
    if (limit === undefined) return true;
    const holders = this.#byMesh.get(mesh);
    if (holders === undefined || holders.has(node)) return true;
    // A lease that begins in the future was made before the clock was set back: nobody knows when it ends.
    for (const [holder, { from, until }] of holders) if (until < now || from > now) holders.delete(holder);
    return holders.size < limit;
  }
}
