/** Edits that a node will not have, as it says in a check-in or in `pending/rejected`: recorded, so that its managers see what it has. */
import type { Millis, NodeId } from "../../base/index.ts";
import { type Mailbox, rejection } from "../../service/mailbox/index.ts";
import { houseNode } from "../../service/registry/index.ts";
import type { Recorder } from "../../store/index.ts";
import {
  EMPTY_TREE,
  edit,
  formatInstanceId,
  type Instance,
  type InstanceId,
  isTree,
  type Schema,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { ERROR_APP_TAGS } from "./error-body.ts";

export interface RefusedEdit {
  readonly instance: InstanceId;
  /** Why: SID of an error-app-tag; absent = it does not say. */
  readonly tag: number | undefined;
}

/** Records those that the node was sent; others are passed over. Resolves when it is durable. */
export async function recordRefused(
  node: NodeId,
  refused: readonly RefusedEdit[],
  { mailbox, recorder }: { readonly mailbox: Mailbox; readonly recorder: Recorder },
  { now, schema }: { readonly now: Millis; readonly schema: Schema },
): Promise<void> {
  const recorded = refused.map(({ instance, tag }) => {
    const said = { path: formatInstanceId(instance, schema), reason: reasonOf(tag) };
    const told = rejection(node, mailbox.box(node), said, now);
    return told && recorder.record("edit.state", told);
  });
  await Promise.all(recorded);
}

/** As a name where we know one. */
const reasonOf = (tag: number | undefined): string => {
  if (tag === undefined) return "unsaid";
  return Object.entries(ERROR_APP_TAGS).find(([, sid]) => sid === tag)?.[0] ?? String(tag);
};

const PENDING = "/sidgate-node:pending";

/** What an edit of the node's own says in `pending/rejected`, and the edit without it: it is an answer, and no data to keep. */
export function refusedIn(
  instances: readonly Instance[],
  schema: Schema,
): { readonly refused: readonly RefusedEdit[]; readonly rest: readonly Instance[] } {
  const [container, list] = [houseNode(schema, PENDING), houseNode(schema, `${PENDING}/rejected`)];
  const sids = new Set([container.sid, list.sid, ...list.children.map(({ sid }) => sid)]);
  const said = instances.filter(({ id }) => sids.has(id.sid));
  if (said.length === 0) return { refused: [], rest: instances };
  const pending = edit(EMPTY_TREE, said, schema).get(container.sid);
  const entries = isTree(pending) ? pending.get(list.sid) : undefined;
  if (entries === undefined) return { refused: [], rest: instances };
  const [instance, tag] = ["instance", "tag"].map((leaf) => houseNode(schema, `${PENDING}/rejected/${leaf}`).sid);
  const refused = (Array.isArray(entries) ? entries.filter(isTree) : []).flatMap((entry): RefusedEdit[] => {
    const [which, why] = [entry.get(instance ?? 0), entry.get(tag ?? 0)];
    return isInstance(which) ? [{ instance: which, tag: typeof why === "number" ? why : undefined }] : [];
  });
  const rest = instances.flatMap((each): Instance[] => {
    if (each.id.sid !== container.sid) return sids.has(each.id.sid) ? [] : [each];
    return [isTree(each.value) ? { ...each, value: without(each.value, list.sid) } : each];
  });
  return { refused, rest };
}

const without = (tree: Tree, sid: number): Tree => new Map([...tree].filter(([key]) => key !== sid));
const isInstance = (value: Value | undefined): value is InstanceId =>
  typeof value === "object" && value !== null && "sid" in value;
