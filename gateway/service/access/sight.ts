/**
 * RFC 8341 §3.2.4: what a user sees of a datastore. What may not be read is left out, with everything below it and
 * without a word. A list entry of which a key may not be read cannot be told, so it is left out as well.
 */
import type { LeafValue, MutableTree, Schema, SchemaNode, Sid, Tree, Value } from "../../yang/index.ts";
import { type CompiledRules, keyNodes, type Verdict } from "./rules.ts";

type Keys = readonly LeafValue[];

export class Sight {
  readonly #rules: CompiledRules;
  readonly #schema: Schema;
  /** May a node be seen, with all that is above it: "open" where that depends on keys. */
  readonly #seen = new Map<Sid, Verdict>();
  readonly #whole = new Map<Sid, boolean>();

  /** Trees are not changed once they are shared; what is seen of one is also what is seen of that. */
  readonly #trees = new WeakMap<Tree, Tree>();

  constructor(rules: CompiledRules, schema: Schema) {
    this.#rules = rules;
    this.#schema = schema;
  }

  /** Of a node, or one instance of it: may it and all above it be read? */
  verdict(node: SchemaNode, keys: Keys = []): Verdict {
    const known = this.#seen.get(node.sid) ?? this.#look(node, []);
    this.#seen.set(node.sid, known);
    return known === "open" && keys.length > 0 ? this.#look(node, keys) : known;
  }

  #look(node: SchemaNode, keys: Keys): Verdict {
    let verdict: Verdict = "permit";
    for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
      const here = strictest([at, ...keyNodes(at)].map((each) => this.#rules.verdict(each, "read", keys)));
      if (here === "deny") return "deny";
      verdict = strictest([verdict, here]);
    }
    return verdict;
  }

  /** The datastore as it may be seen. */
  tree(tree: Tree): Tree {
    const known = this.#trees.get(tree);
    if (known !== undefined) return known;
    const seen = this.#members(tree, []);
    this.#trees.set(tree, seen).set(seen, seen);
    return seen;
  }

  /** The value of a node as it may be seen, or as much of it as is left; `keys`: those of the lists on the way to it. */
  value(value: Value, node: SchemaNode, keys: Keys): Value | undefined {
    if (this.verdict(node, keys) === "deny") return undefined;
    if (node.kind !== "list" || Array.isArray(value)) return this.#below(value, node, keys);
    return this.#entry(value as Tree, node, keys);
  }

  #members(tree: Tree, keys: Keys): Tree {
    const seen: MutableTree = new Map();
    let same = true;
    for (const [sid, value] of tree) {
      const child = this.#schema.bySid(sid);
      const left = child === undefined ? undefined : this.#below(value, child, keys);
      if (left !== undefined) seen.set(sid, left);
      same &&= left === value;
    }
    return same ? tree : seen;
  }

  /** What is above is seen already. */
  #below(value: Value, node: SchemaNode, keys: Keys): Value | undefined {
    if (this.isWhole(node)) return value;
    if (node.kind === "list") {
      const entries = Array.isArray(value) ? (value as readonly Tree[]) : [];
      const seen = entries.flatMap((entry) => this.#entry(entry, node, [...keys, ...keysIn(entry, node)]) ?? []);
      return seen.length === 0 ? undefined : seen;
    }
    if (this.#rules.verdict(node, "read", keys) !== "permit") return undefined;
    if (node.kind !== "container" || !(value instanceof Map)) return value;
    const inner = this.#members(value as Tree, keys);
    // Without presence it is there by what is in it.
    return inner.size === 0 && value.size > 0 && node.presence !== true ? undefined : inner;
  }

  #entry(entry: Tree, list: SchemaNode, keys: Keys): Tree | undefined {
    if ([list, ...keyNodes(list)].some((node) => this.#rules.verdict(node, "read", keys) !== "permit"))
      return undefined;
    return this.#members(entry, keys);
  }

  /** May everything at and below a node be read, once it is reached? */
  isWhole(node: SchemaNode): boolean {
    const known = this.#whole.get(node.sid);
    if (known !== undefined) return known;
    const whole =
      this.#rules.verdict(node, "read") === "permit" &&
      node.children.every((child) => !isData(child) || this.isWhole(child));
    this.#whole.set(node.sid, whole);
    return whole;
  }
}

const isData = ({ kind }: SchemaNode): boolean => kind !== "action" && kind !== "notification";

/** Of an entry, as far as it has them. */
const keysIn = (entry: Tree, list: SchemaNode): Keys =>
  keyNodes(list).flatMap(({ sid }) => {
    const key = entry.get(sid);
    return key === undefined ? [] : [key as LeafValue];
  });

const strictest = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes("deny") ? "deny" : verdicts.includes("open") ? "open" : "permit";
