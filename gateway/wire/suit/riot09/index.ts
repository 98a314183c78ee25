/** The dialect of RIOT, and reading where either dialect may come: what follows sees one kind of envelope and of manifest. */
import { CborReader, HEADER, MAJOR } from "../../cbor/index.ts";
import { dialectOf } from "../envelope/dialect.ts";
import { type ReadEnvelopeOptions, readEnvelope } from "../envelope/read.ts";
import { readManifest } from "../manifest/manifest.ts";
import type { Envelope, Manifest } from "../types.ts";
import { readRiot09 } from "./envelope.ts";
import { readRiot09Manifest } from "./manifest.ts";

export { createRiot09, encodeRiot09, readRiot09 } from "./envelope.ts";
export { RIOT09, RIOT09_COMMANDS, RIOT09_LIMITS, RIOT09_SET_PARAMETERS } from "./labels.ts";
export { encodeRiot09Manifest, type NewRiot09Manifest, readRiot09Manifest } from "./manifest.ts";

/** Of draft -37, or of RIOT's -09, which `dialect` then says. */
export function readAnyEnvelope(bytes: Uint8Array, options?: ReadEnvelopeOptions): Envelope {
  // RIOT's has no tag, ours has one: no large envelope is decoded twice for this question.
  const isMap = bytes.length > 0 && new CborReader(bytes, HEADER).major() === MAJOR.map;
  return isMap && dialectOf(bytes) === "riot-09" ? readRiot09(bytes) : readEnvelope(bytes, options);
}

export const readAnyManifest = ({ dialect, manifest }: Pick<Envelope, "dialect" | "manifest">): Manifest =>
  dialect === "riot-09" ? readRiot09Manifest(manifest.content) : readManifest(manifest.content);

/** §8.3: where a block's payload is: attached in RIOT's dialect, where the reader has seen that it is the digest, else never. */
export const payloadBeside = ({
  dialect,
  authentication: { signed },
}: Pick<Envelope, "dialect" | "authentication">): { readonly detached?: Uint8Array } =>
  dialect === "riot-09" ? {} : { detached: signed };
