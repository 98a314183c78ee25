/** What the admin faces show of the trust set and of the releases. */
import type { ReleaseRow, TrustView } from "../../admin/api/index.ts";
import type { NodeId } from "../../base/index.ts";
import type { Campaigns } from "../../service/campaign/index.ts";
import type { Images } from "../../service/images/index.ts";
import type { Anchors, NodeReports, ReleaseInfo, Releases } from "../../service/trust/index.ts";
import { PHASE_COUNTED } from "../../store/index.ts";
import { describeKey } from "../../wire/cose/index.ts";

export interface TrustSources {
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly reports: Pick<NodeReports, "failedOn">;
}

export const trustView = ({ anchors }: Pick<TrustSources, "anchors">): TrustView => ({
  anchors: anchors.list().map(({ id, name, key, rights, added }) => ({
    anchor: id,
    name,
    key: describeKey(key),
    rights,
    addedAt: added,
  })),
  thresholds: anchors.thresholds().map(({ k, ...scope }) => ({ ...scope, signers: k })),
});

export const releaseRows = (sources: TrustSources): readonly ReleaseRow[] =>
  sources.releases.list().map((release) => releaseRow(release, sources));

/** Nodes on which one of its images failed, or that reported that it did. */
function failedOn({ id }: ReleaseInfo, images: ReadonlySet<string>, { campaigns, reports }: TrustSources): number {
  const nodes = new Set<NodeId>(reports.failedOn(id));
  for (const campaign of campaigns.list()) {
    if (!images.has(campaign.image)) continue;
    for (const [node, { phase }] of campaign.nodes) {
      if (PHASE_COUNTED[phase] === "failed" && phase !== "blocked") nodes.add(node);
    }
  }
  return nodes.size;
}

function releaseRow(release: ReleaseInfo, sources: TrustSources): ReleaseRow {
  const { anchors, images } = sources;
  const { id, sequence, signers, payloads, model, version, accepted, withdrawn } = release;
  const digests = new Set(payloads.map(({ digest }) => digest));
  return {
    release: id,
    sequence,
    signers: signers.map((signer) => anchors.find(signer)?.name ?? signer.slice(0, 8)),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    images: payloads.length,
    stored: [...digests].filter((digest) => images.stored(digest) !== undefined).length,
    failed: failedOn(release, digests, sources),
    acceptedAt: accepted,
    ...(withdrawn === undefined ? {} : { withdrawn: withdrawn.reason }),
  };
}
