/**
 * RFC 8613 Appendix B.1.2, RFC 9175 §2 — the Echo value that lets a replay window begin: whoever sends it back has
 * spoken after this start of the gateway. Of the challenges nothing is kept but which was the last of a context.
 *
 *   seconds since the start 3 | HMAC-SHA-256 under a key of this start, over seconds and context, cut to 5
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, type Millis, minutes } from "../../../base/index.ts";
import type { SecurityContext } from "./security-context.ts";

/** The last challenge of a context. */
export interface Challenged {
  /** Partial IV of the request. */
  readonly number: number;
  /** Seconds since the start. */
  readonly second: number;
}

const TIME_BYTES = 3;
const MAC_BYTES = 5;
const FRESH_FOR = minutes(5);

export class Challenger {
  readonly #clock: Clock;
  readonly #start: Millis;
  readonly #key = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  /**
   * Each challenge costs a sequence number of ours, and whoever has recorded requests can replay them at any rate: so
   * there is one a second for a context, and none for a request that is not newer than the one challenged last. What
   * the node says next is newer than all that was ever recorded.
   */
  isDue({ challenged }: SecurityContext, number: number): boolean {
    return challenged === undefined || (number > challenged.number && this.#seconds() !== challenged.second);
  }

  challenging(number: number): Challenged {
    return { number, second: this.#seconds() };
  }

  /** The Echo value to ask back. */
  make(context: SecurityContext): Uint8Array {
    const time = Buffer.alloc(TIME_BYTES);
    time.writeUIntBE(this.#seconds(), 0, TIME_BYTES);
    return Buffer.concat([time, this.#mac(context, time)]);
  }

  isFresh(context: SecurityContext, echo: Uint8Array): boolean {
    if (echo.length !== TIME_BYTES + MAC_BYTES) return false;
    const time = Buffer.from(echo.subarray(0, TIME_BYTES));
    if (!timingSafeEqual(this.#mac(context, time), echo.subarray(TIME_BYTES))) return false;
    const age = (this.#seconds() - time.readUIntBE(0, TIME_BYTES)) & 0xffffff; // counts round after 194 days
    return age * 1000 <= FRESH_FOR;
  }

  #seconds(): number {
    return Math.max(0, Math.floor((this.#clock.now() - this.#start) / 1000)) & 0xffffff;
  }

  #mac(context: SecurityContext, time: Uint8Array): Uint8Array {
    const hmac = createHmac("sha256", this.#key).update(time).update(`${context.serial} ${context.key}`);
    return hmac.digest().subarray(0, MAC_BYTES);
  }
}
