/** Which image a node is offered now: the one that its campaign wants, unless it is foreseen that the node would not run it. */
import type { NodeId } from "../../base/index.ts";
import type { Campaigns } from "../../service/campaign/index.ts";
import type { HoldsOffers } from "../../service/trust/index.ts";
import type { Digest } from "../../store/index.ts";
import type { Tree } from "../../yang/index.ts";

export interface OfferServices {
  readonly campaigns: Campaigns;
  /** Without it nothing is held back. */
  readonly holds?: HoldsOffers;
}

/** `tree`: what the node told. */
export function offeredNow(node: NodeId, tree: Tree, { campaigns, holds }: OfferServices): Digest | undefined {
  const wanted = campaigns.offerFor(node);
  if (wanted === undefined || holds?.check(node, wanted, tree) !== undefined) return undefined;
  return wanted;
}
