/**
 * The box of one node, pure: edits that managers made while it slept, merged per instance (last write wins), each with the
 * revision that the node reaches by applying it. Edits that it applied stay, for a node that forgets.
 */
import { isCoded, type Millis } from "../../base/index.ts";
import { isOff, type Shift } from "../../store/index.ts";
import {
  decodeInstances,
  edit as editTree,
  encodeInstances,
  formatInstanceId,
  type Instance,
  type InstanceId,
  type Schema,
  type Tree,
} from "../../yang/index.ts";
import { type EditEvent, type EditStatus, isOpen, step } from "./edit-state.ts";

export interface Edit {
  readonly revision: number;
  /** Instance path: what merges with what. */
  readonly path: string;
  /** One instance as an iPATCH payload. */
  readonly patch: Uint8Array;
  /** What gives back what the node has, in the same form; empty when it has just this. Undefined = not known. */
  readonly undo: Uint8Array | undefined;
  /** Who made it; edits of before that was kept do not say. */
  readonly actor: string | undefined;
  /** From then on it goes out no more. */
  readonly expires: Millis | undefined;
  readonly status: EditStatus;
  /** The trial that it belongs to. */
  readonly trial?: number;
}

/** A commit that must prove itself: its edits are taken back unless the next wakes of the node are healthy ones. */
export interface Trial {
  /** Revision of the last of its edits when they were made. */
  readonly id: number;
  /** Healthy wakes that it takes, and those that there were since the node had all of it. */
  readonly wakes: number;
  readonly healthy: number;
}

export interface Box {
  /** Revision of the newest edit ever made for this node. */
  readonly revision: number;
  /** Revision that the node says it has applied. */
  readonly applied: number;
  /** The last edit of each instance, in order of revision. */
  readonly edits: readonly Edit[];
  /** Absent while nothing is on trial. */
  readonly trials?: readonly Trial[];
}

/** An edit that a schema does not take. */
export interface Misfit extends Edit {
  readonly code: string;
}

export interface Delivery {
  readonly revision: number;
  /** An iPATCH payload (content format 142). */
  readonly edits: Uint8Array;
  /** Those of them that go out for the first time. */
  readonly fresh: readonly Edit[];
}

/** What acceptance found out about one instance (see `acceptance.ts`); facts of before carry none. */
export interface Part {
  readonly undo?: Uint8Array;
  /** Revisions of the edits that it takes the place of. */
  readonly supersedes?: readonly number[];
}

export interface Posting {
  readonly at?: Millis;
  readonly actor?: string;
  readonly expires?: Millis | undefined;
  /** One for each instance. */
  readonly parts?: readonly Part[] | undefined;
  /** Healthy wakes that it takes to confirm them. */
  readonly wakes?: number | undefined;
}

const NOTHING: readonly Edit[] = [];
export const EMPTY_BOX: Box = { revision: 0, applied: 0, edits: NOTHING };
/** Revisions are uint32 on the wire; a node that claims half of them is not believed. */
const LARGEST_REVISION = 0x7fffffff;
/** Rejected and expired edits that are remembered: for a look at what went wrong, not as a record. */
const FAILED_KEPT = 16;

/** What the node has not applied yet. */
export const waiting = (box: Box): readonly Edit[] =>
  box.edits.length === 0 ? NOTHING : box.edits.filter(({ status }) => isOpen(status));

/**
 * A report without what waits for the node: the node still has the old value and says so, and the datastore must not
 * fall back to it before the edit has reached the node.
 */
export function withoutWaiting(report: Tree, box: Box, schema: Schema): Tree {
  const edits = waiting(box);
  if (edits.length === 0) return report;
  const ids = edits.flatMap(({ patch }) => idsOf(patch, schema));
  return editTree(
    report,
    ids.map((id) => ({ id, value: undefined })),
    schema,
  );
}

/** Nothing for an edit of a module that is no longer loaded: it still goes to the node, which knows it. */
function idsOf(patch: Uint8Array, schema: Schema): readonly InstanceId[] {
  try {
    return decodeInstances(patch, schema, "input", "any").map(({ id }) => id);
  } catch (error) {
    if (isCoded(error)) return [];
    throw error;
  }
}

