/** What verification says, and the trial of keys that leads there (RFC 9052 §3.1: kid is a hint, and may be absent). */
import { type CodedError, equalBytes, isCoded, TrustError, UsageError } from "../../../base/index.ts";
import { type Algorithm, type AlgorithmKind, type OfKind, ofKind } from "../algorithms.ts";
import type { MlDsa } from "../crypto/ml-dsa.ts";
import { type CoseKey, type KeyOperation, refusal } from "../keys/key.ts";
import { algorithmOf, type Headers, kidOf } from "./headers.ts";
import type { KdfSupplement } from "./structures.ts";

export type Verdict<T = Verified> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: CodedError };

export interface Verified {
  readonly key: CoseKey;
  readonly algorithm: Algorithm;
  /** What the proof covers, attached or detached. */
  readonly payload: Uint8Array;
}

export interface VerifyOptions {
  /** Content that travels beside a message whose own is nil. */
  readonly detached?: Uint8Array | undefined;
  /** RFC 9052 §4.3. */
  readonly aad?: Uint8Array | undefined;
  /** From `loadMlDsa`: without it ML-DSA is refused. */
  readonly mlDsa?: MlDsa | undefined;
  /** What went into the key derivation of recipients. */
  readonly kdf?: KdfSupplement | undefined;
}

/** Every coded error becomes a verdict; others are bugs and stay thrown. */
export function verdict<T>(judge: () => T): Verdict<T> {
  try {
    return { ok: true, ...judge() };
  } catch (error) {
    if (isCoded(error)) return { ok: false, error };
    throw error;
  }
}

/** The content: the message's own or the detached, never a choice between two. */
export function contentOf(attached: Uint8Array | undefined, detached: Uint8Array | undefined): Uint8Array {
  const content = attached ?? detached;
  if (content === undefined) throw new UsageError("cose.content", { where: "detached, and none was given" });
  if (attached !== undefined && detached !== undefined) {
    throw new UsageError("cose.content", { where: "attached, and another was given beside it" });
  }
  return content;
}

export interface Candidates<A extends Algorithm> {
  readonly algorithm: A;
  /** At least one. */
  readonly keys: readonly CoseKey[];
}

/** The keys that may be tried on this layer: no other kid than the layer's, and able to do what it demands. */
export function candidates<K extends AlgorithmKind>(
  headers: Headers,
  keys: readonly CoseKey[],
  kinds: readonly K[],
  place: string,
  demand: (algorithm: OfKind<K>) => readonly [Algorithm, KeyOperation],
): Candidates<OfKind<K>> {
  const algorithm = ofKind(algorithmOf(headers), kinds, place);
  const kid = kidOf(headers);
  const named = keys.filter((key) => kid === undefined || key.kid === undefined || equalBytes(kid, key.kid));
  const [wanted, operation] = demand(algorithm);
  const able = named.filter((key) => refusal(key, wanted, operation) === undefined);
  if (able.length > 0) return { algorithm, keys: able };
  const [first] = named;
  const none = keys.length === 0 ? "none was given" : "the kid is of none of them";
  const reason = first === undefined ? none : (refusal(first, wanted, operation) ?? none);
  throw new TrustError("cose.key", { purpose: `'${operation}' in ${place}`, reason });
}
