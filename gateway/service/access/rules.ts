/**
 * RFC 8341 §3.4.4-§3.4.6: what the rules say of a node of a schema. Made for the groups of a user and one schema: the
 * verdict on each data node is found once and kept as bits by SID; only rules about list entries are asked again.
 */
import type { LeafValue, Schema, SchemaNode, Sid } from "../../yang/index.ts";
import {
  ACCESS_MODULE,
  ACCESS_PATH,
  type AccessConfig,
  type Action,
  ANY,
  OPERATIONS,
  type Operation,
  type Rule,
} from "./configuration.ts";
import { matchKeys, type RulePath, rulePath } from "./rule-path.ts";

/** Where a verdict comes from. */
export type Because =
  | { readonly kind: "rule"; readonly list: string; readonly rule: string }
  /** On the way to what this rule lets read: a container or the keys of a list (see `waysOf`). */
  | { readonly kind: "way"; readonly list: string; readonly rule: string }
  | { readonly kind: "disabled" }
  /** nacm:default-deny-all, nacm:default-deny-write. */
  | { readonly kind: "protected" }
  | { readonly kind: "default"; readonly which: "read-default" | "write-default" | "exec-default" };

export interface Ruling {
  readonly action: Action;
  readonly because: Because;
}

/** `open`: it depends on keys that are not said. */
export type Verdict = Action | "open";

/** A rule in a schema. */
interface BoundRule {
  readonly list: string;
  readonly rule: Rule;
  readonly path: RulePath | undefined;
}

/** The nodes on the way to what a rule lets read. */
interface Way {
  readonly bound: BoundRule;
  readonly keys: RulePath["keys"];
  readonly nodes: ReadonlySet<Sid>;
}

/** What is said of an operation on a node: by rules about some of its instances, in order, and else. */
interface Judgement {
  readonly some: ReadonlyArray<{ readonly keys: RulePath["keys"]; readonly ruling: Ruling }>;
  readonly else: Ruling;
  /** Number of keys of each list on the way to the node, once it was asked for. */
  lists?: readonly number[];
}

/** Two bits for an operation: permitted, and whether that depends on keys. */
const PERMITTED = { create: 1, read: 2, update: 4, delete: 8, exec: 16 } as const satisfies Record<Operation, number>;
const DEPENDS = 5;

const DISABLED: Ruling = { action: "permit", because: { kind: "disabled" } };
const PROTECTED: Ruling = { action: "deny", because: { kind: "protected" } };

/** The rules for a user of these groups, in the order in which they are asked (§3.4.5, steps 5 to 9). */
export function rulesFor(config: AccessConfig, groups: readonly string[]): ReadonlyArray<Omit<BoundRule, "path">> {
  if (groups.length === 0) return []; // step 5: whoever is in no group meets no rule
  return config.lists
    .filter((list) => list.groups.some((name) => name === ANY || groups.includes(name)))
    .flatMap((list) => list.rules.map((rule) => ({ list: list.name, rule })));
}

/** Is everything permitted, whatever the schema? */
export function permitsAll(config: AccessConfig, groups: readonly string[]): boolean {
  if (!config.enable) return true;
  const rules = rulesFor(config, groups);
  const first = rules.findIndex(({ rule }) => rule.action === "deny");
  return rules
    .slice(0, first < 0 ? rules.length : first)
    .some(({ rule }) => rule.module === ANY && rule.about.kind === "all" && rule.operations.size === OPERATIONS.length);
}

/** The verdicts of one user on the nodes of one schema. */
export class CompiledRules {
  readonly #config: AccessConfig;
  readonly #rules: readonly BoundRule[];
  readonly #ways: readonly Way[];
  readonly #bits = new Map<Sid, number>();
  /** Of those that depend on keys, by bit and SID. */
  readonly #dependent = new Map<Sid, ReadonlyMap<Operation, Judgement>>();

