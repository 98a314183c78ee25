/** From a schema to its plan: types compiled, keys and defaults looked up, once per schema. */
import { BugError, UsageError } from "../../base/index.ts";
import { CborWriter } from "../../wire/cbor/index.ts";
import type { LeafType, Schema, SchemaNode, Sid } from "../schema.ts";
import { Fault } from "./fault.ts";
import type { Form } from "./form.ts";
import { checkIdValue, formatId, parseIdValue, readId, writeId } from "./instance-id.ts";
import type { IdentifierForms, LeafCodec } from "./leaf.ts";
import { qualifiedName } from "./names.ts";
import type { Plan, PlanNode } from "./plan-node.ts";
import { leafCodec } from "./types/index.ts";

type Draft = { -readonly [K in keyof PlanNode]: PlanNode[K] };

type Plans = { readonly [form in Form]: Plan };

/** A memo: the plan is a pure function of the schema, which never changes. */
const PLANS = new WeakMap<Schema, Plans>();

export function planOf(schema: Schema, form: Form = "sid"): Plan {
  let plans = PLANS.get(schema);
  if (plans === undefined) {
    plans = makePlans(schema);
    PLANS.set(schema, plans);
  }
  return plans[form];
}

/** The planned form of a schema node. */
export function planNode(plan: Plan, node: SchemaNode): PlanNode {
  const found = plan.nodes.get(node.sid);
  if (found === undefined)
    throw new BugError("yang.bug", { what: `the schema node ${node.name} is of another schema` });
  return found;
}

function makePlans(schema: Schema): Plans {
  const nodes = new Map<Sid, PlanNode>();
  const root = draft(ROOT, undefined, 0);
  const shared = { schema, nodes, root, writer: new CborWriter() };
  const plans: Plans = {
    sid: { ...shared, form: "sid" },
    name: { ...shared, form: "name" },
    any: { ...shared, form: "any" },
  };
  const identifiers = { sid: idForms(plans.sid), name: idForms(plans.name), any: idForms(plans.any) };
  const codecIn = (form: Form, type: LeafType, module: string): LeafCodec =>
    leafCodec(type, { schema, form, module, identifiers: identifiers[form] });

  const grow = (from: readonly SchemaNode[], parent: Draft): void => {
    const children: PlanNode[] = [];
    for (const node of from) {
      const made = draft(node, parent, node.sid);
      if (node.type !== undefined) {
        const { type, module } = node;
        const leaf = codecIn("sid", type, module);
        const vary = variesByForm(type);
        made.leaf = leaf;
        made.leaves = {
          sid: leaf,
          name: vary ? codecIn("name", type, module) : leaf,
          any: vary ? codecIn("any", type, module) : leaf,
        };
      }
      grow(node.children, made);
      nodes.set(made.sid, made);
      children.push(made);
    }
    parent.children = children.sort((a, b) => a.sid - b.sid);
    parent.members = memberNames(parent);
    parent.input = children.find((child) => child.kind === "input");
    parent.output = children.find((child) => child.kind === "output");
    parent.choosing = children.some((child) => child.schema.cases !== undefined);
  };
  grow(schema.roots, root);
  link(root);
  root.members = freeNames(root, nodes);
  for (const node of nodes.values() as Iterable<Draft>) node.fallback = fallbackOf(node, plans.sid);
  return plans;
}

const idForms = (plan: Plan): IdentifierForms => ({
  read: (reader) => checkIdValue(readId(reader, plan), plan),
  write: (writer, id) => writeId(writer, id, plan),
  parse: (text) => parseIdValue(text, plan),
  format: (id) => formatId(id, plan),
});

/** RFC 9254 §6.10, §6.13: identityrefs and instance-identifiers name nodes and identities themselves. */
const variesByForm = ({ base, target, members = [] }: LeafType): boolean =>
  base === "identityref" ||
  base === "instance-identifier" ||
  (target !== undefined && variesByForm(target)) ||
  members.some(variesByForm);

