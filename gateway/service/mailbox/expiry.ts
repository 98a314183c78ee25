/** Looks at the clock on behalf of the mailbox: an edit that has waited for too long goes out no more. */
import { type Clock, type Closable, every, type Millis, minutes, type NodeId, type Timer } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import { type Box, confirm, waiting } from "./box.ts";
import type { Mailbox } from "./mailbox.ts";
import { expiry, failure } from "./outcomes.ts";

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
      expireOverdue(node, { mailbox: this.#mailbox, recorder: this.#recorder }, now);
    }
  }

  close(): void {
    this.#timer.cancel();
  }
}

/** Takes back what a node has not been sent yet of the edits with these revisions. */
export function withdrawEdits(
  node: NodeId,
  isMeant: (revision: number) => boolean,
  { mailbox, recorder }: Boxes,
  now: Millis,
): void {
  for (const { revision } of mailbox.box(node).edits) {
    const box = mailbox.box(node);
    const edit = box.edits.find((each) => each.revision === revision);
    if (edit?.status.state !== "waiting" || !isMeant(revision)) continue;
    const told = failure(node, box, edit, { type: "expired", at: now });
    if (told !== undefined) recorder.record("edit.state", told).catch(() => undefined); // as below
  }
}

interface Boxes {
  readonly mailbox: Mailbox;
  readonly recorder: Recorder;
}

/**
 * What has waited for too long at a node ends now; false when nothing had. `heard`: the node itself has just spoken, and says
 * that it has applied this revision: what was delivered beyond it has not reached it, and goes out again only within its time.
 */
export function expireOverdue(
  node: NodeId,
  { mailbox, recorder }: Boxes,
  now: Millis,
  heard?: { readonly applied: number | undefined },
): boolean {
  const spoken = heard !== undefined;
  const said = (box: Box): Box => (heard?.applied === undefined ? box : confirm(box, heard.applied, now));
  if (!waiting(mailbox.box(node)).some(({ expires }) => expires !== undefined && expires <= now)) return false;
  for (const { revision } of waiting(said(mailbox.box(node)))) {
    const box = mailbox.box(node);
    const edit = box.edits.find((each) => each.revision === revision);
    const told = edit && expiry(node, box, edit, { at: now, heard: spoken });
    // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
    if (told !== undefined) recorder.record("edit.state", told).catch(() => undefined);
  }
  return true;
}
