/** Releases for nodes that run RIOT: in another dialect, so for no others; they go out as their author made them. */
import { createHash } from "node:crypto";
import { shortIdOf } from "../../base/index.ts";
import type { Digest } from "../../store/index.ts";
import type { EnvelopeOffer } from "./offers/index.ts";
import type { ReleaseInfo, Releases } from "./releases.ts";

/** Head of a map of two elements. Envelopes of draft -37 that are believed begin with tag 107 (§11). */
const MAP_OF_TWO = 0xa2;
export const isForRiot = ({ envelope }: Pick<ReleaseInfo, "envelope">): boolean => envelope[0] === MAP_OF_TWO;

/** As the ids of tailored envelopes: one more character than those of images. */
const ID_LENGTH = 7;

export class RiotEnvelopes {
  readonly #releases: Pick<Releases, "of" | "standing">;
  readonly #made = new WeakMap<ReleaseInfo, EnvelopeOffer>();

  constructor(releases: Pick<Releases, "of" | "standing">) {
    this.#releases = releases;
  }

  /** Of the releases that name this image, the one with the highest number. */
  for(image: Digest): EnvelopeOffer | undefined {
    const fitting = this.#releases.of(image).filter(isForRiot);
    const [newest] = [...fitting].sort((a, b) => (BigInt(a.sequence) < BigInt(b.sequence) ? 1 : -1));
    return newest && this.#offer(newest);
  }

  /** By its id. Nothing is remembered: an id is made of the bytes, so it outlives restarts. */
  find(id: string): EnvelopeOffer | undefined {
    if (id.length !== ID_LENGTH) return undefined;
    for (const release of this.#releases.standing()) {
      const offer = isForRiot(release) ? this.#offer(release) : undefined;
      if (offer?.id === id) return offer;
    }
    return undefined;
  }

  #offer(release: ReleaseInfo): EnvelopeOffer {
    const known = this.#made.get(release);
    if (known !== undefined) return known;
    const { envelope: bytes, id } = release;
    const digest = createHash("sha256").update(bytes).digest("hex");
    const offer = { id: shortIdOf(digest, ID_LENGTH), bytes, digest, release: id };
    this.#made.set(release, offer);
    return offer;
  }
}
