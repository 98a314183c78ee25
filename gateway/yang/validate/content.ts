/** What values must fulfil beside their types: `when` (RFC 7950 §7.21.5), `must` (§7.5.3), references (§9.9, §9.13). */
import { Fault } from "../codec/fault.ts";
import { equalLeaf, isThere, leavesIn } from "../codec/value.ts";
import { EMPTY_TREE, type InstanceId, type LeafValue, type Tree, type UnionValue, type Value } from "../tree.ts";
import type { DataNode } from "../xpath/data-node.ts";
import { findInstance } from "../xpath/key-lookup.ts";
import { type Check, find, isAccountable } from "./check.ts";
import { checkElements } from "./entries.ts";
import { type Frame, frameAt } from "./frame.ts";
import { leadsTo } from "./rules/plain-path.ts";
import { type Reference, readingsOf } from "./rules/reference.ts";
import type { Rules } from "./rules/rules.ts";
import { checkShape, isInForce } from "./shape.ts";

/** A place and all below it. */
export function checkPlace(frame: Frame, check: Check): void {
  // The contents of anydata are data of a datastore somewhere else.
  if (frame.rules.node.kind === "anydata") return;
  checkShape(frame, check);
  checkChildren(frame, check);
}

function checkChildren(frame: Frame, check: Check): void {
  for (const child of frame.rules.filled) {
    if (child.conditions === undefined || checkWhen(child, frame, check)) checkWhole(child, frame, check);
  }
}

/** A child with all below it, as it is there or by default. */
export function checkWhole(child: Rules, frame: Frame, check: Check): void {
  const value = frame.tree.get(child.node.sid);
  if (value !== undefined) checkChild(child, value, frame, check);
  else if (mayBeImplied(child)) checkImplied(child, frame, check);
}

/**
 * What is there by default counts as well (§6.4.1, §8.1): the demands of a container without presence (§7.5.1), and all
 * constraints on default values.
 */
function checkImplied(child: Rules, frame: Frame, check: Check): void {
  if (!isInForce(child, frame, check)) return;
  if (child.node.kind === "container") checkPlace(frameAt(child, EMPTY_TREE, frame), check);
  checkValues(child, frame, check);
}

/** Can the child be there by default, and does it matter? */
export const mayBeImplied = ({ node, speaks, watched }: Rules): boolean =>
  node.kind === "container"
    ? node.schema.presence !== true && (speaks || watched.length > 0)
    : speaks && node.fallback !== undefined;

function checkChild(child: Rules, value: Value, frame: Frame, check: Check): void {
  if (child.node.kind === "list" || child.node.kind === "leaf-list") checkElements(value, child, frame, check);
  if (child.node.kind === "list") {
    const entries = value as readonly Tree[];
    for (let at = 0; at < entries.length; at++) checkEntry(frameAt(child, entries[at]!, frame, at), check);
    return;
  }
  if (value instanceof Map) checkPlace(frameAt(child, value, frame), check);
  checkValues(child, frame, check);
}

/** An entry, with all below it, but not against the others. */
export function checkEntry(entry: Frame, check: Check): void {
  checkPlace(entry, check);
  checkOwnMusts(entry, check);
}

/** Of a place itself: an entry, or a message. */
export function checkOwnMusts(frame: Frame, check: Check): void {
  if (frame.rules.musts.length > 0) checkMusts(frame.rules, frame, [check.view.nodeOf(frame)], check);
}

const inForce = ({ node }: Rules, { tree }: Frame): Value | undefined => tree.get(node.sid) ?? node.fallback;

/** What the child says itself. For a list see `checkEntry`. */
export function checkValues(child: Rules, frame: Frame, check: Check): void {
  if (child.reference !== undefined) checkReferences(child, frame, check);
  if (child.musts.length > 0) checkMusts(child, frame, check.view.instances(child, frame), check);
}

/** RFC 7950 §8.3.2: what is there although its condition does not hold is an unknown element. */
export function checkWhen(child: Rules, frame: Frame, check: Check): boolean {
  if (!isThere(frame.tree, child.node) || !isAccountable(child, check) || check.view.holds(child, frame)) return true;
  const condition = child.conditions?.broken(check.view.nodeOf(frame))?.replace(/\s+/g, " ");
  const what = `${child.node.schema.name} exists only when ${condition}`;
  find("yang.unknown-element", what, child, frame, check, (fault) => fault.under("RFC 7950 §7.21.5, §8.3.2"));
  return false;
}

/** `frame` tells where: the entry itself for a list, else the place above. */
function checkMusts(child: Rules, frame: Frame, contexts: readonly DataNode[], check: Check): void {
  if (!isAccountable(child, check)) return;
  for (const { must, expression } of child.musts) {
    if (check.view.cannotTell(expression)) continue;
    try {
      if (contexts.every((context) => expression.compiled.boolean(context))) continue;
      const what = `'${must.expression.replace(/\s+/g, " ")}' does not hold`;
      find("yang.must-violation", what, child, frame, check, (fault) => fault.said(must));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      find(error.code, error.what, child, frame, check);
    }
  }
}

function checkReferences(child: Rules, frame: Frame, check: Check): void {
  const { node } = child;
  const value = inForce(child, frame);
  if (value === undefined || !isAccountable(child, check)) return;
  if (!frame.tree.has(node.sid) && !isInForce(child, frame, check)) return;
  const values = node.kind === "leaf-list" ? leavesIn(value) : [value as LeafValue];
  for (const [position, each] of values.entries()) {
    const reference = child.reference!;
    if (leads(reference, each, { child, position, frame }, check)) continue;
    const text = node.leaf!.format(each);
    const what = reference.kind === "leafref" ? `no ${reference.text} has the value ${text}` : `${text} does not exist`;
    const section = SECTIONS[reference.kind];
    find("yang.instance-required", what, child, frame, check, (fault) => fault.under(`RFC 7950 ${section}`));
  }
}

const SECTIONS: { readonly [kind in Reference["kind"]]: string } = {
  leafref: "§9.9",
  "instance-identifier": "§9.13",
  union: "§9.12",
};

/** A leaf, or one value of a leaf-list. */
interface Referrer {
  readonly child: Rules;
  readonly position: number;
  readonly frame: Frame;
}

/** True also when it cannot be told. */
function leads(reference: Reference, value: LeafValue, referrer: Referrer, check: Check): boolean {
  const { view } = check;
  switch (reference.kind) {
    case "union":
      for (const { reference: inner, value: read } of readingsOf(reference.members, value as UnionValue)) {
        if (inner === undefined || leads(inner, read, referrer, check)) return true;
      }
      return false;
    case "instance-identifier":
      return view.alone || findInstance(view.tree.root, value as InstanceId).length > 0;
    case "leafref": {
      const { plain, expression } = reference;
      if (view.cannotTell(expression)) return true;
      if (plain !== undefined && leadsTo(plain, value, referrer.frame)) return true;
      // A default in use may have the value too, and predicates are XPath's.
      const plainTarget = plain?.down.at(-1);
      if (plainTarget !== undefined && plainTarget.fallback === undefined) return false;
      const context = view.instances(referrer.child, referrer.frame)[referrer.position];
      return context !== undefined && view.targets(expression, context).some((target) => equalLeaf(target, value));
    }
  }
}
