/** What one user may do with the datastores: RFC 8341 §3.2 for each kind of request. */
import { TrustError, WireError } from "../../base/index.ts";
import {
  DataError,
  edit,
  formatInstanceId,
  type Instance,
  type InstanceId,
  type LeafValue,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
  touched,
  type Value,
} from "../../yang/index.ts";
import type { Operation } from "./configuration.ts";
import { type CompiledRules, keyNodes } from "./rules.ts";
import type { Sight } from "./sight.ts";

type Keys = readonly LeafValue[];

/** What was denied: as it is counted and logged. */
export interface Denial {
  readonly user: string;
  readonly operation: Operation;
  /** Instance path; for a person with the right to know. */
  readonly path: string;
}

/** RFC 8341 §3.2.5: says what the user has named itself, and nothing of what it may not see. */
export class AccessDenied extends TrustError<"access.denied"> {
  readonly at: InstanceId;

  constructor(user: string, verb: "edit" | "call" | "read", at: InstanceId, path: string) {
    super("access.denied", { user, verb, path });
    this.at = at;
  }
}

/** Who takes note of it. */
export interface DenialSink {
  take(denial: Denial): void;
  /** A notification was left out. */
  unheard(): void;
}

export interface Guard {
  /** Nothing is forbidden: no need to ask further. */
  readonly all: boolean;
  /** May some of it be read? For FETCH: if not, it is answered as if it were not there. */
  mayRead(id: InstanceId, schema: Schema): boolean;
  /** How much of a node and what is in it may be read, in any of its instances. */
  sees(sid: Sid, schema: Schema): "all" | "some" | "none";
  /** A datastore, or the answer to a GET, as it may be seen. */
  readable(tree: Tree, schema: Schema): Tree;
  /** The same of what was found for an identifier; to be asked after defaults were put in. */
  reveal(id: InstanceId, value: Value | undefined, schema: Schema): Value | undefined;
  /** Throws AccessDenied, or what `edit` throws. */
  checkEdit(before: Tree, instances: readonly Instance[], schema: Schema): void;
  /** An rpc, or an action on the instance with these keys. Throws AccessDenied. */
  checkCall(node: SchemaNode, keys: Keys, schema: Schema): void;
  /** May a notification be heard; `keys`: of the lists around it, if it stands in data. */
  mayHear(sid: Sid, schema: Schema, keys?: Keys): boolean;
  /** An error of a request of this user's, without what it says of data that the user may not see. */
  conceal(error: unknown, schema: Schema): unknown;
}

/** Of whoever may everything. */
export const UNGUARDED: Guard = {
  all: true,
  mayRead: () => true,
  sees: () => "all",
  readable: (tree) => tree,
  reveal: (_id, value) => value,
  checkEdit: () => undefined,
  checkCall: () => undefined,
  mayHear: () => true,
  conceal: (error) => error,
};

/** What the rules say in a schema, and what is seen by them. */
export interface Rulings {
  readonly rules: CompiledRules;
  readonly sight: Sight;
}

export class RuleGuard implements Guard {
  readonly all = false;
  readonly #user: string;
  readonly #in: (schema: Schema) => Rulings;
  readonly #denials: DenialSink;

  constructor(user: string, rulings: (schema: Schema) => Rulings, denials: DenialSink) {
    this.#user = user;
    this.#in = rulings;
    this.#denials = denials;
  }

  mayRead(id: InstanceId, schema: Schema): boolean {
    const node = schema.bySid(id.sid);
    if (node === undefined) return true; // a SID of nothing is answered with null by itself
    if (this.#in(schema).sight.verdict(node, id.keys) !== "deny") return true;
    this.#tell("read", id, schema);
    return false;
  }

  sees(sid: Sid, schema: Schema): "all" | "some" | "none" {
    const { sight } = this.#in(schema);
    const node = schema.bySid(sid);
    const verdict = node === undefined ? "deny" : sight.verdict(node);
    if (node === undefined || verdict === "deny") return "none";
    return verdict === "permit" && sight.isWhole(node) ? "all" : "some";
  }

  readable(tree: Tree, schema: Schema): Tree {
    return this.#in(schema).sight.tree(tree);
  }

  reveal(id: InstanceId, value: Value | undefined, schema: Schema): Value | undefined {
    const node = schema.bySid(id.sid);
    if (node === undefined || value === undefined) return undefined;
    return this.#in(schema).sight.value(value, node, id.keys);
  }

  /** §3.2.3, §3.4.5: each node that is created, updated or deleted, also those that the request does not name. */
  checkEdit(before: Tree, instances: readonly Instance[], schema: Schema): void {
    const { sight } = this.#in(schema);
    // First what needs no look at data: what else the edit takes along must not decide what is told of it.
    this.#requireNamed(instances, schema, (node, keys) => sight.verdict(node, keys) !== "permit");
    const after = this.#edited(before, instances, schema);
    const changed: InstanceId[] = [];
    touched(before, after, schema, (id, operation) => {
      this.#require(operation, id, schema);
      changed.push(id);
    });
    let names: Set<string> | undefined;
    const isChanged = (id: InstanceId): boolean => {
      names ??= new Set(changed.map((each) => formatInstanceId(each, schema)));
      return names.has(formatInstanceId(id, schema));
    };
    for (const instance of instances) this.#checkNamed(instance, isChanged, schema);
  }

  /** What is wrong with an edit may tell of data (`when`): only who may make it at all is told. */
  #edited(before: Tree, instances: readonly Instance[], schema: Schema): Tree {
    try {
      return edit(before, instances, schema);
    } catch (error) {
      this.#requireNamed(instances, schema, () => true);
      throw error;
    }
  }

