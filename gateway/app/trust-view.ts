/** What the admin faces show of the trust set and of the releases. */
import type { ReleaseRow, TrustView } from "../admin/api/index.ts";
import type { Campaigns } from "../service/campaign/index.ts";
import type { Images } from "../service/images/index.ts";
import type { Anchors, ReleaseInfo, Releases } from "../service/trust/index.ts";
import { PHASE_COUNTED } from "../store/index.ts";
import { describeKey } from "../wire/cose/index.ts";

export interface TrustSources {
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly images: Images;
  readonly campaigns: Campaigns;
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

function releaseRow(release: ReleaseInfo, { anchors, images, campaigns }: TrustSources): ReleaseRow {
  const { id, sequence, signers, payloads, model, version, accepted, withdrawn } = release;
  const digests = new Set(payloads.map(({ digest }) => digest));
  const failed = campaigns
    .list()
    .filter(({ image }) => digests.has(image))
    .flatMap(({ nodes }) => [...nodes.values()])
    .filter(({ phase }) => PHASE_COUNTED[phase] === "failed" && phase !== "blocked").length;
  return {
    release: id,
    sequence,
    signers: signers.map((signer) => anchors.find(signer)?.name ?? signer.slice(0, 8)),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    images: payloads.length,
    stored: [...digests].filter((digest) => images.stored(digest) !== undefined).length,
    failed,
    acceptedAt: accepted,
    ...(withdrawn === undefined ? {} : { withdrawn: withdrawn.reason }),
  };
}
