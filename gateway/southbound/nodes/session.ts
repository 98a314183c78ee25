/**
 * The gateway's dealings with one node that serves its datastore, as one pure machine: what there is to do, whether the node
 * can be asked now, and what is being asked. One errand at a time, each behind a turn that all nodes share.
 */
import { type Millis, millis, minutes, seconds } from "../../base/index.ts";

/** What there is to do, in the order in which it is done. */
export interface Work {
  /** Edits wait for the node. */
  readonly edits: boolean;
  /** Edits go out one by one, to find the one that the node will not have. */
  readonly singly: boolean;
  /** The node's stream, and a datastore that can be observed, are not being watched. */
  readonly watch: boolean;
  /** Its datastore is to be read: because the node woke or because it is time (`visit`), or to see what became of it. */
  readonly read: "visit" | "look" | undefined;
}

export type Errand =
  | { readonly do: "edit"; readonly singly: boolean }
  | { readonly do: "watch" }
  | { readonly do: "read"; readonly visit: boolean };

interface Living {
  readonly work: Work;
  /** When a node that sleeps stops listening; undefined for one that always does. */
  readonly awakeUntil: Millis | undefined;
  /** Errands in a row that came to nothing. */
  readonly failures: number;
}

export type Session =
  /** All is known and said; looked at again at `until`. */
  | (Living & { readonly state: "current"; readonly until: Millis })
  /** There is something to do, and it waits for its turn. */
  | (Living & { readonly state: "due" })
  /** It has its turn: one request is out. */
  | (Living & { readonly state: "busy"; readonly errand: Errand })
  /** It did not answer: asked again at `until`, or when it gives a sign of life. */
  | (Living & { readonly state: "unreachable"; readonly until: Millis })
  /** It sleeps, and says when it wakes. */
  | (Living & { readonly state: "asleep" })
  | { readonly state: "gone" };

export type SessionEvent =
  /** The node registered or renewed its registration: it is awake. `anew`: what watched it is void. */
  | { readonly type: "registered"; readonly awakeUntil: Millis | undefined; readonly anew: boolean }
  /** Any other sign of life. */
  | { readonly type: "heard"; readonly awakeUntil: Millis | undefined }
  /** A manager's edit waits. */
  | { readonly type: "edited" }
  /** Something happened there, so its datastore may be another. */
  | { readonly type: "stirred" }
  /** What was watched is watched no longer. */
  | { readonly type: "unwatched" }
  | { readonly type: "turn"; readonly at: Millis }
  | {
      readonly type: "done";
      /** When it is looked at again, if nothing is left to do. */
      readonly next: Millis;
      /** What this errand leaves to do, or takes off the list. */
      readonly left?: Partial<Work>;
    }
  /** `draw`: uniform in [0, 1). `after`: the node says when to come again. */
  | { readonly type: "failed"; readonly at: Millis; readonly draw: number; readonly after?: Millis | undefined }
  /** `watch`: what can be watched is not. */
  | { readonly type: "time"; readonly at: Millis; readonly watch: boolean }
  | { readonly type: "removed" };

const NOTHING: Work = { edits: false, singly: false, watch: false, read: undefined };
const FIRST_BACKOFF = seconds(30);
const LONGEST_BACKOFF = minutes(30);

/** Nothing is asked before `until`, so that a whole site does not begin at once; what the node or a manager says comes first. */
export const resumed = (until: Millis, edits: boolean, awakeUntil?: Millis): Session => ({
  state: "current",
  work: { ...NOTHING, edits, watch: true, read: "look" },
  awakeUntil,
  failures: 0,
  until,
});

/** Twice as long after each failure, and never all nodes at the same time: half of it is drawn. */
export function backoff(failures: number, draw: number): Millis {
  const whole = Math.min(FIRST_BACKOFF * 2 ** Math.min(failures - 1, 16), LONGEST_BACKOFF);
  return millis(Math.round(whole * (0.5 + draw)));
}

