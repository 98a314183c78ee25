/**
 * How one node moves through the phases of an update, as a pure step: what the node reports decides, never what the
 * gateway believes it sent. Success is the node's own report of the wanted digest and nothing else.
 */
import { type Digest, PHASE_COUNTED, type Phase } from "../../store/index.ts";

export interface Progress {
  readonly phase: Phase;
  readonly reason: string | undefined;
  /** Nothing was heard for longer than the campaign waits: counts as an error until the node speaks again. */
  readonly silent: boolean;
  /** Bytes that the node says it has. */
  readonly received: number;
  /** Counted from 1. */
  readonly attempt: number;
  /** Place of its group in the plan. */
  readonly group: number;
  /** It was offered a patch, or the image compressed. */
  readonly encoded?: true;
}

/** What a report says about firmware; only what changed since the last report. */
export interface FirmwareReport {
  readonly running?: Digest;
  readonly phase?: Phase;
  readonly wanted?: Digest;
  readonly received?: number;
  readonly reason?: string;
}

/**
 * A report tells what changed, so what it says without naming an image is about the one that the node named last. `known`: all
 * that it has told, asked for when it matters. With an image that it runs already it is done.
 */
export function aboutImage(
  report: FirmwareReport,
  known: () => Pick<FirmwareReport, "wanted" | "running">,
): FirmwareReport {
  if (report.wanted !== undefined || (report.phase === undefined && report.received === undefined)) return report;
  const { wanted, running } = known();
  return wanted === undefined || wanted === running ? report : { ...report, wanted };
}

export type ProgressEvent =
  | { readonly type: "offered"; readonly encoded?: boolean }
  | { readonly type: "reported"; readonly report: FirmwareReport }
  | { readonly type: "silent" }
  /** After a failure, while attempts are left. */
  | { readonly type: "retried" }
  /** Another device has its place: nothing of the former one's progress holds. */
  | { readonly type: "replaced" }
  /** The node was taken out of the inventory, or is of another kind now. */
  | { readonly type: "removed"; readonly reason?: string };

export const START: Progress = {
  phase: "waiting-wake",
  reason: undefined,
  silent: false,
  received: 0,
  attempt: 1,
  group: 0,
};

/** Phases in which the node has not yet taken the offer up. */
const UNCLAIMED: ReadonlySet<Phase> = new Set(["queued", "waiting-wake", "offered"]);
/** Phases that a node tells of itself while it works on an image. */
const isWorking = (phase: Phase): boolean => PHASE_COUNTED[phase] === "active" && phase !== "offered";
/** Phases after which a node that runs something else has fallen back. */
const BOOTING: ReadonlySet<Phase> = new Set(["applying", "rebooting", "confirming"]);

/** Phases that end a node's part in a campaign. A late success still leaves `failed` and `rolled-back`. */
export const isEnded = ({ phase }: Progress): boolean => {
  const head = PHASE_COUNTED[phase];
  return head !== "waiting" && head !== "active";
};
export const isError = (progress: Progress): boolean =>
  PHASE_COUNTED[progress.phase] === "failed" || (progress.silent && !isEnded(progress));
export const hasFailed = ({ phase }: Pick<Progress, "phase">): boolean => phase === "failed" || phase === "rolled-back";
/** Between the first word of it and the last: what the node tells without naming an image is about this one. */
export const isActive = ({ phase }: Progress): boolean => PHASE_COUNTED[phase] === "active";
/** It has the image, and asks at each wake whether it may apply it. */
export const isHeld = ({ phase }: Pick<Progress, "phase">): boolean => phase === "ready" || phase === "waiting-window";
/** Is it this node's turn to hear of the image? */
export const wantsOffer = (progress: Progress): boolean => UNCLAIMED.has(progress.phase);

/** What is offered, and what a node runs that has installed it: of an encrypted image not the same. */
export interface Target {
  readonly image: Digest;
  readonly becomes?: Digest | undefined;
}
export const runsThen = ({ image, becomes }: Target): Digest => becomes ?? image;

