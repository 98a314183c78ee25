/** Whose turn it is: a few sessions at a time, in the order in which they asked. */
import type { NodeId } from "../../base/index.ts";

export class Turns {
  readonly #most: number;
  readonly #begin: (node: NodeId) => void;
  /** In the order in which they became due. */
  readonly #waiting = new Set<NodeId>();
  #taken = 0;

  /** `begin`: it is this node's turn; it takes it by `taken`, or has nothing to do any more. */
  constructor(most: number, begin: (node: NodeId) => void) {
    this.#most = most;
    this.#begin = begin;
  }

  /** Whether the node waits for its turn. */
  set(node: NodeId, waits: boolean): void {
    if (waits) this.#waiting.add(node);
    else this.#waiting.delete(node);
  }

  taken(): void {
    this.#taken += 1;
  }

  over(): void {
    this.#taken -= 1;
  }

  /** To be told after each change. */
  give(): void {
    for (const node of this.#waiting) {
      if (this.#taken >= this.#most) return;
      this.#waiting.delete(node);
      this.#begin(node);
    }
  }
}
