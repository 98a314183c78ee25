/** Joins what campaigns ask of late nodes with images, releases and credentials. */
import { type CampaignWatchParts, Census, Joining } from "../../service/campaign/index.ts";
import { houseModels } from "../../service/registry/index.ts";
import type { Centre } from "../centre.ts";

export function joiningOf({
  registry,
  campaigns,
  credentials,
  images,
  foresight,
}: Centre): Required<Pick<CampaignWatchParts, "mayJoin" | "strangeTo">> {
  const { suit } = houseModels(registry.schema);
  const joining = new Joining({
    registry,
    census: new Census({ registry, campaigns, isSecured: (node) => credentials.isSecured(node) }),
    imageOf: (digest) => images.stored(digest),
    obstacle: (image, { tree }) => foresight.obstacle(image, suit(tree)),
  });
  return {
    mayJoin: (campaign, node) => joining.mayJoin(campaign, node),
    strangeTo: (campaign, node) => joining.strangeTo(campaign, node),
  };
}
