/** Who takes part in a campaign, and why the others do not. Pure. */
import type { NodeId } from "../../base/index.ts";
import type { Digest } from "../../store/index.ts";

export interface SelectionNode {
  readonly id: NodeId;
  readonly model: string | undefined;
  readonly running: Digest | undefined;
  /** Another campaign that is not over and has this node. */
  readonly busyWith: string | undefined;
  /** Why it would not carry the release out. */
  readonly obstacle?: string | undefined;
}

export interface Selection {
  readonly targets: readonly NodeId[];
  readonly excluded: ReadonlyArray<{ readonly node: NodeId; readonly reason: ExclusionReason; readonly why?: string }>;
}

export type ExclusionReason =
  | "not-selected"
  | "model-unknown"
  | "other-model"
  | "already-installed"
  | "busy"
  | "manifest";

/** What a campaign brings to its nodes. */
export interface WantedImage {
  readonly digest: Digest;
  readonly model: string;
  /** What the node runs in the end, where the image is encrypted. */
  readonly becomes?: Digest | undefined;
}

/** Every node ends up in one of the two lists. `only`: ids that were asked for; undefined = all. */
export function select(
  nodes: Iterable<SelectionNode>,
  image: WantedImage,
  only: ReadonlySet<string> | undefined,
): Selection {
  const targets: NodeId[] = [];
  const excluded: Array<Selection["excluded"][number]> = [];
  for (const node of nodes) {
    const reason = exclusion(node, image, only);
    if (reason === undefined) targets.push(node.id);
    else if (reason === "manifest") excluded.push({ node: node.id, reason, why: node.obstacle ?? "" });
    else excluded.push({ node: node.id, reason });
  }
  return { targets, excluded };
}

function exclusion(
  node: SelectionNode,
  image: WantedImage,
  only: ReadonlySet<string> | undefined,
): ExclusionReason | undefined {
  if (only !== undefined && !only.has(node.id)) return "not-selected";
  if (node.model === undefined) return "model-unknown";
  if (node.model !== image.model) return "other-model";
  if (node.running === (image.becomes ?? image.digest)) return "already-installed";
  if (node.busyWith !== undefined) return "busy";
  if (node.obstacle !== undefined) return "manifest";
  return undefined;
}