/** The same object when nothing changes. A new `busy` is what starts an errand. */
export function step(session: Session, event: SessionEvent): Session {
  if (session.state === "gone") return session;
  switch (event.type) {
    case "registered":
      return wanting(
        { ...session, awakeUntil: event.awakeUntil, failures: 0 },
        { read: "visit", ...(event.anew ? { watch: true } : {}) },
      );
    case "heard":
      return wanting({ ...session, awakeUntil: event.awakeUntil, failures: 0 }, {});
    case "edited":
      return patient(session, { edits: true });
    case "stirred":
      return patient(session, session.work.read === undefined ? { read: "look" } : {});
    case "unwatched":
      return patient(session, { watch: true });
    case "turn":
      return session.state === "due" ? begun(session, event.at) : session;
    case "done":
      return session.state === "busy" ? done(session, event) : session;
    case "failed":
      return session.state === "busy" ? failed(session, event) : session;
    case "time":
      return timely(session, event);
    case "removed":
      return { state: "gone" };
  }
}

type Alive = Exclude<Session, { readonly state: "gone" }>;

const isIdle = ({ edits, watch, read }: Work): boolean => !edits && !watch && read === undefined;

/** The node can be asked now: whatever there is to do is due. */
function wanting(session: Alive, more: Partial<Work>): Alive {
  const work = { ...session.work, ...more };
  const isUnderWay = session.state === "busy" || session.state === "due" || isIdle(work);
  return isUnderWay ? { ...session, work } : due(session, work);
}

/** A node that did not answer, or sleeps, is left in peace for now. */
function patient(session: Alive, more: Partial<Work>): Alive {
  const work = { ...session.work, ...more };
  return session.state === "current" ? due(session, work) : { ...session, work };
}

const due = ({ awakeUntil, failures }: Living, work: Work): Alive => ({ state: "due", work, awakeUntil, failures });

function begun(session: Living, at: Millis): Session {
  const { work, awakeUntil } = session;
  if (awakeUntil !== undefined && at >= awakeUntil) return { ...living(session), state: "asleep", work };
  if (work.edits) {
    return busy(session, { ...work, edits: false, singly: false }, { do: "edit", singly: work.singly });
  }
  if (work.watch) return busy(session, { ...work, watch: false }, { do: "watch" });
  const visit = work.read === "visit";
  return busy(session, { ...work, read: undefined }, { do: "read", visit });
}

const living = ({ work, awakeUntil, failures }: Living): Living => ({ work, awakeUntil, failures });

const busy = (session: Living, work: Work, errand: Errand): Session => ({
  ...living(session),
  state: "busy",
  work,
  errand,
});

function done(session: Living, { next, left = {} }: Extract<SessionEvent, { type: "done" }>): Session {
  const work = together(session.work, left);
  const { awakeUntil } = session;
  if (!isIdle(work)) return due({ ...session, failures: 0 }, work);
  return { state: "current", work, awakeUntil, failures: 0, until: next };
}

/** What was asked for meanwhile is not taken off the list by what the errand left. */
const together = (asked: Work, left: Partial<Work>): Work => ({
  edits: asked.edits || left.edits === true,
  singly: left.singly ?? asked.singly,
  watch: asked.watch || left.watch === true,
  read: asked.read ?? left.read,
});

function failed(
  session: Extract<Session, { state: "busy" }>,
  { at, draw, after }: Extract<SessionEvent, { type: "failed" }>,
): Session {
  const { errand, awakeUntil } = session;
  const failures = session.failures + 1;
  const work = undone(session.work, errand);
  if (awakeUntil !== undefined && at >= awakeUntil) return { state: "asleep", work, awakeUntil, failures };
  const until = millis(at + Math.max(backoff(failures, draw), after ?? 0));
  return { state: "unreachable", work, awakeUntil, failures, until };
}

/** What the errand was for is still to be done. */
function undone(work: Work, errand: Errand): Work {
  switch (errand.do) {
    case "edit":
      return { ...work, edits: true, singly: errand.singly };
    case "watch":
      return { ...work, watch: true };
    case "read":
      return { ...work, read: errand.visit ? "visit" : (work.read ?? "look") };
  }
}

function timely(session: Alive, { at, watch }: Extract<SessionEvent, { type: "time" }>): Session {
  if ((session.state !== "current" && session.state !== "unreachable") || at < session.until) return session;
  const work = { ...session.work, watch: session.work.watch || watch };
  return due(session, session.state === "current" ? { ...work, read: "visit" } : work);
}
