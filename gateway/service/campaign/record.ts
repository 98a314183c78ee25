/** A campaign as it lies in the projection's table; records of before there were groups are read, too. */
import type { NodeId } from "../../base/index.ts";
import { decodePlain, encodePlain } from "../../store/index.ts";
import type { Campaign, Working } from "./campaign.ts";
import { planOf } from "./plan.ts";
import { type Progress, START } from "./progress.ts";
import { errorsIn, NOBODY, recount } from "./tally.ts";

type Stored = Omit<Campaign, "nodes"> & { readonly nodes: ReadonlyArray<[NodeId, Progress]> };
type Former = Omit<Stored, "plan" | "groups" | "started" | "createdBy" | "version" | "order"> & {
  readonly stopAtPct: number;
  readonly forgiven: number;
};

export const encodeCampaign = (campaign: Campaign): Uint8Array =>
  encodePlain({ ...campaign, nodes: [...campaign.nodes] });

export function decodeCampaign(bytes: Uint8Array): Working {
  const stored = decodePlain(bytes) as Stored | Former;
  return "plan" in stored ? { ...stored, nodes: new Map(stored.nodes) } : grouped(stored);
}

/** One group with everybody in it, which has begun. */
function grouped({ stopAtPct, forgiven, ...campaign }: Former): Working {
  const nodes = new Map(campaign.nodes.map(([node, progress]) => [node, { ...START, ...progress }]));
  const tally = [...nodes.values()].reduce((sum, progress) => recount(sum, undefined, progress), NOBODY);
  const plan = planOf({ stopAtPct });
  return {
    ...campaign,
    nodes,
    createdBy: "unknown",
    order: 0,
    version: 1,
    started: campaign.created,
    plan,
    groups: [{ plan: plan.groups[0]!, state: "open", tally, forgiven: Math.min(forgiven, errorsIn(tally)) }],
  };
}
