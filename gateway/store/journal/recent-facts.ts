/** The newest facts in memory, so that a reader who follows the journal does not touch the disk. */
import type { Fact } from "../facts.ts";

export class RecentFacts {
  readonly #facts: (Fact | undefined)[];
  /** Oldest number held; above #last while nothing is. */
  #first: number;
  #last: number;

  constructor(last: number, capacity: number) {
    this.#facts = new Array(capacity);
    this.#first = last + 1;
    this.#last = last;
  }

  push(fact: Fact): void {
    const capacity = this.#facts.length;
    this.#facts[fact.seq % capacity] = fact;
    this.#last = fact.seq;
    if (this.#last - this.#first >= capacity) this.#first = this.#last - capacity + 1;
  }

  /** The facts `from` to `to`, or undefined when the oldest of them is no longer held. */
  range(from: number, to: number): readonly Fact[] | undefined {
    if (from < this.#first || to > this.#last) return undefined;
    const facts: Fact[] = [];
    for (let seq = from; seq <= to; seq++) {
      const fact = this.#facts[seq % this.#facts.length];
      if (fact !== undefined) facts.push(fact);
    }
    return facts;
  }
}
