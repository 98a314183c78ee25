/** Who takes part in a campaign, and why the others do not: every node ends up in one of the two lists (UX-R6, UX-R11). Pure. */
import type { NodeId } from "../../base/index.ts";
import type { Digest } from "../../store/index.ts";
import { compareVersions } from "./version-order.ts";

/** What is known of a node that may matter. */
export interface SelectionNode {
  readonly id: NodeId;
  readonly model: string | undefined;
  readonly running: Digest | undefined;
  readonly hardware?: string | undefined;
  readonly version?: string | undefined;
  /** In millivolts. */
  readonly battery?: number | undefined;
  /** Bytes that it can take. */
  readonly capacity?: number | undefined;
  /** Campaigns that are not over and have it at work. */
  readonly busy: ReadonlyArray<{ readonly campaign: string; readonly priority: number }>;
  /** How often it failed with this image. */
  readonly failures: number;
  /** What the campaign's filter says of it. */
  readonly chosen?: boolean | undefined;
}

export interface SelectionRules {
  readonly image: {
    readonly digest: Digest;
    readonly model: string;
    readonly version: string;
    readonly size: number;
    /** What a node runs in the end, where that is not the image itself. */
    readonly becomes?: Digest | undefined;
  };
  /** Asked for by name; without it, all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly hardware?: ReadonlySet<string> | undefined;
  /** In millivolts; of a node that does not tell, it is not asked. */
  readonly minBattery?: number | undefined;
  readonly priority: number;
  readonly attempts: number;
  /** Lower versions are wanted. */
  readonly downgrade: boolean;
  /** Nodes in quarantine take part. */
  readonly again: boolean;
  /** Why the release would fail on the node, as far as that can be known. */
  readonly forbids?: ((node: NodeId) => string | undefined) | undefined;
}

export interface Exclusion {
  readonly node: NodeId;
  readonly reason: ExclusionReason;
  /** In a few words, where the reason alone does not say it all. */
  readonly detail?: string;
}

export interface Selection {
  readonly targets: readonly NodeId[];
  readonly excluded: readonly Exclusion[];
}

export const EXCLUSION_REASONS = [
  "not-selected",
  "model-unknown",
  "other-model",
  "other-hardware",
  "already-installed",
  "newer-installed",
  "quarantined",
  "battery-low",
  "no-space",
  "manifest",
  "busy",
] as const;
export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

export function select(nodes: Iterable<SelectionNode>, rules: SelectionRules): Selection {
  const targets: NodeId[] = [];
  const excluded: Exclusion[] = [];
  for (const node of nodes) {
    const why = exclusion(node, rules);
    if (why === undefined) targets.push(node.id);
    else excluded.push({ node: node.id, ...why });
  }
  return { targets, excluded };
}

type Why = Omit<Exclusion, "node">;

/** The first that applies, the one that a person can least do anything about first. */
export function exclusion(node: SelectionNode, rules: SelectionRules): Why | undefined {
  for (const check of CHECKS) {
    const why = check(node, rules);
    if (why !== undefined) return why;
  }
  return undefined;
}

const CHECKS: ReadonlyArray<(node: SelectionNode, rules: SelectionRules) => Why | undefined> = [
  ({ id, chosen = true }, { only }) => (only?.has(id) === false || !chosen ? { reason: "not-selected" } : undefined),
  ({ model }, { image }) => {
    if (model === undefined) return { reason: "model-unknown" };
    return model === image.model ? undefined : { reason: "other-model", detail: model };
  },
  ({ hardware }, { hardware: wanted }) =>
    wanted === undefined || (hardware !== undefined && wanted.has(hardware))
      ? undefined
      : { reason: "other-hardware", detail: hardware ?? "unknown" },
  ({ running }, { image }) =>
    running !== undefined && running === (image.becomes ?? image.digest) ? { reason: "already-installed" } : undefined,
  ({ version }, { image, downgrade }) => {
    const order = version === undefined ? undefined : compareVersions(version, image.version);
    return order !== undefined && order > 0 && !downgrade ? { reason: "newer-installed", detail: version! } : undefined;
  },
  ({ failures }, { attempts, again }) =>
    failures >= attempts && !again ? { reason: "quarantined", detail: `failed ${failures} times with it` } : undefined,
  ({ battery }, { minBattery }) =>
    minBattery !== undefined && battery !== undefined && battery < minBattery
      ? { reason: "battery-low", detail: `${battery} of ${minBattery} mV` }
      : undefined,
  ({ capacity }, { image }) =>
    capacity !== undefined && capacity < image.size
      ? { reason: "no-space", detail: `${capacity} of ${image.size} bytes` }
      : undefined,
  ({ id }, { forbids }) => {
    const detail = forbids?.(id);
    return detail === undefined ? undefined : { reason: "manifest", detail };
  },
  ({ busy }, { priority }) => {
    const other = busy.find((each) => each.priority >= priority);
    return other === undefined ? undefined : { reason: "busy", detail: other.campaign };
  },
];

/** For people: `3 other-model, 1 busy`. */
export function summarize(excluded: readonly Exclusion[]): string {
  if (excluded.length === 0) return "the inventory is empty";
  const counts = new Map<string, number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, n]) => `${n} ${reason}`).join(", ");
  // Of those that the release itself stands in the way of, the first one is told as an example.
  const example = excluded.find(({ reason }) => reason === "manifest")?.detail;
  return example === undefined ? reasons : `${reasons}; it ${example}`;
}
