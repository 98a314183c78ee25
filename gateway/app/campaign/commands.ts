/** The commands about campaigns: each understands its arguments, asks the service, and says what became of it. */
import { z } from "zod";
import type { CampaignPreview } from "../../admin/api/index.ts";
import { type NodeId, UsageError } from "../../base/index.ts";
import { type Campaign, type CampaignVerb, count, VERBS } from "../../service/campaign/index.ts";
import type { CommandHandler, Recorder } from "../../store/index.ts";
import type { Json } from "../../yang/index.ts";
import { understand } from "../inbox/arguments.ts";
import {
  CAMPAIGN_CREATE,
  CAMPAIGN_DOWNGRADE,
  CAMPAIGN_INSTALL,
  CAMPAIGN_PREVIEW,
  type CampaignArguments,
  present,
} from "./arguments.ts";
import { CampaignDrafts, type Drafted, type DraftServices, type Foreseen, imageWanted, type Sketch } from "./draft.ts";

export interface CampaignServices extends DraftServices {
  readonly recorder: Recorder;
}

/** A version is a number of 64 bits, as text in JSON. */
const VERSION = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{0,15}$/)]).transform(Number);
const DECISION = z.strictObject({ campaign: z.string(), ifVersion: VERSION.optional() });

/** Ops that change nothing: they need no id, and nothing of them is kept. */
export const CAMPAIGN_QUESTIONS: ReadonlySet<string> = new Set(["campaign.preview"]);

/** Handlers by op; each throws UsageError `command.argument` or what its service throws. */
export function campaignHandlers(services: CampaignServices): ReadonlyMap<string, CommandHandler> {
  const drafts = new CampaignDrafts(services);
  const create = async (args: CampaignArguments, actor: string): Promise<Json> =>
    started(await record(await prepared(await drafts.sketch(args), services), actor, services));
  return new Map<string, CommandHandler>([
    ["campaign.create", async (args, actor) => create(understand("campaign.create", CAMPAIGN_CREATE, args), actor)],
    [
      "campaign.downgrade",
      async (args, actor) => create(understand("campaign.downgrade", CAMPAIGN_DOWNGRADE, args), actor),
    ],
    [
      "campaign.preview",
      async (args) =>
        asJson(await preview(await drafts.sketch(understand("campaign.preview", CAMPAIGN_PREVIEW, args)), services)),
    ],
    [
      "campaign.install",
      async (args, actor) => install(understand("campaign.install", CAMPAIGN_INSTALL, args), actor, drafts, services),
    ],
    ["campaign.start", async (args) => begun(understand("campaign.start", DECISION, args), services)],
    ...(Object.keys(VERBS) as CampaignVerb[]).map((verb): [string, CommandHandler] => [
      `campaign.${verb}`,
      async (args, actor) => decide(verb, understand(`campaign.${verb}`, DECISION, args), actor, services),
    ]),
  ]);
}

/** Ready to be recorded. */
interface Prepared {
  readonly drafted: Drafted;
  readonly foreseen: Foreseen | undefined;
}

/** Throws UsageError `campaign.no-targets`. */
async function prepared({ drafted, refusal }: Sketch, { forecaster }: CampaignServices): Promise<Prepared> {
  if (refusal !== undefined) throw refusal;
  return { drafted, foreseen: await forecaster?.of(drafted) };
}

/** Its first group begins by what follows from the fact, as everything else of it does. */
async function record(
  { drafted, foreseen }: Prepared,
  actor: string,
  { recorder, campaigns, clock }: CampaignServices,
): Promise<Campaign> {
  const campaign = campaigns.nextId(clock.now()); // meanwhile somebody else may have made one
  await Promise.all([
    recorder.record("campaign.created", { ...drafted, campaign, actor }),
    foreseen && recorder.record("campaign.forecast", { campaign, forecast: foreseen.forecast }),
  ]);
  return campaigns.get(campaign);
}

