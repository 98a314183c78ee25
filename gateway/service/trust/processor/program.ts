/** A manifest ready to run: verified elsewhere, its severed sequences put back. */
import { TrustError } from "../../../base/index.ts";
import {
  checkBelonging,
  checkManifestDigest,
  type Envelope,
  type Manifest,
  readAnyManifest,
  readEnvelope,
  SEQUENCES,
  type Sequence,
  type SequenceName,
  type SuitDigest,
  sameDigest,
} from "../../../wire/suit/index.ts";

export interface Program {
  /** What names it: the digest in its authentication wrapper. */
  readonly digest: SuitDigest;
  readonly manifest: Manifest;
  readonly sequences: ReadonlyMap<SequenceName, Sequence>;
  /** Payloads and dependencies that came in its envelope, by URI (§7.5). */
  readonly integrated: ReadonlyMap<string, Uint8Array>;
}

/** §6.4, §6.5: what a recipient runs to update itself, and what it runs to start. Parameters do not outlive a procedure. */
export const PROCEDURES = {
  update: ["dependencyResolution", "payloadFetch", "candidateVerification", "install"],
  invocation: ["validate", "load", "invoke"],
} as const satisfies Readonly<Record<string, readonly SequenceName[]>>;
export type Procedure = keyof typeof PROCEDURES;

/** Of an envelope whose signatures were verified. */
export function programOf(envelope: Envelope): Program {
  checkManifestDigest(envelope);
  const manifest = readAnyManifest(envelope);
  const { sequences } = checkBelonging(envelope, manifest);
  return { digest: envelope.authentication.digest, manifest, sequences, integrated: envelope.integrated };
}

/**
 * td, condition-dependency-integrity: the envelope holds the manifest of this digest. `authenticate` throws when the
 * envelope's own blocks are not believed; without it the digest in the signed manifest above vouches for it.
 */
export function openDependency(
  bytes: Uint8Array,
  digest: SuitDigest,
  authenticate?: (envelope: Envelope) => void,
): Program {
  const envelope = readEnvelope(bytes, { untagged: true });
  if (!sameDigest(envelope.authentication.digest, digest)) throw new TrustError("suit.manifest-digest", {});
  authenticate?.(envelope);
  return programOf(envelope);
}

/** td: the shared sequence has no label of its own among sequences; a record names the common section. */
export const SHARED_SECTION = 3;

/** For people: `install`, or `the shared sequence`. */
export const sectionName = (section: number): string =>
  section === SHARED_SECTION
    ? "the shared sequence"
    : (Object.entries(SEQUENCES).find(([, label]) => label === section)?.[0] ?? `section ${section}`);

export const sectionOf = ({ manifest, sequences }: Program, section: number): Sequence | undefined =>
  section === SHARED_SECTION
    ? manifest.common.shared
    : [...sequences].find(([name]) => SEQUENCES[name] === section)?.[1];