function draft(node: SchemaNode, parent: PlanNode | undefined, sid: Sid): Draft {
  const { kind } = node;
  const inOut = kind === "input" || kind === "output";
  const operation = inOut || kind === "rpc" || kind === "action";
  // Inside a notification nothing stands by itself.
  const loose = parent === undefined || (parent.free && parent.kind !== "notification");
  return {
    schema: node,
    sid,
    kind,
    reference: inOut && parent !== undefined ? parent.sid : sid,
    parent,
    children: [],
    open: kind === "anydata" || parent === undefined,
    free: loose && !operation,
    leaf: undefined,
    leaves: undefined,
    keys: [],
    line: [],
    lists: [],
    idKeys: [],
    members: NO_MEMBERS,
    input: undefined,
    output: undefined,
    fallback: undefined,
    constrained: false,
    choosing: false,
  };
}

/** Hands lists and keys down from the root. */
function link(parent: PlanNode): void {
  for (const child of parent.children as readonly Draft[]) {
    child.line = [...parent.line, child];
    child.lists = parent.lists;
    child.idKeys = parent.idKeys;
    if (child.kind === "list") {
      child.keys = (child.schema.keys ?? []).map((name) => keyLeaf(child, name));
      child.lists = [...parent.lists, child];
      child.idKeys = [...parent.idKeys, ...child.keys];
    }
    link(child);
    child.constrained = isConstrained(child.schema) || child.children.some((below) => below.constrained);
  }
}

const isConstrained = (node: SchemaNode): boolean =>
  node.mandatory ||
  node.kind === "list" ||
  node.kind === "leaf-list" ||
  node.cases !== undefined ||
  node.type?.base === "leafref" ||
  node.type?.base === "instance-identifier";

function fallbackOf(node: PlanNode, plan: Plan): PlanNode["fallback"] {
  const { leaf } = node;
  const { defaults } = node.schema;
  if (leaf === undefined || defaults === undefined || defaults.length === 0) return undefined;
  try {
    const values = defaults.map((text) => leaf.parse(text));
    return node.kind === "leaf-list" ? values : values[0];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new UsageError("yang.default", { path: formatId({ sid: node.sid, keys: [] }, plan), what: error.what });
  }
}

/** Another module may have added a leaf of the same name. */
function keyLeaf(list: PlanNode, name: string): PlanNode {
  const key = list.children.find(({ schema }) => schema.name === name && schema.module === list.schema.module);
  if (key === undefined) throw new BugError("yang.bug", { what: `list ${list.schema.name} has no key ${name}` });
  return key;
}

const NO_MEMBERS: ReadonlyMap<string, PlanNode> = new Map();

function memberNames(parent: PlanNode): Map<string, PlanNode> {
  const names = new Map<string, PlanNode>();
  for (const child of parent.children) {
    names.set(qualifiedName(child), child);
    if (child.schema.module === parent.schema.module) names.set(child.schema.name, child);
  }
  return names;
}

/**
 * Names at the top of a document: top-level nodes first, then what lies deeper, so that a fragment such as
 * {"ietf-system:clock": …} can be read back. Of two with one name the higher wins.
 */
function freeNames(root: PlanNode, nodes: ReadonlyMap<Sid, PlanNode>): Map<string, PlanNode> {
  const names = new Map<string, PlanNode>();
  const levels = [...nodes.values()].filter((node) => node.free).map((node) => [depthOf(node), node] as const);
  levels.sort(([a], [b]) => a - b);
  for (const [, node] of levels) if (!names.has(qualifiedName(node))) names.set(qualifiedName(node), node);
  for (const child of root.children) names.set(qualifiedName(child), child);
  return names;
}

const depthOf = (node: PlanNode): number => (node.parent === undefined ? 0 : 1 + depthOf(node.parent));

const ROOT: SchemaNode = {
  kind: "container",
  name: "",
  module: "",
  sid: 0,
  parent: undefined,
  children: [],
  config: true,
  mandatory: false,
};
