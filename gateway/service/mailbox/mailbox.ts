/**
 * What waits for each node: edits that managers made while it slept, merged per instance (last write wins), each
 * with the revision that the node reaches by applying it. Delivered edits stay until the node says it applied them.
 */
import { isCoded, type Logger, type NodeId, UsageError } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type Projection,
  type StateChange,
  type StateStore,
} from "../../store/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  edit,
  encodeInstances,
  formatInstanceId,
  type Instance,
  type InstanceId,
  type Schema,
  type SchemaSource,
  type SetName,
  select,
  type Tree,
} from "../../yang/index.ts";

const TABLE = "mailbox";

interface Edit {
  readonly revision: number;
  /** Instance path: what merges with what. */
  readonly path: string;
  /** One instance as an iPATCH payload. */
  readonly patch: Uint8Array;
}

export interface Box {
  /** Revision of the newest edit ever made for this node. */
  readonly revision: number;
  /** Revision that the node says it has applied. */
  readonly applied: number;
  /** The last edit of each instance, in order of revision; those up to `applied` stay for a node that forgets. */
  readonly edits: readonly Edit[];
}

/** An edit that a schema does not take. */
export interface Misfit extends Edit {
  readonly code: string;
}

export interface Delivery {
  readonly revision: number;
  /** An iPATCH payload (content format 142). */
  readonly edits: Uint8Array;
}

/** Where a node without the check-in says which revision it has applied. */
const APPLIED = "/sidgate-node:pending/applied";

const NOTHING: readonly Edit[] = [];
const EMPTY_BOX: Box = { revision: 0, applied: 0, edits: [] };
/** Revisions are uint32 on the wire; a node that claims half of them is not believed. */
const LARGEST_REVISION = 0x7fffffff;

/** Bytes of one edit that the largest answer of a check-in (1024) can carry beside the rest. */
const LARGEST_EDIT = 960;

/** Throws UsageError `edit.too-large` for an instance that no answer could ever bring to a node. */
export function checkSizes(instances: readonly Instance[], schema: Schema): void {
  for (const instance of instances) {
    const { length } = encodeInstances([instance], schema, "any");
    if (length <= LARGEST_EDIT) continue;
    const path = formatInstanceId(instance.id, schema);
    throw new UsageError("edit.too-large", { path, length, limit: LARGEST_EDIT });
  }
}

/** What the node has not applied yet. */
export const waiting = (box: Box): readonly Edit[] =>
  box.applied >= box.revision ? NOTHING : box.edits.filter(({ revision }) => revision > box.applied);

/**
 * A report without what waits for the node: the node still has the old value and says so, and the datastore must not
 * fall back to it before the edit has reached the node.
 */
