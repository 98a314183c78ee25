/** Choices from a seed: the same seed throws the same datagrams. */
import { type Random, seededRandom } from "../../gateway/base/index.ts";

export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  chance(share: number): boolean {
    return this.#random.next() < share;
  }

  /** `list` must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Up to `max` bytes of anything. */
  bytes(max: number): Uint8Array {
    return Uint8Array.from({ length: this.below(max + 1) }, () => this.below(256));
  }
}
