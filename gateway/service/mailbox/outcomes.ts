/** How edits got on, as facts: for the event stream, and where the datastore has to forget what will never be in force. */
import type { Millis, NodeId } from "../../base/index.ts";
import type { FactBodies, Recorder } from "../../store/index.ts";
import { type Box, type Edit, editOf, move, takenBack, waiting } from "./box.ts";
import { type EditEvent, isOpen, step } from "./edit-state.ts";

type Told = FactBodies["edit.state"];

const named = (edits: readonly Edit[]): Told["edits"] => edits.map(({ revision, path }) => ({ revision, path }));

/** Undefined when there is nothing to tell. */
export function recordOutcome(
  node: NodeId,
  to: "delivered" | "applied",
  edits: readonly Edit[],
  recorder: Recorder,
): Promise<void> | undefined {
  return edits.length === 0 ? undefined : recorder.record("edit.state", { node, to, edits: named(edits) });
}

/** Those that were open in the box and are applied in what became of it. */
export function newlyApplied(before: Box, after: Box): readonly Edit[] {
  if (before === after) return [];
  const applied = new Set(
    after.edits.flatMap(({ revision, status }) => (status.state === "applied" ? [revision] : [])),
  );
  return before.edits.filter(({ revision, status }) => isOpen(status) && applied.has(revision));
}

/** Of an edit that will never be in force. Undefined when it is settled otherwise already. */
export function failure(node: NodeId, box: Box, edit: Edit, event: EditEvent): Told | undefined {
  if (step(edit.status, event) === edit.status) return undefined;
  const after = move(box, ({ revision }) => (revision === edit.revision ? event : undefined));
  const undo = takenBack(box, edit);
  return {
    node,
    to: event.type === "rejected" ? "rejected" : "expired",
    edits: named([edit]),
    pending: waiting(after).length,
    ...(event.type === "rejected" ? { reason: event.reason } : {}),
    ...(undo === undefined || undo.length === 0 ? {} : { undo }),
  };
}

/** A node will not have the newest edit of this instance. Undefined when it was never asked to, or has said so before. */
export function rejection(
  node: NodeId,
  box: Box,
  { path, reason }: { readonly path: string; readonly reason: string },
  at: Millis,
): Told | undefined {
  const edit = editOf(box, path);
  return edit && failure(node, box, edit, { type: "rejected", at, reason });
}

/**
 * Its time is over. What was delivered may be in force, and only the node's word settles that: `heard` says that the node has
 * spoken since, and not of this edit.
 */
export function expiry(
  node: NodeId,
  box: Box,
  edit: Edit,
  { at, heard }: { at: Millis; heard: boolean },
): Told | undefined {
  if (edit.expires === undefined || edit.expires > at) return undefined;
  if (edit.status.state === "delivered" && !heard) return undefined;
  return failure(node, box, edit, { type: "expired", at });
}