export function withoutWaiting(report: Tree, box: Box, schema: Schema): Tree {
  const edits = waiting(box);
  if (edits.length === 0) return report;
  const ids = edits.flatMap(({ patch }) => idsOf(patch, schema));
  return edit(
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

/** The revision that a node's own edit says it has applied. */
export function appliedIn(patch: Uint8Array, schema: Schema): number | undefined {
  const sid = schema.byPath(APPLIED)?.sid;
  if (sid === undefined) return undefined;
  try {
    const said = edit(EMPTY_TREE, decodeInstances(patch, schema, "input", "any"), schema);
    const applied = select(said, { sid, keys: [] }, schema);
    return typeof applied === "number" ? applied : undefined;
  } catch (error) {
    if (isCoded(error)) return undefined; // data of a module that is no longer loaded, met again in the journal
    throw error;
  }
}

/** Adds edits: each takes the next revision and replaces what was said of the same instance or below it. */
export function post(box: Box, instances: readonly Instance[], schema: Schema): Box {
  let { revision, edits } = box;
  for (const instance of instances) {
    const path = formatInstanceId(instance.id, schema);
    revision += 1;
    const untouched = edits.filter((other) => !covers(path, other.path));
    edits = [...untouched, { revision, path, patch: encodeInstances([instance], schema, "any") }];
  }
  return { ...box, revision, edits };
}

const covers = (path: string, other: string): boolean =>
  other === path || (other.startsWith(path) && (other[path.length] === "/" || other[path.length] === "["));

/**
 * The node says which revision it has applied. A smaller one than before means that it lost its memory: what came
 * after waits again. A greater one than any of ours stems from an earlier life of the same device: revisions go on
 * above it, for the node would pass over smaller ones.
 */
export function confirm(box: Box, applied: number): Box {
  if (applied === box.applied || applied > LARGEST_REVISION) return box;
  if (applied <= box.revision) return { ...box, applied };
  const edits = waiting(box).map((edit, index) => ({ ...edit, revision: applied + 1 + index }));
  return { revision: applied + edits.length, applied, edits };
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
  return { delivery: { revision: last.revision, edits: patches }, more: count < edits.length };
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

export interface MailboxOptions {
  readonly schemas: SchemaSource;
  /** The module set that a node works with. */
  readonly setOf: (node: NodeId) => SetName;
  readonly log: Logger;
}

/** The box of each node; a projection of the journal. */
export class Mailbox implements Projection {
  readonly name = "mailbox";
  readonly #options: MailboxOptions;
  readonly #boxes = new Map<NodeId, Box>();
  readonly #dirty = new Set<NodeId>();

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  #schemaOf(node: NodeId): Schema {
    const { schemas, setOf } = this.#options;
    return schemas.of(setOf(node));
  }

  /** Schemas were exchanged: edits that a node's schema does not take any more will never reach it. */
  exchanged(): void {
    for (const node of this.#boxes.keys()) this.#sort(node, this.#options.setOf(node));
  }

  #sort(node: NodeId, set: SetName): void {
    const { schemas } = this.#options;
    // A set that is not there now may come back, and its edits are as good as before.
    if (set !== undefined && !schemas.has(set)) return;
    const { box, misfits } = fitting(this.box(node), schemas.of(set));
    if (misfits.length === 0) return;
    this.#set(node, box);
    for (const { path, revision, code } of misfits) {
      this.#options.log.warn("mailbox.edit-dropped", { node, path, revision, code });
    }
  }

  box(node: NodeId): Box {
    return this.#boxes.get(node) ?? EMPTY_BOX;
  }

  pending(node: NodeId): number {
    return waiting(this.box(node)).length;
  }

  async load(state: StateStore): Promise<void> {
    for (const [key, bytes] of await state.entries(TABLE)) this.#boxes.set(key as NodeId, decodePlain(bytes) as Box);
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "datastore.edited":
        if (fact.root === "gateway") return;
        if (fact.revision === undefined) this.#said(fact.root, fact.patch);
        else this.#edited(fact.root, fact.patch, fact.revision);
        return;
      case "node.reported": {
        if (fact.applied !== undefined) this.#confirmed(fact.node, fact.applied);
        return;
      }
      case "node.models":
        this.#sort(fact.node, fact.set);
        return;
      case "node.removed":
        this.#boxes.delete(fact.node);
        this.#dirty.add(fact.node);
        return;
      default:
        return;
    }
  }

  #confirmed(node: NodeId, applied: number): void {
    const box = this.box(node);
    const confirmed = confirm(box, applied);
    if (confirmed !== box) this.#set(node, confirmed);
  }

  /** A node's own edit: one without the check-in says in it what it has applied. */
  #said(node: NodeId, patch: Uint8Array): void {
    const applied = appliedIn(patch, this.#schemaOf(node));
    if (applied !== undefined) this.#confirmed(node, applied);
  }

  #edited(node: NodeId, patch: Uint8Array, revision: number): void {
    const box = this.box(node);
    const schema = this.#schemaOf(node);
    try {
      this.#set(node, post(box, decodeInstances(patch, schema, "input", "any"), schema));
    } catch (error) {
      // An edit of a module that is no longer loaded, met again in the journal: nobody can apply it any more. Its
      // revision is taken all the same: the node may have seen it.
      if (!isCoded(error)) throw error;
      this.#options.log.warn("mailbox.edit-unreadable", { node, code: error.code });
      this.#set(node, { ...box, revision: Math.max(box.revision, revision) });
    }
  }

  #set(node: NodeId, box: Box): void {
    this.#boxes.set(node, box);
    this.#dirty.add(node);
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const node of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(node);
      const box = this.#boxes.get(node);
      changes.push({ table: TABLE, key: node, value: box && encodePlain(box) });
    }
    return changes;
  }
}
