/** The drivers of the trust port: an image is believed when a release that stands names it; in lab mode also without. */
import { TrustError } from "../../base/index.ts";
import type { Releases } from "./releases.ts";
import type { Candidate, TrustService } from "./trust.ts";

/** The default. Throws TrustErrors `image.unsigned`, `image.size`. */
export const suitTrust = (releases: Pick<Releases, "naming">): TrustService => ({
  accept: async (candidate) => {
    const { name, digest, size } = candidate;
    if (isNamed(candidate, releases)) return "manifest";
    const [other] = releases.naming(digest);
    if (other?.size === undefined || size === undefined) throw new TrustError("image.unsigned", { name });
    throw new TrustError("image.size", { name, actual: size, expected: other.size });
  },
  stands: (image) => isNamed(image, releases),
});

/** For trying: what no release names is taken too, and told apart. */
export const labOver = (releases: Pick<Releases, "naming">): TrustService => ({
  accept: async (candidate) => (isNamed(candidate, releases) ? "manifest" : "lab"),
  stands: (image) => image.verified === "lab" || isNamed(image, releases),
});

const isNamed = ({ digest, size }: Pick<Candidate, "digest" | "size">, releases: Pick<Releases, "naming">): boolean =>
  releases.naming(digest).some((payload) => [size, undefined].includes(payload.size) || size === undefined);
