/** `list[key = value]`: entries by their keys, without a look at the others. */
import { Fault } from "../codec/fault.ts";
import { lineage } from "../codec/instance-id.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, treeIn } from "../codec/value.ts";
import { findEntry } from "../datastore/entries.ts";
import type { LeafType } from "../schema.ts";
import type { InstanceId, LeafValue } from "../tree.ts";
import { type DataNode, entryAt, instancesOf } from "./data-node.ts";
import type { Expression, Step } from "./expression.ts";
import type { Run } from "./run.ts";
import { shapeOf } from "./shape.ts";

export interface KeysAsked {
  readonly list: PlanNode;
  /** What each key must equal, in the order of the list's keys. */
  readonly values: readonly Expression[];
}

/** The list whose keys are all given by the predicates of a step; undefined when its entries must be looked through. */
export function keysAsked(parent: DataNode, step: Step, run: Run): KeysAsked | undefined {
  const { axis, test, equalities } = step;
  if (equalities.length === 0 || axis !== "child" || test.kind !== "name" || run.altered?.parent === parent)
    return undefined;
  const module = test.module ?? run.module;
  const list = shapeOf(parent.plan, parent.tree.plan)
    .named.get(test.name)
    ?.find((each) => each.schema.module === module);
  if (list === undefined || list.keys.length === 0 || (run.configOnly && !list.schema.config)) return undefined;
  const values: Expression[] = [];
  for (const { schema } of list.keys) {
    if (!hasOneForm(schema.type)) return undefined;
    const asked = equalities.find(
      ({ child }) => child.name === schema.name && (child.module ?? run.module) === schema.module,
    );
    if (asked === undefined) return undefined;
    values.push(asked.value);
  }
  return { list, values };
}

/** In a union one text may stand for values of several member types. */
function hasOneForm(type: LeafType | undefined): boolean {
  return type !== undefined && type.base !== "union" && (type.base !== "leafref" || hasOneForm(type.target));
}

/** The entry whose keys have these canonical texts. */
export function entryByKeys(parent: DataNode, list: PlanNode, texts: readonly string[]): DataNode | undefined {
  const keys: LeafValue[] = [];
  for (const [index, key] of list.keys.entries()) {
    const value = valueOfText(key, texts[index]!);
    if (value === undefined) return undefined;
    keys.push(value);
  }
  return entryAt(parent, list, findEntry(entriesIn(treeIn(parent.value)?.get(list.sid)), list, keys));
}

/** Expressions compare texts (XPath 1.0 §3.4), so a text that is not canonical equals nothing. */
function valueOfText({ leaf, schema }: PlanNode, text: string): LeafValue | undefined {
  if (schema.type?.base === "string") return text;
  try {
    const value = leaf?.parse(text);
    const canonical = value === undefined ? undefined : leaf?.format(value);
    // RFC 7951 §6.8: an identity of the leaf's own module goes without that name.
    return canonical === text || canonical === `${schema.module}:${text}` ? value : undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** What an instance-identifier points at (RFC 7950 §9.13). */
export function findInstance(root: DataNode, { sid, keys }: InstanceId): readonly DataNode[] {
  const target = root.tree.plan.nodes.get(sid);
  if (target === undefined) return [];
  let here = root;
  let used = 0;
  for (const step of lineage(target)) {
    const given = keys.slice(used, used + step.keys.length);
    used += step.keys.length;
    // Without keys, or for a leaf-list, it means all of them: only the last step can be so.
    if (step === target && given.length === 0) return instancesOf(here, step);
    const entries = entriesIn(treeIn(here.value)?.get(step.sid));
    const next =
      step.keys.length > 0 ? entryAt(here, step, findEntry(entries, step, given)) : instancesOf(here, step)[0];
    if (next === undefined) return [];
    here = next;
  }
  return [here];
}
