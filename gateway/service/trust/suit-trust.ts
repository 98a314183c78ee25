/** The drivers of the trust port: an image is believed when a release that stands names it; in lab mode also without. */
import { TrustError } from "../../base/index.ts";
import type { Releases } from "./releases.ts";
import type { Candidate, TrustService } from "./trust.ts";

/** The default. Throws TrustErrors `image.unsigned`, `image.size`. */
export const suitTrust = (releases: Pick<Releases, "naming">): TrustService => ({
  accept: async (candidate) => {
    const { name, size } = candidate;
    const named = releases.naming(candidate.digest);
    const [first] = named;
    if (first === undefined) throw new TrustError("image.unsigned", { name });
    if (!named.some((payload) => fits(candidate, payload))) {
      throw new TrustError("image.size", { name, actual: size, expected: first.size ?? size });
    }
    return "manifest";
  },
});

const fits = ({ size }: Candidate, payload: { readonly size?: number }): boolean =>
  payload.size === undefined || payload.size === size;

/** For trying: what no release names is taken too, and told apart. */
export const labOver = (releases: Pick<Releases, "naming">): TrustService => ({
  accept: async (candidate) =>
    releases.naming(candidate.digest).some((payload) => fits(candidate, payload)) ? "manifest" : "lab",
});