  /** Of what is named, and of concern: may it be deleted, or be made or changed at all? */
  #requireNamed(
    instances: readonly Instance[],
    schema: Schema,
    concerns: (node: SchemaNode, keys: Keys) => boolean,
  ): void {
    const { rules } = this.#in(schema);
    for (const { id, value } of instances) {
      const node = schema.bySid(id.sid);
      if (node === undefined) continue;
      const check = (named: SchemaNode, keys: Keys): void => {
        if (!concerns(named, keys) || rules.verdict(named, "create", keys) !== "deny") return;
        this.#require("update", { sid: named.sid, keys }, schema);
      };
      if (value !== undefined) namedLeaves(node, id.keys, value, schema, check);
      else if (concerns(node, id.keys)) this.#require("delete", id, schema);
    }
  }

  checkCall(node: SchemaNode, keys: Keys, schema: Schema): void {
    const { rules, sight } = this.#in(schema);
    const id = { sid: node.sid, keys };
    // §3.4.4: an action also takes that its data node can be read.
    const isReached = node.parent === undefined || sight.verdict(node.parent, keys) === "permit";
    if (isReached && rules.verdict(node, "exec", keys) === "permit") return;
    this.#tell("exec", id, schema);
    throw new AccessDenied(this.#user, "call", id, formatInstanceId(id, schema));
  }

  mayHear(sid: Sid, schema: Schema, keys: Keys = []): boolean {
    const node = schema.bySid(sid);
    if (node !== undefined && this.#in(schema).sight.verdict(node, keys) === "permit") return true;
    this.#denials.unheard();
    return false;
  }

  conceal(error: unknown, schema: Schema): unknown {
    if (!(error instanceof DataError)) return error;
    const { sight } = this.#in(schema);
    const node = schema.bySid(error.at.sid);
    if (node !== undefined && sight.verdict(node, error.at.keys) === "permit" && sight.isWhole(node)) return error;
    const { tag, appTag } = error.facts;
    const facts = { path: "/", what: CONCEALED, tag: tag ?? "", appTag: appTag ?? "" };
    return new WireError(error.code, facts);
  }

  /**
   * What is named and stays as it is would tell its value to whoever tries one after the other; so where it may not be
   * read, the right to change it is needed all the same.
   */
  #checkNamed({ id, value }: Instance, isChanged: (id: InstanceId) => boolean, schema: Schema): void {
    const node = schema.bySid(id.sid);
    if (node === undefined) return;
    const { sight } = this.#in(schema);
    const check = (named: SchemaNode, keys: Keys, operation: Operation): void => {
      const at = { sid: named.sid, keys };
      if (sight.verdict(named, keys) === "permit" || isChanged(at)) return;
      this.#require(operation, at, schema);
    };
    if (value === undefined) check(node, id.keys, "delete");
    else namedLeaves(node, id.keys, value, schema, (leaf, keys) => check(leaf, keys, "update"));
  }

  #require(operation: Operation, id: InstanceId, schema: Schema): void {
    const node = schema.bySid(id.sid);
    const { rules, sight } = this.#in(schema);
    if (node === undefined || rules.verdict(node, operation, id.keys) === "permit") return;
    this.#tell(operation, id, schema);
    // Who creates or updates has named the node; what is deleted along with other things may be unknown.
    const at = operation === "delete" ? shown(node, id.keys, sight) : id;
    throw new AccessDenied(this.#user, "edit", at, at.sid === 0 ? "/" : formatInstanceId(at, schema));
  }

  #tell(operation: Operation, id: InstanceId, schema: Schema): void {
    this.#denials.take({ user: this.#user, operation, path: formatInstanceId(id, schema) });
  }
}

const CONCEALED = "it does not fit data that you may not read";

/** The node itself where it can be seen, else the nearest one above it that can; 0 for the datastore. */
function shown(node: SchemaNode, keys: Keys, sight: Sight): InstanceId {
  let left = keys;
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
    if (sight.verdict(at, left) === "permit") return { sid: at.sid, keys: left };
    if (at.kind === "list") left = left.slice(0, Math.max(0, left.length - keyNodes(at).length));
  }
  return { sid: 0, keys: [] };
}

/** The leaves in the value of an instance, but for keys: those are named by whoever names the entry. */
function namedLeaves(
  node: SchemaNode,
  keys: Keys,
  value: Value,
  schema: Schema,
  on: (leaf: SchemaNode, keys: Keys) => void,
): void {
  const inside = (tree: Tree, around: Keys): void => {
    for (const [sid, inner] of tree) {
      const child = schema.bySid(sid);
      if (child !== undefined) namedLeaves(child, around, inner, schema, on);
    }
  };
  if (node.kind === "container") inside(value as Tree, keys);
  else if (node.kind === "list") {
    const outer = keys.slice(0, keyTotal(node.parent));
    for (const entry of value instanceof Map ? [value as Tree] : (value as readonly Tree[])) {
      const own = keyNodes(node).flatMap(
        ({ sid }, at) => (entry.get(sid) ?? keys[outer.length + at] ?? []) as LeafValue,
      );
      inside(entry, own.length === keyNodes(node).length ? [...outer, ...own] : outer);
    }
  } else if (node.parent?.kind !== "list" || !keyNodes(node.parent).includes(node)) on(node, keys);
}

/** Keys of all lists from the outermost to the node. */
function keyTotal(node: SchemaNode | undefined): number {
  let total = 0;
  for (let at = node; at !== undefined; at = at.parent) total += keyNodes(at).length;
  return total;
}
