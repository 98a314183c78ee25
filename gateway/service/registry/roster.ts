/**
 * Which nodes there are and what they are called, as one number: a sum of digests, one for each node. It is the same for
 * the same nodes in whatever order they came, and a change of one costs the digest of one.
 */
import { hash } from "node:crypto";
import type { NodeId } from "../../base/index.ts";

const BYTES = 6;
/** Two of them can be added exactly. */
const MODULUS = 2 ** (8 * BYTES);

export class Roster {
  #sum = 0;

  constructor(names: Iterable<readonly [id: NodeId, name: string]>) {
    for (const [id, name] of names) this.move(id, undefined, name);
  }

  /** Below 2^48. */
  get sum(): number {
    return this.#sum;
  }

  /** A node goes from one name to another; undefined = it is not there. */
  move(id: NodeId, from: string | undefined, to: string | undefined): void {
    if (from !== undefined) this.#sum = (this.#sum + MODULUS - digestOf(id, from)) % MODULUS;
    if (to !== undefined) this.#sum = (this.#sum + digestOf(id, to)) % MODULUS;
  }
}

const digestOf = (id: NodeId, name: string): number => hash("sha256", `${id} ${name}`, "buffer").readUIntBE(0, BYTES);