  constructor(config: AccessConfig, groups: readonly string[], schema: Schema) {
    this.#config = config;
    this.#rules = rulesFor(config, groups).map(({ list, rule }) => ({
      list,
      rule,
      path: rule.about.kind === "path" ? rulePath(rule.about.path, schema) : undefined,
    }));
    this.#ways = this.#rules.flatMap((bound) => waysOf(bound));
  }

  /** On all instances of a node, or on the one with these keys. Of the node alone: those above it are another question. */
  verdict(node: SchemaNode, operation: Operation, keys: readonly LeafValue[] = []): Verdict {
    const bits = this.#bits.get(node.sid) ?? this.#judgeAll(node);
    const bit = PERMITTED[operation];
    if ((bits & (bit << DEPENDS)) === 0) return (bits & bit) === 0 ? "deny" : "permit";
    return rulingOf(this.#dependent.get(node.sid)!.get(operation)!, node, keys)?.action ?? "open";
  }

  /** The same with the reason; undefined when it depends on keys that are not said. */
  ruling(node: SchemaNode, operation: Operation, keys: readonly LeafValue[] = []): Ruling | undefined {
    return rulingOf(this.#judge(node, operation), node, keys);
  }

  #judgeAll(node: SchemaNode): number {
    let bits = 0;
    const dependent = new Map<Operation, Judgement>();
    for (const operation of OPERATIONS) {
      const bit = PERMITTED[operation];
      const judgement = this.#judge(node, operation);
      if (judgement.else.action === "permit") bits |= bit;
      if (judgement.some.every(({ ruling }) => ruling.action === judgement.else.action)) continue;
      bits |= bit << DEPENDS;
      dependent.set(operation, judgement);
    }
    this.#bits.set(node.sid, bits);
    if (dependent.size > 0) this.#dependent.set(node.sid, dependent);
    return bits;
  }

  #judge(node: SchemaNode, operation: Operation): Judgement {
    if (!this.#config.enable) return { some: [], else: DISABLED };
    const some: Array<Judgement["some"][number]> = [];
    for (const { list, rule, path } of this.#rules) {
      if (!rule.operations.has(operation) || !isAbout(rule, path, node)) continue;
      const ruling: Ruling = { action: rule.action, because: { kind: "rule", list, rule: rule.name } };
      if (path?.named !== true) return { some, else: ruling };
      some.push({ keys: path.keys, ruling });
    }
    for (const { bound, keys, nodes } of operation === "read" ? this.#ways : []) {
      if (!nodes.has(node.sid)) continue;
      const ruling: Ruling = { action: "permit", because: { kind: "way", list: bound.list, rule: bound.rule.name } };
      if (bound.path?.named !== true) return { some, else: ruling };
      some.push({ keys, ruling });
    }
    return { some, else: this.#unruled(node, operation) };
  }

  /** §3.4.5, steps 10 to 12: no rule says anything. */
  #unruled(node: SchemaNode, operation: Operation): Ruling {
    const { readDefault, writeDefault, execDefault } = this.#config;
    const protection = protectionOf(node);
    const harmless = operation === "read" || operation === "exec";
    if (protection === "deny-all" || (protection === "deny-write" && !harmless)) return PROTECTED;
    if (operation === "read") return { action: readDefault, because: { kind: "default", which: "read-default" } };
    if (operation === "exec") return { action: execDefault, because: { kind: "default", which: "exec-default" } };
    return { action: writeDefault, because: { kind: "default", which: "write-default" } };
  }
}

function rulingOf(judgement: Judgement, node: SchemaNode, keys: readonly LeafValue[]): Ruling | undefined {
  if (judgement.some.length === 0) return judgement.else;
  judgement.lists ??= keyCounts(node);
  for (const { keys: wanted, ruling } of judgement.some) {
    const matches = matchKeys(wanted, keys, judgement.lists);
    if (matches === undefined) return undefined;
    if (matches) return ruling;
  }
  return judgement.else;
}

/** §3.4.4 step 6, §3.4.5 step 6, §3.4.6 step 6: does the rule speak of this node, or of one above it? */
function isAbout({ module, about }: Rule, path: RulePath | undefined, node: SchemaNode): boolean {
  if (module !== ANY && module !== node.module) return false;
  switch (about.kind) {
    case "all":
      return true;
    case "rpc":
    case "notification":
      return node.kind === about.kind && (about.name === ANY || about.name === node.name);
    case "path":
      for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) if (at === path?.node) return true;
      return false;
  }
}

/**
 * Beyond RFC 8341, where a path that may be read is of no use unless every container above it may be read as well: a rule
 * that lets read a node lets see the containers and keys on the way to it. It is asked after all rules, so any that
 * denies the way has the word.
 */
function waysOf(bound: BoundRule): readonly Way[] {
  const { rule, path } = bound;
  if (path === undefined || rule.action !== "permit" || !rule.operations.has("read")) return [];
  if (rule.module !== ANY && rule.module !== path.node.module) return [];
  const nodes = new Set<Sid>();
  for (let at = path.node.parent; at !== undefined; at = at.parent) {
    nodes.add(at.sid);
    for (const key of keyNodes(at)) nodes.add(key.sid);
  }
  return [{ bound, keys: path.keys, nodes }];
}

/** RFC 8341 §3.3: what is said of a node holds below it; the rules themselves are kept from whom no rule names. */
function protectionOf(node: SchemaNode): SchemaNode["nacm"] {
  if (node.module === ACCESS_MODULE && ACCESS_PATH.endsWith(`:${topOf(node).name}`)) return "deny-all";
  let found: SchemaNode["nacm"];
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.nacm === "deny-all") return "deny-all";
    found ??= at.nacm;
  }
  return found;
}

function topOf(node: SchemaNode): SchemaNode {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}

/** The key leaves of a list, in the order of its `key` statement. */
export const keyNodes = ({ kind, keys = [], children }: SchemaNode): readonly SchemaNode[] =>
  kind === "list" ? keys.flatMap((name) => children.find((child) => child.name === name) ?? []) : [];

/** Of each list from the outermost to the node. */
function keyCounts(node: SchemaNode): readonly number[] {
  const counts: number[] = [];
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.kind === "list") counts.unshift(at.keys?.length ?? 0);
  }
  return counts;
}
