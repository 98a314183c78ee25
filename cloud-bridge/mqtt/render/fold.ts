/** How each fact changes the bridge's projection; a node's tree is data.ts's. */
import type { Fact, Reachability } from "../../../gateway/store/facts.ts";
import { NOTHING_KEPT } from "../../../gateway/yang/index.ts";
import { NOTHING_COUNTED, recount } from "./campaign.ts";
import { nodeLeaf } from "./node.ts";
import type { TreesOf } from "./trees.ts";
import { type CampaignView, countedAs, type NodeOta, type NodeView, type SiteView, type Slice } from "./view.ts";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

export function fold(slice: Slice, fact: Fact, trees: TreesOf): Slice {
  switch (fact.type) {
    case "node.joined":
      return withNode(slice, joined(fact));
    case "node.renamed":
      return slice.node === undefined ? slice : { ...slice, node: { ...slice.node, name: fact.name } };
    case "node.models":
      return slice.node === undefined
        ? slice
        : { ...slice, node: { ...slice.node, pending: fact.pending ?? slice.node.pending } };
    case "node.replaced":
      return slice.node === undefined ? slice : withNode(slice, replaced(slice.node, fact.endpoint));
    case "node.removed":
      return withNode(slice, undefined);
    case "node.reported":
      return slice.node === undefined ? slice : withNode(slice, reported(slice.node, fact, trees));
    case "node.read": // `node` has its data already
      return slice.node === undefined ? slice : { ...slice, node: { ...slice.node, lastSeen: fact.at } };
    case "node.reachability":
      if (slice.node === undefined) return slice;
      return withNode(slice, {
        ...slice.node,
        state: fact.to,
        missedWakes: fact.missedWakes,
        ...(fact.heard === undefined ? {} : { lastSeen: fact.heard }),
        ...(fact.nextWake === undefined ? {} : { nextWake: fact.nextWake }),
      });
    case "datastore.edited": {
      const { node } = slice;
      // Facts from before `pending` was told say nothing of how many wait.
      return node === undefined ? slice : { ...slice, node: { ...node, pending: fact.pending ?? 0 } };
    }
    case "edit.state": {
      const { node } = slice;
      if (node === undefined || fact.pending === undefined) return slice;
      return { ...slice, node: { ...node, pending: fact.pending } };
    }
    case "image.added": {
      const { digest, model, version, size, verified } = fact;
      return { ...slice, image: { digest, model, version, size, verified } };
    }
    case "campaign.created":
      return { ...slice, campaign: created(slice, fact) };
    case "campaign.state": {
      const begun = fact.from === "waiting-approval" && fact.to === "running" ? { started: fact.at } : {};
      return withCampaign(slice, () => ({ state: fact.to, reason: fact.reason, ...begun }));
    }
    case "campaign.group":
      return withCampaign(slice, ({ group = 0 }) => ({ group: fact.to === "open" ? fact.group : group }));
    case "campaign.joined":
      return withCampaign(slice, ({ targets, counts }) => ({
        targets: targets + 1,
        counts: { ...counts, waiting: counts.waiting + 1 },
      }));
    case "campaign.forecast": {
      const { p50, p90 } = fact.forecast;
      return withCampaign(slice, () => ({ expected: { p50, p90 } }));
    }
    case "ota.phase":
      return phaseMoved(slice, fact);
    case "credential.added":
      return withCredentials(slice, (ids) => [...ids, fact.credential]);
    case "credential.removed":
      return withCredentials(slice, (ids) => ids.filter((id) => id !== fact.credential));
    case "campaign.measured":
    case "edit.trial":
    case "node.notified":
    case "models.changed":
    case "clock.state":
    case "gateway.started":
    case "store.returned":
    case "directory.registered":
    case "directory.renewed":
    case "directory.removed":
    case "image.named":
    case "image.removed":
    case "trust.anchor-added":
    case "trust.anchor-removed":
    case "trust.threshold":
    case "release.accepted":
    case "release.marks":
    case "release.withdrawn":
    case "release.reported":
    case "command.begun":
    case "command.accepted":
    case "command.refused":
    case "push.updated":
    case "command.done":
      return slice;
  }
}

