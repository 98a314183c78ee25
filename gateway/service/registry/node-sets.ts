/** Which module set each node belongs to, by place: two bytes a node, and each name once, however many nodes bear it. */
import type { SetName } from "../../yang/index.ts";

export class NodeSets {
  /** 0 stands for the default set. */
  readonly #names: SetName[] = [undefined];
  readonly #counts: number[] = [0];
  #column = new Uint16Array(16);

  of(place: number): SetName {
    return this.#names[this.#column[place] ?? 0];
  }

  put(place: number, set: SetName): void {
    const before = this.#column[place] ?? 0;
    const index = this.#indexOf(set);
    if (index === before) return;
    if (place >= this.#column.length) this.#grow(place);
    this.#column[place] = index;
    this.#counts[before] = (this.#counts[before] ?? 0) - 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Named sets that nodes belong to, with their number. */
  counts(): ReadonlyMap<string, number> {
    const named = this.#names.map((name, index): readonly [SetName, number] => [name, this.#counts[index] ?? 0]);
    return new Map(named.filter((each): each is [string, number] => each[0] !== undefined && each[1] > 0));
  }

  #indexOf(set: SetName): number {
    const index = this.#names.indexOf(set);
    return index >= 0 ? index : this.#names.push(set) - 1;
  }

  #grow(place: number): void {
    const column = new Uint16Array(2 * Math.max(place, this.#column.length));
    column.set(this.#column);
    this.#column = column;
  }
}
