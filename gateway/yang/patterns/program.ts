/**
 * A syntax tree → a nondeterministic automaton (Thompson's construction), as a list of instructions. Counted
 * repetitions are written out, which is why a pattern has a size limit.
 */
import type { CharSet } from "./char-set.ts";
import type { Expression } from "./syntax.ts";

/** What one text may cost per character: two thousand copies of a counted part, as in `[a-z]{0,2000}`. */
export const MAX_INSTRUCTIONS = 5_000;

/** By instruction: `set` >= 0: takes a character of that set and goes on to the one after it. `SPLIT`: goes on to both. */
export interface Program {
  readonly set: Int16Array;
  readonly next: Int16Array;
  readonly other: Int16Array;
  readonly sets: readonly CharSet[];
}

export const SPLIT = -1;
export const ACCEPT = -2;

/** undefined: the program would be longer than MAX_INSTRUCTIONS. */
export function writeProgram(expression: Expression): Program | undefined {
  const writer = new Writer();
  if (!writer.write(expression)) return undefined;
  writer.add(ACCEPT);
  const { set, next, other, sets } = writer;
  return { set: Int16Array.from(set), next: Int16Array.from(next), other: Int16Array.from(other), sets };
}

/** Instructions are written in the order of the text, so that "what follows" is the next one to be written. */
class Writer {
  readonly set: number[] = [];
  readonly next: number[] = [];
  readonly other: number[] = [];
  readonly sets: CharSet[] = [];
  readonly #setNumbers = new Map<string, number>();
  /** Steps of writing: repetitions of nothing write nothing, but take time. */
  #steps = 0;

  add(set: number): number {
    const at = this.set.push(set) - 1;
    this.next.push(at + 1);
    this.other.push(at + 1);
    return at;
  }

  /** False: too long; nothing more is to be written. */
  write(expression: Expression): boolean {
    this.#steps += 1;
    if (this.set.length >= MAX_INSTRUCTIONS || this.#steps > 4 * MAX_INSTRUCTIONS) return false;
    switch (expression.kind) {
      case "set":
        this.add(this.#numberOf(expression.set));
        return true;
      case "sequence":
        return expression.parts.every((part) => this.write(part));
      case "choice":
        return this.#choice(expression.parts);
      case "repeat":
        return this.#repeat(expression.part, expression.min, expression.max);
    }
  }

  #choice(parts: readonly Expression[]): boolean {
    const ends: number[] = [];
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1;
      const split = last ? undefined : this.add(SPLIT);
      if (!this.write(part)) return false;
      if (split === undefined) continue;
      // A jump is a split with one way.
      ends.push(this.add(SPLIT));
      this.other[split] = this.set.length;
    }
    for (const end of ends) this.#jump(end, this.set.length);
    return true;
  }

  #repeat(part: Expression, min: number, max: number | undefined): boolean {
    for (let i = 0; i < min; i++) if (!this.write(part)) return false;
    if (max === undefined) {
      const split = this.add(SPLIT);
      if (!this.write(part)) return false;
      this.#jump(this.add(SPLIT), split);
      this.other[split] = this.set.length;
      return true;
    }
    // x{0,3} is (x(x(x)?)?)?: each copy may lead straight to the end, so few ways are open at a time.
    const splits: number[] = [];
    for (let i = min; i < max; i++) {
      splits.push(this.add(SPLIT));
      if (!this.write(part)) return false;
    }
    for (const split of splits) this.other[split] = this.set.length;
    return true;
  }

  #jump(from: number, to: number): void {
    this.next[from] = to;
    this.other[from] = to;
  }

  #numberOf(set: CharSet): number {
    const known = this.#setNumbers.get(set.key);
    if (known !== undefined) return known;
    const number = this.sets.push(set) - 1;
    this.#setNumbers.set(set.key, number);
    return number;
  }
}
