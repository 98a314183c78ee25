/**
 * RFC 9175 §2 — Echo: a peer that repeats our value got it, so it is where it says. Values are made, not stored: a MAC
 * over the peer's address and a coarse time. Who proved itself is remembered for some minutes.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Millis, minutes, seconds } from "../../base/index.ts";
import { pathOf, type Remote } from "../transport/transport.ts";

/**
 * The 4.01 that carries the value must fit three times the smallest request: 4 bytes of header with a value of 6 make
 * 12. Who guesses 48 bits needs no mirror.
 */
export const ECHO_BYTES = 6;
/** A value is good in its window and the next. */
const WINDOW = minutes(1);
const MAC_KEY_BYTES = 32;

export class EchoValues {
  /** Lives as long as the process: after a restart peers prove themselves anew. */
  readonly #key: Uint8Array;

  constructor(key: Uint8Array = randomBytes(MAC_KEY_BYTES)) {
    this.#key = key;
  }

  make(remote: Remote, now: Millis): Uint8Array {
    return this.#value(remote, Math.floor(now / WINDOW));
  }

  proves(value: Uint8Array, remote: Remote, now: Millis): boolean {
    if (value.length !== ECHO_BYTES) return false;
    const window = Math.floor(now / WINDOW);
    return [window, window - 1].some((candidate) => timingSafeEqual(value, this.#value(remote, candidate)));
  }

  #value(remote: Remote, window: number): Uint8Array {
    const mac = createHmac("sha256", this.#key)
      .update(`${window} ${pathOf(remote)}`)
      .digest();
    return new Uint8Array(mac.subarray(0, ECHO_BYTES));
  }
}

/** How long a proof holds. */
export const PROOF_LIFETIME = seconds(600);

/** Paths that were proven, the oldest proof first; bounded, the oldest goes. */
export class ProvenPaths {
  readonly #until = new Map<string, Millis>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#until.size;
  }

  add(path: string, now: Millis): void {
    this.#until.delete(path);
    for (const oldest of this.#until.keys()) {
      if (this.#until.size < this.#limit) break;
      this.#until.delete(oldest);
    }
    this.#until.set(path, (now + PROOF_LIFETIME) as Millis);
  }

  has(path: string, now: Millis): boolean {
    return (this.#until.get(path) ?? 0) > now;
  }

  purge(now: Millis): void {
    for (const [path, until] of this.#until) {
      if (until > now) return; // those behind it are younger
      this.#until.delete(path);
    }
  }
}
