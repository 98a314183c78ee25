/** Looks at the clock on behalf of the directory: what nobody renewed is removed, and who observes lookups is told. */
import { type Clock, type Closable, every, type Millis, seconds, type Timer } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Directory } from "./directory.ts";

/** Also the most often that observers are told: a lookup may go through the whole directory. */
const LOOK_EVERY = seconds(1);
/** Removed by one look: after days without power that may be all of a fleet's, and no lookup shows them anyway. */
const AT_ONCE = 256;

export interface ExpiryOptions {
  readonly directory: Directory;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Lookups may find something else from now on. */
  readonly changed: () => void;
}

export class Expiry implements Closable {
  readonly #options: ExpiryOptions;
  readonly #timer: Timer;
  #lookedAt: Millis;
  #revision: number;

  constructor(options: ExpiryOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.now();
    this.#revision = options.directory.revision;
    this.#timer = every(options.clock, LOOK_EVERY, () => this.#look());
  }

  #look(): void {
    const { directory, recorder, clock, changed } = this.#options;
    const now = clock.now();
    for (const { id, endpoint } of directory.gone(now, AT_ONCE)) {
      // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
      recorder.record("directory.removed", { registration: id, endpoint, reason: "expired" }).catch(() => undefined);
    }
    if (directory.revision !== this.#revision || directory.anyLapsed(this.#lookedAt, now)) changed();
    this.#revision = directory.revision;
    this.#lookedAt = now;
  }

  close(): void {
    this.#timer.cancel();
  }
}
