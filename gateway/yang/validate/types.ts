/** RFC 7950 §9 — values against their types, for trees that no reader of ours has made. */
import { BugError } from "../../base/index.ts";
import { Fault } from "../codec/fault.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { entriesIn, keysOf } from "../codec/value.ts";
import type { BuiltIn, LeafType } from "../schema.ts";
import type { LeafValue, Tree, Value } from "../tree.ts";

/** Looks at everything in the contents of `node`: values, and whether nodes may stand where they stand. */
export function checkTypes(tree: Tree, node: PlanNode, plan: Plan, found: (finding: Fault) => void): void {
  lookInto(tree, node, [], plan, found);
}

type Found = (finding: Fault) => void;

function lookInto(tree: Tree, node: PlanNode, keys: readonly LeafValue[], plan: Plan, found: Found): void {
  for (const [sid, value] of tree) {
    const child = plan.nodes.get(sid);
    if (child === undefined || !(node.open ? child.free : child.parent === node)) {
      found(new Fault("yang.unknown-element", `nothing with the number ${sid} can stand here`, node.sid).within(keys));
    } else lookAt(value, child, keys, plan, found);
  }
}

function lookAt(value: Value, node: PlanNode, keys: readonly LeafValue[], plan: Plan, found: Found): void {
  const misplaced = (expected: string) => found(new Fault("yang.invalid-datatype", expected, node.sid).within(keys));
  if (node.leaf !== undefined) {
    const many = node.kind === "leaf-list";
    if (many !== Array.isArray(value)) misplaced(many ? "expected values" : "expected one value");
    else for (const each of many ? (value as readonly LeafValue[]) : [value as LeafValue]) lookAtLeaf(each);
  } else if (node.kind === "list") {
    if (!Array.isArray(value)) misplaced("expected entries");
    for (const entry of entriesIn(value)) {
      if (entry instanceof Map) lookInto(entry, node, [...keys, ...(keysOf(entry, node) ?? [])], plan, found);
      else misplaced("expected entries");
    }
  } else if (node.kind !== "anyxml") {
    if (value instanceof Map) lookInto(value as Tree, node, keys, plan, found);
    else misplaced("expected the contents of a container");
  }

  function lookAtLeaf(leaf: LeafValue): void {
    const fault = typeFault(leaf, node);
    if (fault !== undefined) found(fault.place(node.sid).within(keys));
  }
}

/** Whoever writes a value in text and reads it again has checked all that its type asks for. */
function typeFault(value: LeafValue, { leaf, schema }: PlanNode): Fault | undefined {
  if (schema.type === undefined || !hasForm(value, schema.type)) {
    return new Fault("yang.invalid-datatype", `a ${typeof value} is no ${schema.type?.base}`);
  }
  try {
    leaf!.parse(leaf!.format(value));
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    if (error instanceof BugError) return new Fault("yang.invalid-datatype", `no ${schema.type.base} has this value`);
    throw error;
  }
}

type Form = (value: LeafValue, type: LeafType) => boolean;
const number: Form = (value) => Number.isInteger(value);
const big: Form = (value) => typeof value === "bigint";
const text: Form = (value) => typeof value === "string";

/** The normal form of each type, see tree.ts. */
const FORMS: { readonly [base in BuiltIn]: Form } = {
  int8: number,
  int16: number,
  int32: number,
  int64: big,
  uint8: number,
  uint16: number,
  uint32: number,
  uint64: big,
  decimal64: big,
  string: text,
  boolean: (value) => typeof value === "boolean",
  enumeration: number,
  bits: text,
  binary: (value) => value instanceof Uint8Array,
  leafref: (value, { target }) => target === undefined || hasForm(value, target),
  identityref: number,
  empty: (value) => value === null,
  union: (value, { members = [] }) => {
    if (typeof value !== "object" || value === null || !("member" in value)) return false;
    const member = members[value.member];
    return member !== undefined && hasForm(value.value, member);
  },
  "instance-identifier": (value) => typeof value === "object" && value !== null && "sid" in value,
};

const hasForm = (value: LeafValue, type: LeafType): boolean => FORMS[type.base](value, type);