/** Adds edits: each takes the next revision and the place of what was said of the same data. */
export function post(box: Box, instances: readonly Instance[], schema: Schema, posting: Posting = {}): Box {
  const { at, actor, expires, parts, wakes } = posting;
  const trial = wakes === undefined ? undefined : box.revision + instances.length;
  let { revision, edits } = box;
  for (const [index, instance] of instances.entries()) {
    const path = formatInstanceId(instance.id, schema);
    const { undo, supersedes } = parts?.[index] ?? {};
    const isReplaced = (other: Edit): boolean =>
      supersedes === undefined ? covers(path, other.path) : supersedes.includes(other.revision);
    revision += 1;
    const replaced = edits.filter(isReplaced);
    const status: EditStatus = { state: takesBack(undo, replaced) ? "applied" : "waiting", since: at };
    const patch = encodeInstances([instance], schema, "any");
    const untouched = edits.filter((other) => !isReplaced(other));
    const edit: Edit = { revision, path, patch, undo, actor, expires, status };
    edits = [...untouched, trial === undefined ? edit : { ...edit, trial }];
  }
  const begun: readonly Trial[] = trial === undefined || wakes === undefined ? [] : [{ id: trial, wakes, healthy: 0 }];
  return withTrials({ ...box, revision, edits }, [...(box.trials ?? []), ...begun]);
}

/** A trial of which no edit is left, since later ones took their places, has nothing to prove. */
function withTrials({ trials: _former, ...box }: Box, trials: readonly Trial[]): Box {
  const kept = trials.filter(({ id }) => box.edits.some(({ trial }) => trial === id));
  return kept.length === 0 ? box : { ...box, trials: kept };
}

export const withoutTrial = (box: Box, over: number): Box =>
  withTrials(box, box.trials?.filter(({ id }) => id !== over) ?? []);

/** The node ends a wake: it is one more for each trial of which it had everything before. */
export function wokeWell(box: Box): Box {
  const { trials } = box;
  if (trials === undefined) return box;
  const isPending = (id: number): boolean => box.edits.some((edit) => edit.trial === id && isOpen(edit.status));
  return { ...box, trials: trials.map((each) => (isPending(each.id) ? each : { ...each, healthy: each.healthy + 1 })) };
}

/** Healthy wakes still to come; undefined for an edit that is not on trial. */
export function wakesLeft({ trials }: Box, { trial }: Edit): number | undefined {
  const found = trial === undefined ? undefined : trials?.find(({ id }) => id === trial);
  return found && found.wakes - found.healthy;
}

/** What takes a trial back: the undo of its edits, the last first. What failed by itself is taken back already. */
export const wayBack = (box: Box, trial: number): Uint8Array =>
  Buffer.concat(
    box.edits.flatMap((edit) => (edit.trial === trial && !hasFailed(edit) && edit.undo ? [edit.undo] : [])).reverse(),
  );

/**
 * The node has what it says, since nothing of what it takes the place of ever went out: then nothing need go out at all. Where
 * nothing waited it goes out all the same: that the node has the same value already is only what the gateway knows.
 */
const takesBack = (undo: Uint8Array | undefined, replaced: readonly Edit[]): boolean =>
  undo?.length === 0 &&
  replaced.some(({ status }) => status.state === "waiting") &&
  replaced.every(({ status }) => status.state !== "delivered");

/** The data at `path` is, or is around, that at `other`. */
export const covers = (path: string, other: string): boolean =>
  other === path || (other.startsWith(path) && (other[path.length] === "/" || other[path.length] === "["));

/** Moves those edits that `event` gives an event for. */
export function move(box: Box, event: (edit: Edit) => EditEvent | undefined): Box {
  let changed = false;
  const edits = box.edits.map((edit) => {
    const heard = event(edit);
    const status = heard === undefined ? edit.status : step(edit.status, heard);
    if (status === edit.status) return edit;
    changed = true;
    // What was applied in time stays in force, also when the node forgets it and gets it again.
    return { ...edit, status, expires: status.state === "applied" ? undefined : edit.expires };
  });
  return changed ? { ...box, edits: withoutOldFailures(edits) } : box;
}

const hasFailed = ({ status: { state } }: Edit): boolean => state === "rejected" || state === "expired";

function withoutOldFailures(edits: readonly Edit[]): readonly Edit[] {
  let surplus = edits.filter(hasFailed).length - FAILED_KEPT;
  return surplus <= 0 ? edits : edits.filter((edit) => !hasFailed(edit) || surplus-- <= 0);
}

