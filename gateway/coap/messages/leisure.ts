/**
 * RFC 7252 §8.2 — answers to a request that was sent to a group: each member waits a random moment of its leisure, so
 * that not all of a building answer at once, and says nothing where it has nothing to say.
 */
import { type Clock, type Millis, millis, type Random, seconds, type Timer } from "../../base/index.ts";
import { codeClass, codeOf } from "../../wire/coap/index.ts";
import type { Reply } from "../requests/response-writer.ts";

const DEFAULT_LEISURE: Millis = seconds(5);
/** Answers that wait at one time. A group is asked rarely; more than this is somebody playing. */
const WAITING = 32;

export class Leisure {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Set<Timer>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Calls `send` after a while; not for errors, nor for an answer that finds nothing. */
  answer({ code, payload }: Reply, send: () => void): void {
    if (codeClass(codeOf(code)) !== 2 || payload.length === 0 || this.#waiting.size >= WAITING) return;
    const timer = this.#clock.after(millis(this.#random.next() * DEFAULT_LEISURE), () => {
      this.#waiting.delete(timer);
      send();
    });
    this.#waiting.add(timer);
  }

  close(): void {
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }
}
