/** Campaigns as rows: the ladder of groups, where each node stands, and why it is not done. */
import type {
  CampaignDetail,
  CampaignNodeRow,
  CampaignOutlook,
  CampaignRow,
  CampaignWhy,
  NotDoneRow,
} from "../../admin/api/index.ts";
import { type Millis, millis, type NodeId } from "../../base/index.ts";
import {
  type Campaign,
  type CampaignOffers,
  type Campaigns,
  type Cause,
  clusters,
  count,
  currentGroup,
  type Progress,
  whyNotDone,
} from "../../service/campaign/index.ts";
import type { Images } from "../../service/images/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { NodeReports, OfferHolds, Releases } from "../../service/trust/index.ts";
import { present } from "./arguments.ts";

export interface CampaignSources {
  readonly registry: Registry;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly offers: CampaignOffers;
  readonly releases: Releases;
  /** What nodes reported of releases. */
  readonly reports: NodeReports;
  readonly holds: Pick<OfferHolds, "why">;
}

export function campaignRow(campaign: Campaign, { images }: Pick<CampaignSources, "images">): CampaignRow {
  const { model, version } = images.of(campaign.image);
  return {
    campaign: campaign.id,
    name: campaign.name,
    state: campaign.state,
    reason: campaign.reason,
    version: campaign.version,
    image: campaign.image,
    model,
    imageVersion: version,
    createdAt: campaign.created,
    createdBy: campaign.createdBy,
    startedAt: campaign.started,
    counts: count(campaign),
    groups: campaign.groups.map(({ plan, state, tally }) => ({ ...plan, state, counts: tally })),
    current: currentGroup(campaign),
    stopAtPct: campaign.groups[0]?.plan.errorPct ?? 100,
    silentAfter: campaign.silentAfter,
    ...present({ outlook: outlookOf(campaign) }),
  };
}

function outlookOf({ forecast, started, measured }: Campaign): CampaignOutlook | undefined {
  if (forecast === undefined) return undefined;
  const { p50, p90 } = forecast;
  return { p50: millis(started + p50), p90: millis(started + p90), ...measured };
}

export function campaignDetail(campaign: Campaign, sources: CampaignSources): CampaignDetail {
  const causes = causesOf(campaign, campaign.nodes.keys(), sources);
  return {
    ...campaignRow(campaign, sources),
    plan: campaign.plan,
    imageSize: sources.images.of(campaign.image).size,
    excluded: campaign.excluded,
    nodes: [...campaign.nodes].map(([node, progress]) =>
      nodeRow(node, progress, { campaign, why: causes.get(node)?.text, sources }),
    ),
    clusters: clusters(causes),
    ...present({ forecast: campaign.forecast }),
  };
}

/** Of all of its nodes that are not done, or of one. */
export function campaignWhy(campaign: Campaign, wanted: NodeId | undefined, sources: CampaignSources): CampaignWhy {
  const causes = causesOf(campaign, wanted === undefined ? campaign.nodes.keys() : [wanted], sources);
  const nodes = [...causes].map(([node, cause]) => notDoneRow(node, cause, campaign, sources));
  // When one that is late will come nobody knows.
  const isOnTime = ({ node }: NotDoneRow): boolean => sources.registry.find(node)?.reach.missedWakes === 0;
  const wakes = nodes.filter(isOnTime).flatMap(({ nextWake }) => nextWake ?? []);
  return {
    campaign: campaign.id,
    state: campaign.state,
    reason: campaign.reason,
    nodes,
    clusters: clusters(causes),
    ...(wakes.length === 0 ? {} : { nextWake: earliest(wakes) }),
  };
}

const earliest = (moments: readonly Millis[]): Millis =>
  moments.reduce((first, moment) => millis(Math.min(first, moment)));

function causesOf(campaign: Campaign, nodes: Iterable<NodeId>, sources: CampaignSources): ReadonlyMap<NodeId, Cause> {
  const causes = new Map<NodeId, Cause>();
  for (const node of nodes) {
    const cause = causeOf(node, campaign, sources);
    if (cause !== undefined) causes.set(node, cause);
  }
  return causes;
}

/** The words of the node itself, where they are about this image; else why it is not done; of one left out, why that. */
function causeOf(node: NodeId, campaign: Campaign, sources: CampaignSources): Cause | undefined {
  const { offers, registry, releases, reports, holds } = sources;
  const progress = campaign.nodes.get(node);
  if (progress === undefined) return leftOut(node, campaign);
  const obstacle = offers.obstacleFor(campaign, node);
  const held = obstacle === undefined ? holds.why(node) : undefined;
  const known = whyNotDone(campaign, progress, obstacle, registry.find(node)?.reach ?? { missedWakes: 0 });
  if (known === undefined) return undefined;
  const report = reports.of(node);
  const release = report?.release === undefined ? undefined : releases.find(report.release);
  const isOfImage = release?.payloads.some(({ digest }) => digest === campaign.image) === true;
  if (report !== undefined && isOfImage && report.result !== "success")
    return { cause: known.cause, text: report.text };
  return held === undefined ? known : { cause: "manifest", text: `not offered: the release ${held}` };
}

function leftOut(node: NodeId, { excluded }: Campaign): Cause | undefined {
  const out = excluded.find((each) => each.node === node);
  if (out === undefined) return { cause: "not-selected", text: "it is no part of this campaign" };
  const { reason, detail } = out;
  return { cause: reason, text: `left out: ${detail === undefined ? reason : `${reason}, ${detail}`}` };
}

interface RowParts {
  readonly campaign: Campaign;
  readonly why: string | undefined;
  readonly sources: CampaignSources;
}

function nodeRow(
  node: NodeId,
  { phase, reason, received, silent, attempt, group }: Progress,
  { campaign, why, sources }: RowParts,
): CampaignNodeRow {
  return {
    node,
    ...common(node, group, campaign, sources),
    phase,
    attempt,
    received,
    silent,
    ...present({ reason, why }),
  };
}

function notDoneRow(node: NodeId, { cause, text }: Cause, campaign: Campaign, sources: CampaignSources): NotDoneRow {
  const { phase, attempt, group } = campaign.nodes.get(node) ?? { phase: "skipped" as const, attempt: 0, group: -1 };
  return { node, ...common(node, group, campaign, sources), phase, attempt, cause, text };
}

/** Who it is, and when it was heard and will be. */
function common(
  node: NodeId,
  group: number,
  { groups }: Campaign,
  { registry }: CampaignSources,
): Pick<NotDoneRow, "name" | "group" | "lastSeen" | "nextWake"> {
  const known = registry.find(node);
  return {
    name: known?.name ?? node,
    group: groups[group]?.plan.name ?? "-",
    ...present({ lastSeen: known?.reach.lastSeen, nextWake: known?.reach.nextWake }),
  };
}
