/** Looks at the clock on behalf of the inventory: a node that should have woken and did not becomes a fact. */
import { type Clock, type Closable, every, type Millis, type Timer } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Registry } from "./registry.ts";

/** Records what time makes of each node. */
export class Presence implements Closable {
  readonly #timer: Timer;

  /** `interval`: how often to look; a small part of the usual wake interval is plenty. */
  constructor(registry: Registry, recorder: Recorder, clock: Clock, interval: Millis) {
    this.#timer = every(clock, interval, () => {
      for (const { node, reach } of registry.overdue(clock.now())) {
        // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
        recorder
          .record("node.reachability", {
            node: node.id,
            from: node.reach.state,
            to: reach.state,
            missedWakes: reach.missedWakes,
          })
          .catch(() => undefined);
      }
    });
  }

  close(): void {
    this.#timer.cancel();
  }
}
