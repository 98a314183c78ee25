/** suit-manifest-37 §6.2, §8.3, §8.4.2 — what a simulated node believes: an envelope becomes a program, or is refused. */
import { equalBytes, TrustError } from "../../base/index.ts";
import { openDependency, type Program, programOf } from "../../service/trust/processor/index.ts";
import { authenticate, type CoseKey, decodeMessage, type MlDsa } from "../../wire/cose/index.ts";
import { checkAuthenticated, type Envelope, readEnvelope, type SuitDigest } from "../../wire/suit/index.ts";
import type { Abilities } from "./abilities.ts";
import type { Identity } from "./identity.ts";
import type { Memory } from "./memory.ts";

/** What does not change about a node while it lives. */
export interface Recipient {
  readonly identity: Identity;
  readonly abilities: Abilities;
  /** Of its author, and perhaps the one that it shares with its gateway. */
  readonly anchors: readonly CoseKey[];
  readonly mlDsa?: MlDsa | undefined;
  /** To decrypt payloads with: private halves and shared secrets. */
  readonly keys: readonly CoseKey[];
  /** Bytes that one component takes. */
  readonly capacity: number;
  /** Of an image, for conditions. */
  readonly versionOf: (image: Uint8Array) => readonly number[];
}

/** Throws WireError `cbor.*`, `cose.*`, `suit.*`; TrustError `cose.*`, `suit.*`, `release.distrusted`, `release.outdated`. */
export function authenticated(
  recipient: Recipient,
  bytes: Uint8Array,
  { installed }: Pick<Memory, "installed">,
): Program {
  const envelope = readEnvelope(bytes); //                 §8.2, §11: strict, tag 107
  checkAuthenticated(envelope); //                          §6.2: at least one block
  checkBelieved(recipient, envelope); //                    §6.2: before anything else is read
  const program = programOf(envelope); //                   §8.3, §8.6, §7.5: the manifest's digest, no orphans
  checkSequence(program, installed); //                     §8.4.2
  return program;
}

/** §8.3: one block is enough, of a key that the node has and an algorithm that it knows. */
function checkBelieved({ anchors, abilities, mlDsa }: Recipient, { authentication }: Envelope): void {
  const { blocks, signed } = authentication;
  const known = abilities.capabilities.cryptoAlgorithms;
  const believed = blocks.some((block) =>
    authenticate(decodeMessage(block), anchors, { detached: signed, mlDsa }).some(
      (verdict) => verdict.ok && known.includes(verdict.algorithm.id),
    ),
  );
  if (!believed) throw new TrustError("release.distrusted", { blocks: blocks.length });
}

/** §8.4.2: never back. The same manifest again is no step back: its last run may have been cut short. */
function checkSequence({ manifest: { sequenceNumber }, digest }: Program, installed: Memory["installed"]): void {
  if (installed === undefined || sequenceNumber > installed.sequence) return;
  if (sequenceNumber === installed.sequence && equalBytes(digest.bytes, installed.digest)) return;
  throw new TrustError("release.outdated", {
    received: String(sequenceNumber),
    installed: String(installed.sequence),
  });
}

/** td: the digest in the manifest above vouches for a dependency; blocks of its own must be believed too. */
export const dependencyOf = (recipient: Recipient, bytes: Uint8Array, digest: SuitDigest): Program =>
  openDependency(bytes, digest, (envelope) => {
    if (envelope.authentication.blocks.length > 0) checkBelieved(recipient, envelope);
  });
