/**
 * Which node failed with which image, and how often (UX-R5): an image that a node could not take is not sent again and again.
 * Keyed by digest, since a version can be given to other bytes. Part of the projection of campaigns.
 */
import type { NodeId } from "../../base/index.ts";
import {
  type Digest,
  decodePlain,
  encodePlain,
  type Phase,
  type StateChange,
  type StateStore,
} from "../../store/index.ts";
import { hasFailed } from "./progress.ts";

const TABLE = "campaign-failures";

export class Quarantine {
  /** Failures by image, of each node. */
  readonly #failures = new Map<NodeId, Map<Digest, number>>();
  readonly #dirty = new Set<NodeId>();

  failures(node: NodeId, image: Digest): number {
    return this.#failures.get(node)?.get(image) ?? 0;
  }

  /** A node came to a phase with an image. Success heals. */
  note(node: NodeId, image: Digest, phase: Phase): void {
    const known = this.#failures.get(node);
    if (hasFailed({ phase })) {
      const images = known ?? new Map<Digest, number>();
      this.#failures.set(node, images.set(image, (images.get(image) ?? 0) + 1));
    } else if (phase !== "done" || !known?.delete(image)) {
      return;
    }
    if (this.#failures.get(node)?.size === 0) this.#failures.delete(node);
    this.#dirty.add(node);
  }

  /** The device is gone, and what it could not do says nothing of another one. */
  forget(node: NodeId): void {
    if (this.#failures.delete(node)) this.#dirty.add(node);
  }

  async load(state: StateStore): Promise<void> {
    for (const [node, bytes] of await state.entries(TABLE)) {
      this.#failures.set(node as NodeId, new Map(decodePlain(bytes) as ReadonlyArray<[Digest, number]>));
    }
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((node) => {
      const images = this.#failures.get(node);
      return { table: TABLE, key: node, value: images && encodePlain([...images]) };
    });
    this.#dirty.clear();
    return changes;
  }
}
