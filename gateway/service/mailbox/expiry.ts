/** Looks at the clock on behalf of the mailbox: an edit that has waited for too long goes out no more. */
import { type Clock, type Closable, every, minutes, type Timer } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Mailbox } from "./mailbox.ts";
import { expiry } from "./outcomes.ts";

const LOOK_EVERY = minutes(1);
/** Nodes looked at in one go: after weeks without power that may be all of a fleet's. */
const AT_ONCE = 256;

export class EditExpiry implements Closable {
  readonly #mailbox: Mailbox;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #timer: Timer;

  constructor(mailbox: Mailbox, recorder: Recorder, clock: Clock) {
    this.#mailbox = mailbox;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#timer = every(clock, LOOK_EVERY, () => this.look());
  }

  look(): void {
    const now = this.#clock.now();
    for (const node of this.#mailbox.overdue(now).slice(0, AT_ONCE)) {
      for (const { revision } of this.#mailbox.box(node).edits) {
        const box = this.#mailbox.box(node);
        const edit = box.edits.find((each) => each.revision === revision);
        const told = edit && expiry(node, box, edit, now);
        // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
        if (told !== undefined) this.#recorder.record("edit.state", told).catch(() => undefined);
      }
    }
  }

  close(): void {
    this.#timer.cancel();
  }
}
