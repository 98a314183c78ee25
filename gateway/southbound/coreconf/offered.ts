/** What a node is offered now: what its campaigns want, unless it is foreseen that the node would not run it. */
import type { NodeId } from "../../base/index.ts";
import type { CampaignOffers, Offer } from "../../service/campaign/index.ts";
import type { HoldsOffers } from "../../service/trust/index.ts";
import type { Tree } from "../../yang/index.ts";

export interface OfferServices {
  readonly offers: CampaignOffers;
  /** Without it nothing is held back. */
  readonly holds?: HoldsOffers;
}

/** `tree`: what the node told. */
export function offeredNow(node: NodeId, tree: Tree, { offers, holds }: OfferServices): Offer | undefined {
  const wanted = offers.offerFor(node);
  if (wanted === undefined || holds?.check(node, wanted.image, tree) !== undefined) return undefined;
  return wanted;
}
