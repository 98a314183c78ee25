/** Looks at the clock on behalf of the inventory: a node that should have woken and did not becomes a fact. */
import { type Clock, type Closable, every, type Millis, millis, type NodeId, type Timer } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Reach } from "./reachability.ts";
import type { Registry } from "./registry.ts";

/** Nodes looked at in one go: some milliseconds, after which whoever wakes has its turn. */
const AT_ONCE = 256;
const SOON = millis(1);

/** Records what time makes of each node. */
export class Presence implements Closable {
  readonly #registry: Registry;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #isAwaited: (node: NodeId) => boolean;
  readonly #isHeld: () => boolean;
  readonly #timer: Timer;
  #rest: Timer | undefined;

  /**
   * `interval`: how often to look; a small part of the usual wake interval is plenty. `isAwaited`: somebody counts the
   * missed wakes of this node, also when it is lost. `isHeld`: the clock may be wrong, so nobody becomes overdue or lost by it.
   */
  constructor(
    registry: Registry,
    recorder: Recorder,
    clock: Clock,
    interval: Millis,
    isAwaited: (node: NodeId) => boolean,
    isHeld: () => boolean = () => false,
  ) {
    this.#registry = registry;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#isAwaited = isAwaited;
    this.#isHeld = isHeld;
    this.#timer = every(clock, interval, () => {
      this.#rest?.cancel();
      this.#look(0);
    });
  }

  #look(from: number): void {
    const { changed, next } = this.#registry.overdueAmong(this.#clock.now(), {
      from,
      limit: AT_ONCE,
      isAwaited: this.#isAwaited,
      isHeld: this.#isHeld(),
    });
    for (const { node, reach } of changed) {
      // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
      this.#recorder
        .record("node.reachability", {
          node: node.id,
          from: node.reach.state,
          to: reach.state,
          missedWakes: reach.missedWakes,
          ...signOfLife(node.reach, reach),
        })
        .catch(() => undefined);
    }
    this.#rest = next === undefined ? undefined : this.#clock.after(SOON, () => this.#look(next));
  }

  close(): void {
    this.#timer.cancel();
    this.#rest?.cancel();
  }
}

/** What the look found besides the time: a word that is in no fact yet. */
function signOfLife(before: Reach, { lastSeen, nextWake }: Reach): { heard?: Millis; nextWake?: Millis } {
  if (lastSeen === undefined || lastSeen === before.lastSeen) return {};
  return nextWake === undefined ? { heard: lastSeen } : { heard: lastSeen, nextWake };
}
