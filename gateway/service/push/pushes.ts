/**
 * What each subscription has told of each node: a projection of the journal, in which every update is a fact. So a restart
 * tells nothing twice. Kept as bytes, of nodes that have such data alone.
 */
import { isCoded, type Millis, type NodeId, RecordMap } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type Projection,
  pagesOf,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import {
  decodeChanges,
  decodeInstances,
  encodeTree,
  goneIn,
  type InstanceId,
  type NodePath,
  type Schema,
  type SchemaNode,
  salvageTree,
  subtreeAt,
  type Tree,
  withChanges,
} from "../../yang/index.ts";
import { decodeRow, EMPTY_ROW, encodeRow, type Row, shifted } from "./row.ts";
import type { Memory } from "./step.ts";
import { type Subscription, Targets } from "./subscription.ts";

const TABLE = "push";
/** Which subscriptions the rows are of. */
const TERMS_TABLE = "push-terms";
const TERMS_KEY = "paths";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

export interface PushesOptions {
  readonly subscriptions: readonly Subscription[];
  /** The schema that a node's data goes by. */
  readonly schemaOf: (node: NodeId) => Schema;
}

export class Pushes implements Projection {
  readonly name = "push";
  readonly #options: PushesOptions;
  readonly #targets: Targets;
  /** By `{node}/{number of the subscription}`. */
  readonly #rows = new RecordMap();
  readonly #dirty = new Set<string>();
  #newTerms = true;

  constructor(options: PushesOptions) {
    this.#options = options;
    this.#targets = new Targets(options.subscriptions);
  }

  get subscriptions(): readonly Subscription[] {
    return this.#options.subscriptions;
  }

  /** Memory of what was told. */
  get bytes(): number {
    return this.#rows.bytes;
  }

  memory(node: NodeId, number: number, schema: Schema): Memory {
    const { at, heard, told } = this.#row(node, number);
    return { at, heard, told: told && readTold(told, schema) };
  }

  /** The latest observation of the subtree. */
  observed(node: NodeId, number: number): Millis | undefined {
    return this.#row(node, number).observed;
  }

  /** Under another path a number is another subscription, which begins anew. */
  async load(state: StateStore): Promise<void> {
    const paths = this.subscriptions.map(({ path }) => path);
    const stored = await state.get(TERMS_TABLE, TERMS_KEY);
    const former = stored === undefined ? [] : (decodePlain(stored) as readonly string[]);
    this.#newTerms = paths.length !== former.length || paths.some((path, index) => path !== former[index]);
    for await (const entries of pagesOf(state, TABLE)) {
      for (const [key, bytes] of entries) {
        const index = Number(key.slice(key.indexOf("/") + 1)) - 1;
        if (paths[index] !== undefined && paths[index] === former[index]) this.#rows.set(key, bytes);
        else this.#dirty.add(key);
      }
    }
  }

  apply(fact: Fact): void {
    if (this.subscriptions.length === 0) return;
    switch (fact.type) {
      case "push.updated":
        this.#updated(fact);
        return;
      case "node.reported":
        this.#reported(fact);
        return;
      case "node.read":
        this.#read(fact);
        return;
      case "datastore.edited":
        if (fact.root !== "gateway") this.#edited(fact.root, fact.patch, fact.at);
        return;
      case "edit.state":
        if (fact.undo !== undefined) this.#edited(fact.node, fact.undo, fact.at);
        return;
      case "node.replaced":
        // What the former device measured is observed no longer; that it went is.
        this.#eachRow(fact.node, (row) => ({ ...row, heard: undefined, observed: fact.at }));
        return;
      case "node.removed":
        for (const number of this.#numbers()) this.#delete(keyOf(fact.node, number));
        return;
      case "clock.state": {
        const shift = shiftOf(fact);
        if (shift !== undefined)
          for (const key of [...this.#rows.keys()]) this.#set(key, shifted(this.#at(key), shift));
        return;
      }
    }
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    if (this.#newTerms) {
      const value = encodePlain(this.subscriptions.map(({ path }) => path));
      changes.push({ table: TERMS_TABLE, key: TERMS_KEY, value });
      this.#newTerms = false;
    }
    for (const key of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(key);
      const bytes = this.#rows.get(key);
      // A copy: the view is good only until the next row is written.
      changes.push({ table: TABLE, key, value: bytes && new Uint8Array(bytes) });
    }
    return changes;
  }

  #updated({ node, subscription: number, path, at, observed, data, edits = [] }: FactOf<"push.updated">): void {
    const subscription = this.subscriptions[number - 1];
    if (subscription?.path !== path) return; // a former one, which had this number
    const row = this.#row(node, number);
    const after = { at, observed: row.observed ?? observed };
    if (subscription.kind === "periodic") this.#set(keyOf(node, number), after);
    else this.#set(keyOf(node, number), { ...after, told: data ?? this.#toldAfter(node, row, edits) });
  }

  /** Undefined when that cannot be said by today's schema: then all is told anew. */
  #toldAfter(node: NodeId, { told }: Row, edits: NonNullable<FactOf<"push.updated">["edits"]>): Uint8Array | undefined {
    const schema = this.#options.schemaOf(node);
    const before = told && readTold(told, schema);
    const { changes, incomplete } = decodeChanges(edits, schema);
    if (before === undefined || incomplete) return undefined;
    return new Uint8Array(encodeTree(withChanges(before, changes, schema), schema, "any"));
  }

  #reported({ node, at, data, samples = [] }: FactOf<"node.reported">): void {
    for (const sample of samples) if (sample.past !== true) this.#told(node, sample.data, at, sample.at);
    if (data !== undefined) this.#told(node, data, at, at);
  }

