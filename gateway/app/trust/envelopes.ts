/** The envelopes that go with firmware offers, over the services of a gateway. */
import type { Logger } from "../../base/index.ts";
import { houseModels } from "../../service/registry/index.ts";
import { EnvelopeOffers } from "../../service/trust/index.ts";
import type { Centre } from "../centre.ts";
import type { Config } from "../config/index.ts";

export type EnvelopeServices = Pick<Centre, "campaigns" | "credentials" | "images" | "registry" | "releases">;

export function openEnvelopes(
  { campaigns, credentials, images, registry, releases }: EnvelopeServices,
  { nodeMac, log }: Pick<Config["trust"], "nodeMac"> & { readonly log: Logger },
): EnvelopeOffers {
  return new EnvelopeOffers({
    releases,
    credentials,
    suitOf: houseModels(registry.schema).suit,
    treeOf: (node) => registry.find(node)?.tree,
    *underWay() {
      for (const node of campaigns.nodesUnderWay()) {
        const campaign = campaigns.ofNode(node);
        if (campaign !== undefined) yield [node, campaign.image];
      }
    },
    smallImage: (digest, longest) => {
      const image = images.stored(digest);
      return image === undefined || image.size > longest ? undefined : images.open(image).slice(0, image.size);
    },
    nodeMac,
    log,
  });
}
