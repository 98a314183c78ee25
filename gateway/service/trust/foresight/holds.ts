/**
 * Offers that are held back at a wake: what will fail now costs no radio time, and may be right at the next one. What is told
 * of it is told when it begins or changes, not at every wake.
 */
import { type Logger, type NodeId, RecentMap } from "../../../base/index.ts";
import type { Digest } from "../../../store/index.ts";
import type { Tree } from "../../../yang/index.ts";
import type { ReportedSuit } from "../../registry/index.ts";
import type { Foresight } from "./foresight.ts";

/** What a protocol face asks before it offers an image; `tree`: what the node told, this time included. */
export interface HoldsOffers {
  /** Why not now. */
  check(node: NodeId, image: Digest, tree: Tree): string | undefined;
}

export interface OfferHoldsOptions {
  readonly foresight: Pick<Foresight, "obstacle">;
  readonly suitOf: (tree: Tree) => ReportedSuit | undefined;
  readonly log: Logger;
}

/** Nodes whose offer is held back at a time. */
const HELD = 8192;

export class OfferHolds implements HoldsOffers {
  readonly #options: OfferHoldsOptions;
  readonly #held = new RecentMap<NodeId, string>(HELD);
  readonly #listeners = new Set<(node: NodeId, why: string) => void>();

  constructor(options: OfferHoldsOptions) {
    this.#options = options;
  }

  check(node: NodeId, image: Digest, tree: Tree): string | undefined {
    const { foresight, suitOf, log } = this.#options;
    const why = foresight.obstacle(image, suitOf(tree));
    if (why === undefined) this.#held.delete(node);
    else if (this.#held.get(node) !== why) {
      this.#held.set(node, why);
      log.warn("offer.held-back", { node, image, why });
      for (const listener of this.#listeners) listener(node, why);
    }
    return why;
  }

  /** As of its last wake; nothing after a restart. */
  why(node: NodeId): string | undefined {
    return this.#held.get(node);
  }

  onHeld(listener: (node: NodeId, why: string) => void): void {
    this.#listeners.add(listener);
  }
}