  #read({ node, at, data, gone }: FactOf<"node.read">): void {
    if (data !== undefined) this.#told(node, data, at, at);
    if (gone !== undefined) {
      const ids = goneIn(gone, this.#options.schemaOf(node));
      this.#concerning(node, ids, (row) => heardAt(row, at, at));
    }
  }

  /** The node told this of itself. */
  #told(node: NodeId, data: Uint8Array, at: Millis, observed: Millis): void {
    const schema = this.#options.schemaOf(node);
    const { tree } = salvageTree(data, schema);
    for (const number of this.#numbers()) {
      const target = this.#targets.in(schema, number);
      if (target === undefined || !isTold(tree, target, schema)) continue;
      this.#set(keyOf(node, number), heardAt(this.#row(node, number), at, observed));
    }
  }

  /** A manager's edit, or what is left of it: news of the datastore, but no word of the node's. */
  #edited(node: NodeId, patch: Uint8Array, at: Millis): void {
    const schema = this.#options.schemaOf(node);
    const ids = editedBy(patch, schema);
    this.#concerning(node, ids, (row) => ({ ...row, observed: at }));
  }

  #concerning(node: NodeId, ids: readonly InstanceId[], change: (row: Row) => Row): void {
    const schema = this.#options.schemaOf(node);
    for (const number of this.#numbers()) {
      const target = this.#targets.in(schema, number);
      if (target === undefined || !ids.some(({ sid }) => concerns(schema.bySid(sid), target))) continue;
      this.#set(keyOf(node, number), change(this.#row(node, number)));
    }
  }

  #eachRow(node: NodeId, change: (row: Row) => Row): void {
    for (const number of this.#numbers()) {
      const key = keyOf(node, number);
      if (this.#rows.has(key)) this.#set(key, change(this.#at(key)));
    }
  }

  #numbers(): readonly number[] {
    return this.subscriptions.map((_subscription, index) => index + 1);
  }

  #row(node: NodeId, number: number): Row {
    return this.#at(keyOf(node, number));
  }

  #at(key: string): Row {
    const bytes = this.#rows.get(key);
    return bytes === undefined ? EMPTY_ROW : decodeRow(bytes);
  }

  #set(key: string, row: Row): void {
    this.#rows.set(key, encodeRow(row));
    this.#dirty.add(key);
  }

  #delete(key: string): void {
    if (this.#rows.delete(key)) this.#dirty.add(key);
  }
}

const keyOf = (node: NodeId, number: number): string => `${node}/${number}`;

/** What comes later was observed later, whatever a clock says that was set back. */
const heardAt = (row: Row, at: Millis, observed: Millis): Row => ({ ...row, heard: row.heard ?? at, observed });

/** Undefined when today's schema does not take all of it. */
function readTold(bytes: Uint8Array, schema: Schema): Tree | undefined {
  const { tree, dropped } = salvageTree(bytes, schema);
  return dropped.length === 0 ? tree : undefined;
}

function editedBy(patch: Uint8Array, schema: Schema): readonly InstanceId[] {
  try {
    return decodeInstances(patch, schema, "input", "any").map(({ id }) => id);
  } catch (error) {
    if (isCoded(error)) return []; // of modules that were taken away since
    throw error;
  }
}

/** What stands at the top of a report may lie deep in the schema: then it counts by where it lies. */
const isTold = (tree: Tree, target: NodePath, schema: Schema): boolean =>
  subtreeAt(tree, target).size > 0 ||
  [...tree.keys()].some((sid) => {
    const node = schema.bySid(sid);
    return node?.parent !== undefined && concerns(node, target);
  });

/** Does it lie in the target, or the target in it? */
const concerns = (node: SchemaNode | undefined, target: NodePath): boolean =>
  node !== undefined && (isOnLine(node, target.node) || isOnLine(target.node, node));

function isOnLine(above: SchemaNode, node: SchemaNode): boolean {
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) if (at.sid === above.sid) return true;
  return false;
}
