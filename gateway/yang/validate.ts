/** Validation of whole trees (RFC 7950 §8): the door to codec/constraints.ts. Types were checked when the tree was read. */
import { checkTree } from "./codec/constraints.ts";
import { located } from "./codec/instance-id.ts";
import { planNode, planOf } from "./codec/plan.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import type { Tree } from "./tree.ts";

/**
 * Throws DataError on the first finding. Without a scope `tree` is a datastore: its configuration must be complete, its
 * state may be what the node has reported so far. With a scope it is the contents of that node, an input for example.
 */
export function validate(tree: Tree, schema: Schema, scope?: SchemaNode): void {
  const plan = planOf(schema);
  try {
    checkTree(tree, scope === undefined ? plan.root : planNode(plan, scope), plan);
  } catch (error) {
    throw located(error, plan);
  }
}
