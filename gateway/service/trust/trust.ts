/**
 * The trust port: no byte of an image is readable before it was accepted here (ARCHITECTURE.md, rule 4).
 * Its driver is `suitTrust`; an image without a signed release is refused, or taken in lab mode.
 */

export interface Candidate {
  readonly name: string;
  readonly digest: string;
  /** Not known of one that is to be fetched and of which nobody said it: its digest holds it. */
  readonly size?: number | undefined;
  readonly model: string;
  readonly version: string;
}

/** What the trust in an image rests on. */
export type Verdict = "lab" | "manifest";

export interface TrustService {
  /** Throws TrustError when the image is not believed. */
  accept(candidate: Candidate): Promise<Verdict>;
  /** Would it be believed today? What was signed by who is trusted no longer is offered no more. */
  stands(image: AcceptedImage): boolean;
}

export interface AcceptedImage extends Pick<Candidate, "digest" | "size"> {
  readonly verified: Verdict;
}

/** For trying only, and said loudly wherever the state of the gateway is shown. */
export const labTrust: TrustService = { accept: async () => "lab", stands: () => true };
