/**
 * RFC 8613 Appendix B.2 — the server's part of agreeing on new keys: R2, the random bytes it puts into the ID Context.
 * The same R2 is offered until a request under R2 || R3 has shown that the peer took it, and then never again: so a
 * replayed first request disturbs nobody, and a replayed second one finds no R2 to begin a context with.
 */
import { randomBytes } from "node:crypto";
import { type Clock, equalBytes, type Millis } from "../../../base/index.ts";

/** Bytes of R1, R2 and R3. */
export const NONCE_PART_BYTES = 8;

export interface RederivationLimits {
  /** Credentials that have an R2 open. */
  readonly open: number;
  /** A message with an unknown ID Context costs a key derivation before it proves anything: so many a second, in each role. */
  readonly derivationsPerSecond: number;
}

export const REDERIVATION_LIMITS: RederivationLimits = { open: 4_096, derivationsPerSecond: 100 };

/** So many derivations a second, and a second's worth at once. */
class Derivations {
  readonly #clock: Clock;
  readonly #rate: number;
  #left: number;
  #counted: Millis;

  constructor(clock: Clock, rate: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate;
    this.#counted = clock.now();
  }

  /** Whether there is time for one more. */
  take(): boolean {
    const now = this.#clock.now();
    const grown = this.#left + (Math.max(0, now - this.#counted) / 1000) * this.#rate;
    this.#left = Math.min(this.#rate, grown);
    this.#counted = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

export class Rederivation {
  /** For requests, which anybody can send. */
  readonly asServer: Derivations;
  /** For answers to requests of ours: no flood of strangers keeps us from agreeing on keys with a node. */
  readonly asClient: Derivations;
  readonly #limits: RederivationLimits;
  /** R2 by credential id, oldest first. */
  readonly #open = new Map<string, Uint8Array>();

  constructor(clock: Clock, limits: RederivationLimits = REDERIVATION_LIMITS) {
    this.asServer = new Derivations(clock, limits.derivationsPerSecond);
    this.asClient = new Derivations(clock, limits.derivationsPerSecond);
    this.#limits = limits;
  }

  /** R2 for the answer to a first request. */
  offer(credentialId: string): Uint8Array {
    const known = this.#open.get(credentialId);
    if (known !== undefined) return known;
    const r2 = new Uint8Array(randomBytes(NONCE_PART_BYTES));
    this.#open.set(credentialId, r2);
    for (const id of this.#open.keys()) {
      if (this.#open.size <= this.#limits.open) break;
      this.#open.delete(id);
    }
    return r2;
  }

  /** Whether this ID Context is our open R2 with something behind it. */
  continues(credentialId: string, idContext: Uint8Array): boolean {
    const r2 = this.#open.get(credentialId);
    return r2 !== undefined && idContext.length > r2.length && equalBytes(idContext.subarray(0, r2.length), r2);
  }

  /** The peer took R2, or the credential is gone. */
  close(credentialId: string): void {
    this.#open.delete(credentialId);
  }
}

/** B.2: on the wire the ID Context is wrapped as a CBOR byte string; undefined when it is not one. */
export function unwrapContext(kidContext: Uint8Array): Uint8Array | undefined {
  const head = kidContext[0];
  if (head === undefined) return undefined;
  if (head >= 0x40 && head <= 0x57) return kidContext.length === 1 + head - 0x40 ? kidContext.subarray(1) : undefined;
  return head === 0x58 && kidContext.length === 2 + (kidContext[1] ?? 0) ? kidContext.subarray(2) : undefined;
}

export const wrapContext = (idContext: Uint8Array): Uint8Array =>
  idContext.length < 24
    ? Uint8Array.of(0x40 | idContext.length, ...idContext)
    : Uint8Array.of(0x58, idContext.length, ...idContext);
