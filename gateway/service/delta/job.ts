/** What is made of images for their way to nodes. Pure; runs in the thread of `PatchThread`. */
import { BugError, equalBytes } from "../../base/index.ts";
import { applyPatch, chainDigests, compressImage, makePatch } from "../../wire/delta/index.ts";

export const FORM_KINDS = ["patch", "compressed", "plain"] as const;
export type FormKind = (typeof FORM_KINDS)[number];

export interface FormJob {
  readonly kind: FormKind;
  /** Of a patch: what the node runs. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export interface MadeForm {
  /** Nothing for the plain form: the image is there already. */
  readonly bytes: Uint8Array;
  /** Of its groups but the first, for nodes that take chained blocks; `chain` is that of the first. */
  readonly digests: Uint8Array;
  readonly chain: Uint8Array;
}

/** Nothing is offered that did not give the image when it was applied. Throws BugError `delta.not-the-image`. */
export function makeForm({ kind, from, to }: FormJob): MadeForm {
  if (kind === "plain") return { bytes: new Uint8Array(0), ...chainDigests(to) };
  const bytes = kind === "patch" ? makePatch(from, to) : compressImage(to);
  const base = kind === "patch" ? from : new Uint8Array(0);
  if (!equalBytes(applyPatch(base, bytes, to.length), to)) throw new BugError("delta.not-the-image", { kind });
  return { bytes, ...chainDigests(bytes) };
}