function started(campaign: Campaign): { readonly campaign: string; readonly [member: string]: Json } {
  return {
    campaign: campaign.id,
    version: String(campaign.version),
    state: campaign.state,
    targets: count(campaign).total,
    excluded: campaign.excluded.length,
    groups: campaign.groups.map(({ plan, tally }) => ({ name: plan.name, nodes: tally.total })),
  };
}

/** Of rows, which are JSON by their shape though not by the name of their type. */
const asJson = (rows: object): Json => JSON.parse(JSON.stringify(rows)) as Json;

async function preview({ image, drafted, refusal }: Sketch, services: CampaignServices): Promise<CampaignPreview> {
  const { registry, forecaster } = services;
  const named = (node: NodeId) => ({ node, name: registry.find(node)?.name ?? node });
  const { targets, groups = [targets], plan, excluded, name, silentAfter } = drafted;
  const forecast = refusal === undefined ? (await forecaster?.of(drafted))?.forecast : undefined;
  return {
    name,
    image: { digest: image.digest, model: image.model, version: image.version, size: image.size },
    targets: targets.length,
    silentAfter,
    plan: plan ?? { groups: [], attempts: 1 },
    groups: (plan?.groups ?? []).map((group, index) => ({ ...group, nodes: (groups[index] ?? []).map(named) })),
    excluded: excluded.map((each) => ({ ...named(each.node), ...each })),
    ...present({ forecast }),
    ...(refusal === undefined ? {} : { refusal: { code: refusal.code, text: refusal.message, hint: refusal.hint } }),
  };
}

/** A campaign of this one node; again while it is under way, it is the same. */
async function install(
  { node: reference, again, approval, deadline, ...what }: z.output<typeof CAMPAIGN_INSTALL>,
  actor: string,
  drafts: CampaignDrafts,
  services: CampaignServices,
): Promise<Json> {
  const { registry, campaigns } = services;
  const { id, name } = registry.named(reference);
  const image = imageWanted(what, services);
  const underWay = (): Campaign | undefined => campaigns.allOf(id).find((known) => known.image === image.digest);
  const known = underWay();
  if (known !== undefined) return { ...started(known), known: true };
  const title = `${image.model} ${image.version} on ${name}`.slice(0, 64);
  const wish = {
    image: image.digest,
    nodes: [id],
    name: title,
    stopAtPct: 100,
    ...present({ again, approval, deadline }),
  };
  const ready = await prepared(await drafts.sketch(wish), services);
  // While it was thought over, the same may have been asked for a second time.
  const meanwhile = underWay();
  if (meanwhile !== undefined) return { ...started(meanwhile), known: true };
  return { ...started(await record(ready, actor, services)), known: false };
}

/**
 * A campaign begins when it is made, so whoever starts it only makes sure. What a person halted, or its own errors, is let go on
 * by `resume` alone: a start that is given again must not forgive anything. Throws UsageError `campaign.version`, `campaign.state`.
 */
function begun({ campaign: id, ifVersion }: z.output<typeof DECISION>, { campaigns }: CampaignServices): Json {
  const campaign = campaigns.get(id);
  const { state, version } = campaign;
  checkSeen(campaign, ifVersion);
  if (state !== "running" && state !== "waiting-approval") {
    throw new UsageError("campaign.state", { campaign: id, state, verb: "start" });
  }
  const why = state === "running" ? {} : { waits: `A second person approves it: sidgate campaign approve ${id}` };
  return { campaign: id, state, version: String(version), ...why };
}

/** Throws UsageError `campaign.version` when it is not what whoever decides has seen. */
function checkSeen({ id: campaign, version }: Campaign, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === version) return;
  throw new UsageError("campaign.version", { campaign, version, expected: ifVersion });
}

/** Throws UsageError `campaign.version`, `campaign.state`, `campaign.same-person`. */
async function decide(
  verb: CampaignVerb,
  { campaign, ifVersion }: z.output<typeof DECISION>,
  actor: string,
  { campaigns, recorder }: CampaignServices,
): Promise<Json> {
  checkSeen(campaigns.get(campaign), ifVersion);
  await campaigns.decide(campaign, verb, actor, recorder);
  const after = campaigns.get(campaign);
  return { campaign, state: after.state, version: String(after.version) };
}
