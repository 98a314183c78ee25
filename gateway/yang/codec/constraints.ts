/**
 * What the shape of a tree must fulfil beyond the types of its leaves (RFC 7950 §7.5-7.9, §8): mandatory nodes, one case
 * of a choice, numbers of elements, unique values and keys, references that lead somewhere. The error codes are those of
 * draft-ietf-core-comi-21 §6; what a finding leads to is up to who asks.
 */
import { findEntry } from "../datastore/entries.ts";
import type { InstanceId, LeafValue, Tree, Value } from "../tree.ts";
import { EMPTY_TREE } from "../tree.ts";
import { printKeys, printLeaves, repeated } from "./duplicates.ts";
import { Fault, type FaultCode } from "./fault.ts";
import { lineage } from "./instance-id.ts";
import { type Frame, leafrefValues } from "./leafref.ts";
import type { Plan, PlanNode } from "./plan-node.ts";
import { choicesOf, entriesIn, equalLeaf, keysOf, leavesIn, treeIn } from "./value.ts";

interface Check {
  readonly plan: Plan;
  /** Whole datastore: what config false nodes lack is the node's own business, and references can be followed. */
  readonly datastore: boolean;
  /** Keys of the list entries around the place that is looked at. */
  readonly keys: LeafValue[];
  readonly found: (finding: Fault) => void;
}

/**
 * Checks the contents of `node`: the root for a datastore, an input, output or notification for a message. Throws the
 * first finding, unless `found` takes them.
 */
export function checkTree(tree: Tree, node: PlanNode, plan: Plan, found: (finding: Fault) => void = raise): void {
  const check: Check = { plan, datastore: node === plan.root, keys: [], found };
  checkMembers({ node, tree, above: undefined }, check);
}

function raise(finding: Fault): never {
  throw finding;
}

const find = (code: FaultCode, what: string, node: PlanNode, check: Check): void =>
  check.found(new Fault(code, what, node.sid).within(check.keys));

const NOTHING_CHOSEN: ReadonlyMap<string, string> = new Map();

function checkMembers(frame: Frame, check: Check): void {
  const { node, tree } = frame;
  // Contents of anydata are data of a datastore somewhere else.
  if (node.kind === "anydata") return;
  const chosen = node.choosing ? checkChoices(frame, check) : NOTHING_CHOSEN;
  for (const child of node.children) {
    if (!child.constrained || child.schema.structure === true) continue;
    const value = tree.get(child.sid);
    if (value !== undefined) checkValue(value, child, frame, check);
    else if (isAsked(child, check, chosen)) checkAbsent(child, frame, check);
  }
}

/** Constraints on absent nodes: state is the node's own business, and a case that is not chosen asks for nothing. */
function isAsked(child: PlanNode, check: Check, chosen: ReadonlyMap<string, string>): boolean {
  if (check.datastore && !(child.free && child.schema.config)) return false;
  return child.schema.cases === undefined || choicesOf(child).every((level) => chosen.get(level.choice) === level.case);
}

function checkAbsent(child: PlanNode, frame: Frame, check: Check): void {
  const { schema } = child;
  if (schema.mandatory) {
    const code = check.datastore ? "yang.missing-element" : "yang.missing-input-parameter";
    find(code, `${schema.name} is mandatory`, child, check);
    return;
  }
  if ((schema.minElements ?? 0) > 0) find("yang.too-few-elements", elements(0, child), child, check);
  // A container without presence exists with its parent (RFC 7950 §7.5.1), and so do its demands.
  if (child.kind === "container" && schema.presence !== true) {
    checkMembers({ node: child, tree: EMPTY_TREE, above: frame }, check);
  }
}

const elements = (count: number, node: PlanNode): string =>
  `${count} elements where ${node.schema.minElements ?? 0}..${node.schema.maxElements ?? "unbounded"} are asked for`;

function checkValue(value: Value, node: PlanNode, frame: Frame, check: Check): void {
  switch (node.kind) {
    case "leaf":
      checkReference(value as LeafValue, node, frame, check);
      break;
    case "leaf-list":
      checkLeafList(value, node, frame, check);
      break;
    case "list":
      checkList(value, node, frame, check);
      break;
    default: {
      const tree = treeIn(value);
      if (tree !== undefined) checkMembers({ node, tree, above: frame }, check);
    }
  }
}

/** RFC 7950 §7.9: one case at most; a mandatory choice has one. Returns the case of each choice that has data. */
function checkChoices({ node, tree }: Frame, check: Check): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  for (const child of node.children) {
    if (child.schema.cases === undefined || !tree.has(child.sid)) continue;
    for (const level of choicesOf(child)) {
      const other = chosen.get(level.choice) ?? level.case;
      if (other !== level.case) {
        find("yang.bad-element", `the cases ${other} and ${level.case} exclude each other`, child, check);
      }
      chosen.set(level.choice, level.case);
    }
  }
  for (const child of node.children) {
    if (check.datastore && !child.schema.config) continue;
    const levels = choicesOf(child);
    for (const [index, level] of (child.schema.cases ?? []).entries()) {
      const outer = levels.slice(0, index).every(({ choice, case: name }) => chosen.get(choice) === name);
      if (level.mandatory && outer && !chosen.has(levels[index]!.choice)) {
        find("yang.missing-choice", `one case of the choice ${level.choice} is mandatory`, node, check);
      }
    }
  }
  return chosen;
}