/** The same object when nothing changes. */
export function step(progress: Progress, event: ProgressEvent, target: Target): Progress {
  switch (event.type) {
    case "offered":
      if (progress.phase !== "queued" && progress.phase !== "waiting-wake") return progress;
      return { ...move(progress, "offered"), ...(event.encoded ? { encoded: true } : {}) };
    case "silent":
      return isEnded(progress) || progress.silent ? progress : { ...progress, silent: true };
    case "retried":
      return hasFailed(progress) ? again(progress) : progress;
    case "removed":
      if (isEnded(progress)) return progress;
      return { ...move(progress, "skipped", event.reason ?? "removed"), silent: false };
    case "replaced":
      return isFresh(progress) ? progress : { ...START, group: progress.group };
    case "reported":
      return reported(progress.silent ? { ...progress, silent: false } : progress, event.report, target);
  }
}

const again = ({ encoded: _gone, ...progress }: Progress): Progress => ({
  ...progress,
  phase: "waiting-wake",
  received: 0,
  attempt: progress.attempt + 1,
});

/** A patch that came out wrong says nothing of the image: it is offered as it is, whatever the plan says of attempts. */
export const mayRetry = (progress: Progress, attempts: number): boolean =>
  hasFailed(progress) &&
  (progress.attempt < attempts || (progress.encoded === true && progress.reason === "digest-mismatch"));

const isFresh = ({ phase, silent, received, attempt }: Progress): boolean =>
  phase === START.phase && !silent && received === 0 && attempt === 1;

function reported(progress: Progress, report: FirmwareReport, target: Target): Progress {
  if (report.running === runsThen(target)) {
    // It runs ours, and goes back to the former image unless it hears our answer.
    if (report.phase === "confirming" && !isEnded(progress)) return moveTo(progress, "confirming");
    return moveTo(progress, "done");
  }
  if (isEnded(progress)) return progress;
  // It tells of the attempt before: the next one it has not heard of yet.
  if (progress.attempt > 1 && progress.phase === "waiting-wake") return progress;
  // It tells of another image; whatever it had of ours it has put aside.
  if (report.wanted !== undefined && report.wanted !== target.image) {
    return isWorking(progress.phase) ? { ...move(progress, "waiting-wake"), received: 0 } : progress;
  }
  // What names no image is about the one that it was offered last: before our offer that is none of ours.
  if (report.wanted === undefined && !isActive(progress)) return progress;
  // Before our first offer a failure is of an earlier campaign, even of the same image: some nodes say it until they hear of another.
  const hasEnded = report.phase === "failed" || report.phase === "rolled-back";
  if (hasEnded && !isActive(progress)) return progress;
  if (report.phase === "failed") return move(progress, "failed", report.reason ?? "unknown");
  if (report.phase === "rolled-back") return move(progress, "rolled-back", report.reason ?? "boot-failed");
  // Nobody comes to `confirming` without the digest. Another report: it has heard the answer to that one.
  if (progress.phase === "confirming" && report.running === undefined && report.phase !== "confirming") {
    return move(progress, "done");
  }
  if (report.running !== undefined && BOOTING.has(progress.phase)) return move(progress, "rolled-back", "other-digest");
  if (report.phase === "idle" && !UNCLAIMED.has(progress.phase)) {
    return { ...move(progress, "waiting-wake"), received: 0 }; // the node lost its download, e.g. by a reset
  }
  const said = report.phase === "confirming" ? "rebooting" : report.phase;
  const isTold = said !== undefined && isWorking(said) && progress.phase !== "confirming";
  const phase = isTold ? said : progress.phase;
  const received = report.received ?? progress.received;
  if (phase === progress.phase && received === progress.received) return progress;
  return { ...move(progress, phase), received };
}

const move = (progress: Progress, phase: Phase, reason?: string): Progress => ({ ...progress, phase, reason });
const moveTo = (progress: Progress, phase: Phase): Progress =>
  progress.phase === phase ? progress : move(progress, phase);
