/** A campaign over services of a test, as simple as can be: one group of the nodes given. */
import type { Clock, NodeId } from "../../gateway/base/index.ts";
import { type Campaigns, draft, type SelectionNode, wholeGroup } from "../../gateway/service/campaign/index.ts";
import type { CampaignPlan, FactBodies, Recorder } from "../../gateway/store/index.ts";

export interface PlainCampaign {
  readonly image: { readonly digest: string; readonly model: string; readonly becomes?: string };
  readonly nodes: ReadonlyArray<Partial<SelectionNode> & { readonly id: NodeId }>;
  readonly stopAtPct?: number;
  readonly silentAfter?: number;
  readonly plan?: Partial<Omit<CampaignPlan, "groups">>;
}

export interface CampaignServices {
  readonly campaigns: Campaigns;
  readonly ledger: Recorder;
  readonly clock: Clock;
}

/** What its fact would be. */
export const draftOf = (
  { image, nodes, stopAtPct = 50, silentAfter = 3, plan = {} }: PlainCampaign,
  { campaigns, clock }: Pick<CampaignServices, "campaigns" | "clock">,
): Omit<FactBodies["campaign.created"], "actor"> =>
  draft(
    {
      id: campaigns.nextId(clock.now()),
      name: "test",
      rules: { image: { version: "2", size: 1, ...image }, priority: 0, attempts: 1, downgrade: false, again: false },
      groups: [wholeGroup(stopAtPct)],
      silentAfter,
      plan: { attempts: 1, ...plan },
    },
    nodes.map((node) => ({ model: image.model, running: undefined, busy: [], failures: 0, ...node })),
  );

/** Its id. */
export async function startCampaign(campaign: PlainCampaign, services: CampaignServices): Promise<string> {
  const body = draftOf(campaign, services);
  await services.ledger.record("campaign.created", { ...body, actor: "test" });
  await services.campaigns.judge(body.campaign, services.ledger);
  return body.campaign;
}
