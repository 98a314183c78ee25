/** PUT of a datastore (draft-ietf-core-comi-21 §3.3) as the edits that it stands for: all of the configuration is new, state stays. */
import { Fault } from "../codec/fault.ts";
import { located } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { Schema } from "../schema.ts";
import { EMPTY_TREE, type Instance, type Tree } from "../tree.ts";
import { validate } from "../validate/index.ts";
import { diff } from "./diff.ts";
import { edit } from "./edit.ts";
import { merge } from "./merge.ts";

/**
 * The edits that give `tree` the configuration `wanted` and no other, which must be right as a whole. What stands at the top
 * of `wanted` may lie deeper in the schema, as in the draft's GET. Throws DataError, `yang.read-only` for state in `wanted`.
 */
export function replacement(tree: Tree, wanted: Tree, schema: Schema): readonly Instance[] {
  const placed = merge(EMPTY_TREE, wanted, schema);
  const members = [...placed].map(([sid, value]): Instance => ({ id: { sid, keys: [] }, value }));
  const configuration = edit(EMPTY_TREE, members, schema);
  const instances = diff(tree, configuration, schema);
  const edited = edit(tree, instances, schema);
  // What was there before and is still wanted, though its condition (`when`) does not hold any more: the edit took it away.
  const [lost] = diff(edited, configuration, schema);
  if (lost !== undefined) {
    const fault = new Fault("yang.unknown-element", "its condition does not hold", lost.id.sid).within(lost.id.keys);
    throw located(fault, planOf(schema));
  }
  validate(edited, schema);
  return instances;
}
