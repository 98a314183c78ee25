/**
 * The trust port: no byte of an image is readable before it was accepted here (ARCHITECTURE.md, rule 4).
 * Signed releases (SUIT) will be the default driver; until then an image is refused, or taken in lab mode.
 */
import { TrustError } from "../../base/index.ts";

export interface Candidate {
  readonly name: string;
  readonly digest: string;
  readonly size: number;
  readonly model: string;
  readonly version: string;
}

/** What the trust in an image rests on. */
export type Verdict = "lab" | "manifest";

export interface TrustService {
  /** Throws TrustError when the image is not believed. */
  accept(candidate: Candidate): Promise<Verdict>;
}

/** The default: nothing is believed without a signature, and there is no way to sign yet. */
export const requireSignature: TrustService = {
  accept: async ({ name }) => {
    throw new TrustError("image.unsigned", { name });
  },
};

/** For trying only, and said loudly wherever the state of the gateway is shown. */
export const labTrust: TrustService = { accept: async () => "lab" };
