/** Walks a nondeterministic automaton on all its ways at once. */
import { ACCEPT, type Program, SPLIT } from "./program.ts";

export class Walk {
  readonly #program: Program;
  /** By instruction: the step at which it was met last. */
  readonly #met: Uint32Array;
  readonly #reached: Uint16Array;
  readonly #pending: number[] = [];
  #count = 0;
  #ascending = true;
  #step = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#met = new Uint32Array(program.set.length);
    this.#reached = new Uint16Array(program.set.length);
  }

  /** Where a text begins: the instructions that wait for its first character. */
  start(): Uint16Array {
    this.#begin();
    this.#follow(0);
    return this.#end();
  }

  /** Where the ways lead with a character that is in `members`: a 1 for each set of the program that holds it. */
  on(ways: Uint16Array, members: Uint8Array): Uint16Array {
    const { set } = this.#program;
    this.#begin();
    for (const way of ways) {
      const taken = set[way] ?? ACCEPT;
      if (taken !== ACCEPT && members[taken] === 1) this.#follow(way + 1);
    }
    return this.#end();
  }

  #begin(): void {
    this.#step += 1;
    this.#count = 0;
    this.#ascending = true;
  }

  /** Goes on from `start` until a character is needed. */
  #follow(start: number): void {
    const { set, next, other } = this.#program;
    for (let at: number | undefined = start; at !== undefined; at = this.#pending.pop()) {
      if (this.#met[at] === this.#step) continue;
      this.#met[at] = this.#step;
      if (set[at] === SPLIT) this.#pending.push(other[at] ?? 0, next[at] ?? 0);
      else {
        this.#ascending &&= this.#count === 0 || (this.#reached[this.#count - 1] ?? 0) < at;
        this.#reached[this.#count++] = at;
      }
    }
  }

  /** Ascending, so that equal sets of ways are equal states. */
  #end(): Uint16Array {
    const reached = this.#reached.slice(0, this.#count);
    return this.#ascending ? reached : reached.sort();
  }
}