/** What was recorded by a clock that was wrong, as the right one would have recorded it. */
export function shifted(box: Box, shift: Shift): Box {
  const wholeSecond = { since: (Math.floor(shift.since / 1000) * 1000) as Millis }; // finer than that none is kept
  const isWrong = ({ status: { since } }: Edit): boolean => isOff(since, wholeSecond);
  if (!box.edits.some(isWrong)) return box;
  const edits = box.edits.map((edit): Edit => {
    const { status, expires } = edit;
    if (!isWrong(edit) || status.since === undefined) return edit;
    const expiresThen = expires && ((expires + shift.step) as Millis);
    return { ...edit, expires: expiresThen, status: { ...status, since: (status.since + shift.step) as Millis } };
  });
  return { ...box, edits };
}

/** An answer carried everything that waits up to this revision. */
export const delivered = (box: Box, revision: number, at: Millis): Box =>
  move(box, (edit) => (edit.revision <= revision ? { type: "delivered", at } : undefined));

/**
 * The node says which revision it has applied. A smaller one than before means that it lost its memory: what came
 * after waits again. A greater one than any of ours stems from an earlier life of the same device: revisions go on
 * above it, for the node would pass over smaller ones.
 */
export function confirm(box: Box, applied: number, at: Millis): Box {
  if (applied === box.applied || applied > LARGEST_REVISION) return box;
  if (applied > box.revision) return renumbered(box, applied, at);
  const hasForgotten = applied < box.applied;
  const moved = move(box, ({ revision }) => {
    if (revision <= applied) return { type: "applied", at };
    return hasForgotten ? { type: "forgotten", at } : undefined;
  });
  return { ...moved, applied };
}

function renumbered(box: Box, applied: number, at: Millis): Box {
  const edits = waiting(box).map((edit, index): Edit => {
    const status: EditStatus = { state: "waiting", since: at };
    return { ...edit, revision: applied + 1 + index, status };
  });
  return withTrials({ revision: applied + edits.length, applied, edits }, box.trials ?? []);
}

/** The edit that a node means when it says which instance it rejects: the newest of this instance that it may have seen. */
export const editOf = (box: Box, path: string): Edit | undefined =>
  box.edits.findLast((edit) => edit.path === path && edit.status.state !== "waiting");

/**
 * What makes the manager's view forget an edit that will never be in force: what the node has there, and on top of it what
 * was said later of the same data. Undefined when that is not known.
 */
export function takenBack(box: Box, { revision, path, undo }: Edit): Uint8Array | undefined {
  if (undo === undefined) return undefined;
  const later = box.edits.filter((other) => other.revision > revision && covers(path, other.path) && !hasFailed(other));
  return Buffer.concat([undo, ...later.map(({ patch }) => patch)]);
}

/** As many edits as fit into `budget` bytes, oldest first; `more` only where something goes out and something is left. */
export function nextDelivery(
  box: Box,
  budget: number,
): { readonly delivery: Delivery | undefined; readonly more: boolean } {
  const edits = waiting(box);
  let size = 0;
  let count = 0;
  for (const { patch } of edits) {
    if (size + patch.length > budget) break;
    size += patch.length;
    count += 1;
  }
  const fitting = edits.slice(0, count);
  const last = fitting.at(-1);
  if (last === undefined) return { delivery: undefined, more: false };
  const patches = Buffer.concat(fitting.map((edit) => edit.patch));
  const fresh = fitting.filter(({ status }) => status.state === "waiting");
  return { delivery: { revision: last.revision, edits: patches, fresh }, more: count < edits.length };
}

/** The box without the edits that a schema does not take, and these. */
export function fitting(box: Box, schema: Schema): { readonly box: Box; readonly misfits: readonly Misfit[] } {
  const misfits = box.edits.flatMap((each) => {
    const code = faultOf(each.patch, schema);
    return code === undefined ? [] : [{ ...each, code }];
  });
  if (misfits.length === 0) return { box, misfits };
  const gone = new Set(misfits.map(({ revision }) => revision));
  return { box: { ...box, edits: box.edits.filter(({ revision }) => !gone.has(revision)) }, misfits };
}

/** Code of what is wrong with it. */
function faultOf(patch: Uint8Array, schema: Schema): string | undefined {
  try {
    decodeInstances(patch, schema, "input", "any");
    return undefined;
  } catch (error) {
    if (isCoded(error)) return error.code;
    throw error;
  }
}