/** By id: new ones are given before the former are taken. A manager's are nobody's row. */
function withCredentials(slice: Slice, change: (ids: readonly string[]) => readonly string[]): Slice {
  const { node } = slice;
  return node === undefined ? slice : { ...slice, node: { ...node, credentials: change(node.credentials ?? []) } };
}

const joined = (fact: FactOf<"node.joined">): NodeView => ({
  id: fact.node,
  name: fact.name,
  endpoint: fact.endpoint,
  state: "unknown",
  missedWakes: 0,
  pending: 0,
  ...NOTHING_KEPT,
  modules: {},
});

/** `node` has forgotten what the former device measured. */
function replaced(node: NodeView, endpoint: string): NodeView {
  const { lastSeen: _seen, nextWake: _wake, ...rest } = node;
  return { ...rest, endpoint, state: "unknown", missedWakes: 0, pending: 0 };
}

/** `node` has the report's data merged already. */
function reported(node: NodeView, fact: FactOf<"node.reported">, trees: TreesOf): NodeView {
  const { nextWake: _past, ...rest } = node;
  const received = nodeLeaf(node, "received", trees);
  const after: NodeView = {
    ...rest,
    state: fact.state,
    lastSeen: fact.at,
    missedWakes: 0,
    pending: fact.pending ?? node.pending,
    ...(fact.nextWake === undefined ? {} : { nextWake: fact.nextWake }),
  };
  if (node.ota === undefined || typeof received !== "number" || fact.data === undefined) return after;
  return { ...after, ota: { ...node.ota, received } };
}

/** What changes counts as a change of the campaign's own. */
function withCampaign(slice: Slice, change: (campaign: CampaignView) => Partial<CampaignView>): Slice {
  const { campaign } = slice;
  if (campaign === undefined) return slice;
  return { ...slice, campaign: { ...campaign, version: campaign.version + 1, ...change(campaign) } };
}

const created = (slice: Slice, fact: FactOf<"campaign.created">): CampaignView => ({
  id: fact.campaign,
  name: fact.name,
  state: fact.plan?.approval ? "waiting-approval" : "running",
  started: fact.at,
  ...(fact.plan === undefined ? {} : { groups: fact.plan.groups.map(({ name }) => name) }),
  ...(fact.plan?.download === undefined ? {} : { download: fact.plan.download }),
  ...(fact.plan?.apply === undefined ? {} : { apply: fact.plan.apply }),
  version: 1,
  image: slice.image,
  imageDigest: fact.image,
  stopAtPct: fact.stopAtPct,
  targets: fact.targets.length,
  counts: { ...NOTHING_COUNTED, waiting: fact.targets.length },
});

function phaseMoved(slice: Slice, fact: FactOf<"ota.phase">): Slice {
  const { node, campaign } = slice;
  const before = node?.ota?.campaign === fact.campaign ? node.ota : undefined;
  const begins = fact.from !== fact.to && fact.to === "offered";
  const received = fact.received ?? (begins ? undefined : before?.received);
  const ota: NodeOta = {
    campaign: fact.campaign,
    phase: fact.to,
    silent: fact.silent ?? false,
    attempt: fact.attempt ?? (before?.attempt ?? 0) + (begins ? 1 : 0),
    ...(fact.group === undefined ? {} : { group: fact.group }),
    ...(fact.reason === undefined ? {} : { reason: fact.reason }),
    ...(received === undefined ? {} : { received }),
    ...(campaign?.image === undefined ? {} : { image: campaign.image }),
  };
  // Without a row of it (no phase yet, or the node was removed) the fact says as what the target was counted.
  const from = countedAs(before ?? { phase: fact.from, silent: false });
  return {
    ...slice,
    ...(node === undefined ? {} : { node: { ...node, ota } }),
    ...(campaign === undefined
      ? {}
      : { campaign: { ...campaign, counts: recount(campaign.counts, from, countedAs(ota)) } }),
  };
}

/** Puts the node in its place and keeps the site's sums of states. */
function withNode(slice: Slice, node: NodeView | undefined): Slice {
  const nodes = { ...slice.site.nodes };
  const add = (state: Reachability | undefined, count: number): void => {
    if (state !== undefined) nodes[state] += count;
  };
  add(slice.node?.state, -1);
  add(node?.state, 1);
  const site: SiteView = { ...slice.site, nodes };
  return { ...slice, site, node };
}
