/** Validation (RFC 7950 §8): what a tree must fulfil beyond the types of its leaves. */
import { DataError, type Fault } from "../codec/fault.ts";
import { located } from "../codec/instance-id.ts";
import { planNode, planOf } from "../codec/plan.ts";
import type { Plan } from "../codec/plan-node.ts";
import type { Schema, SchemaNode } from "../schema.ts";
import type { Instance, Tree } from "../tree.ts";
import { checkTree, type Surroundings } from "./check-tree.ts";
import { checkEdit } from "./edits/check-edit.ts";
import { checkTypes } from "./types.ts";

export type { Surroundings } from "./check-tree.ts";

export interface FindingsOptions extends Surroundings {
  /** The node whose contents the tree is: an input, output, notification or structure. None for a datastore. */
  readonly scope?: SchemaNode | undefined;
  /** How many are enough. */
  readonly limit?: number | undefined;
  /** Types too, for a tree that no reader has checked. */
  readonly types?: boolean | undefined;
}

/**
 * Throws DataError on the first finding. Without a scope `tree` is a datastore: its configuration must be complete, its
 * state may be what the node has reported so far. With a scope it is the contents of that node, an input for example.
 */
export function validate(tree: Tree, schema: Schema, scope?: SchemaNode, around: Surroundings = {}): void {
  const [first] = findings(tree, schema, { ...around, scope, limit: 1 });
  if (first !== undefined) throw first;
}

/** All findings, in the order of the tree. */
export function findings(tree: Tree, schema: Schema, options: FindingsOptions = {}): readonly DataError[] {
  const plan = planOf(schema);
  const node = options.scope === undefined ? plan.root : planNode(plan, options.scope);
  return gather(plan, options.limit, (found) => {
    if (options.types === true) checkTypes(tree, node, plan, found);
    checkTree(tree, node, plan, found, options);
  });
}

/**
 * The same for a datastore after an edit, where only what the edit is guilty of counts: any finding in what it set, and
 * elsewhere those that were not there before.
 */
export function validateEdit(before: Tree, after: Tree, instances: readonly Instance[], schema: Schema): void {
  const [first] = editFindings(before, after, instances, schema, 1);
  if (first !== undefined) throw first;
}

/** All that an edit is guilty of. */
export function editFindings(
  before: Tree,
  after: Tree,
  instances: readonly Instance[],
  schema: Schema,
  limit?: number,
): readonly DataError[] {
  const plan = planOf(schema);
  return gather(plan, limit, (found) => checkEdit({ before, after }, instances, plan, found));
}

/** Thrown by the collector to end a validation; nobody else sees it. */
const ENOUGH = Symbol("enough");

function gather(
  plan: Plan,
  limit = Number.POSITIVE_INFINITY,
  look: (found: (finding: Fault) => void) => void,
): readonly DataError[] {
  const errors: DataError[] = [];
  const told = new Set<string>();
  try {
    look((finding) => {
      const error = located(finding, plan);
      if (!(error instanceof DataError)) return;
      const text = `${error.code} ${error.facts["path"]} ${error.facts["what"]}`;
      if (told.has(text)) return;
      told.add(text);
      if (errors.push(error) >= limit) throw ENOUGH;
    });
  } catch (reason) {
    if (reason !== ENOUGH) throw reason;
  }
  return errors;
}
