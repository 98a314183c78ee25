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
  /** A request with an unknown ID Context costs a key derivation before it proves anything: so many a second. */
  readonly derivationsPerSecond: number;
}

export const REDERIVATION_LIMITS: RederivationLimits = { open: 4_096, derivationsPerSecond: 100 };

export class Rederivation {
  readonly #clock: Clock;
  readonly #limits: RederivationLimits;
  /** R2 by credential id, oldest first. */
  readonly #open = new Map<string, Uint8Array>();
  #allowance: number;
  #counted: Millis;

  constructor(clock: Clock, limits: RederivationLimits = REDERIVATION_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#allowance = limits.derivationsPerSecond;
    this.#counted = clock.now();
  }

  /** Whether there is time for one more derivation. */
  mayDerive(): boolean {
    const now = this.#clock.now();
    const rate = this.#limits.derivationsPerSecond;
    const grown = this.#allowance + (Math.max(0, now - this.#counted) / 1000) * rate;
    this.#allowance = Math.min(rate, grown);
    this.#counted = now;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
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