function checkCount(count: number, node: PlanNode, check: Check): void {
  const { minElements = 0, maxElements = Number.POSITIVE_INFINITY, config } = node.schema;
  if (count > maxElements) find("yang.too-many-elements", elements(count, node), node, check);
  if (count < minElements && (config || !check.datastore)) {
    find("yang.too-few-elements", elements(count, node), node, check);
  }
}

function checkLeafList(value: Value, node: PlanNode, frame: Frame, check: Check): void {
  const leaves = leavesIn(value);
  checkCount(leaves.length, node, check);
  // RFC 7950 §7.7: values of configuration are unique, state may repeat itself.
  if (node.schema.config) refuseTwice(printLeaves(leaves, node), "yang.duplicate", node, check);
  for (const leaf of leaves) checkReference(leaf, node, frame, check);
}

function checkList(value: Value, node: PlanNode, frame: Frame, check: Check): void {
  const entries = entriesIn(value);
  checkCount(entries.length, node, check);
  if (node.keys.length > 0) {
    const prints = entries.map((entry) => printKeys(entry, node));
    if (prints.includes(undefined)) {
      find("yang.missing-key", `an entry of ${node.schema.name} lacks a key`, node, check);
    }
    refuseTwice(defined(prints), "yang.duplicate", node, check);
  }
  for (const paths of node.schema.unique ?? []) checkUnique(entries, paths, node, check);
  for (const tree of entries) {
    const keys = keysOf(tree, node) ?? [];
    check.keys.push(...keys);
    checkMembers({ node, tree, above: frame }, check);
    check.keys.length -= keys.length;
  }
}

const defined = (texts: ReadonlyArray<string | undefined>): readonly string[] =>
  texts.filter((text) => text !== undefined);

function refuseTwice(prints: readonly string[], code: FaultCode, node: PlanNode, check: Check): void {
  const twice = repeated(prints);
  if (twice !== undefined) find(code, `${node.schema.name} has ${twice} twice`, node, check);
}

/** RFC 7950 §7.8.3: entries that have all the leaves must differ in one. */
function checkUnique(entries: readonly Tree[], paths: readonly string[], node: PlanNode, check: Check): void {
  const prints = entries.map((entry) => {
    const parts = paths.map((path) => leafBelow(entry, node, path.split("/")));
    return parts.includes(undefined) ? undefined : JSON.stringify(parts);
  });
  refuseTwice(defined(prints), "yang.data-not-unique", node, check);
}

/** A leaf below an entry in canonical text, its default included. */
function leafBelow(tree: Tree, node: PlanNode, path: readonly string[]): string | undefined {
  const [first = "", ...rest] = path;
  const name = first.slice(first.indexOf(":") + 1);
  const child = node.children.find((candidate) => candidate.schema.name === name);
  if (child === undefined) return undefined;
  const value = tree.get(child.sid) ?? child.fallback;
  if (rest.length > 0) return leafBelow(treeIn(value) ?? EMPTY_TREE, child, rest);
  return value === undefined || child.leaf === undefined ? undefined : child.leaf.format(value as LeafValue);
}

/** RFC 7950 §9.9, §9.13: with require-instance (the default) what is referred to must exist. */
function checkReference(value: LeafValue, node: PlanNode, frame: Frame, check: Check): void {
  const { type, config } = node.schema;
  if (type === undefined || type.requireInstance === false || !config) return;
  if (type.base === "leafref") {
    const values = leafrefValues(type.path ?? "", frame, check.datastore);
    if (values === undefined || values.some((candidate) => equalLeaf(candidate, value))) return;
    const what = `no ${type.path} has the value ${node.leaf!.format(value)}`;
    find("yang.instance-required", what, node, check);
  }
  if (type.base === "instance-identifier" && check.datastore) {
    const id = value as InstanceId;
    let top = frame;
    while (top.above !== undefined) top = top.above;
    if (!exists(top.tree, id, check.plan)) {
      find("yang.instance-required", `${node.leaf!.format(value)} does not exist`, node, check);
    }
  }
}

export function exists(tree: Tree, id: InstanceId, plan: Plan): boolean {
  const node = plan.nodes.get(id.sid);
  if (node === undefined) return false;
  let here: Tree = tree;
  let used = 0;
  for (const step of lineage(node)) {
    const value = here.get(step.sid);
    if (value === undefined) return false;
    const keys = step.kind === "list" ? id.keys.slice(used, used + step.keys.length) : [];
    used += step.keys.length;
    if (keys.length > 0) {
      const entry = entriesIn(value)[findEntry(entriesIn(value), step, keys)];
      if (entry === undefined) return false;
      here = entry;
    } else here = treeIn(value) ?? EMPTY_TREE;
  }
  return true;
}
