/** RFC 7950 §9.9.2 — the leaf that the path of a leafref leads to. */
import type { Statement } from "../../parse/statement.ts";
import type { Expression, Step } from "../../xpath/expression.ts";
import { readXPath } from "../expressions.ts";
import { refuse } from "../finding.ts";
import { checkStatus } from "../status.ts";
import type { Draft } from "../tree/draft.ts";
import type { ResolvedType } from "./resolve-type.ts";

export type Leafref = NonNullable<ResolvedType["leafref"]>;

/** Finds the leaf; predicates choose among its instances and change nothing here. */
export function leafrefTarget(leaf: Draft, { path, at }: Leafref, roots: readonly Draft[]): Draft {
  const target = follow(readXPath(path, at), { leaf, at, roots });
  if (target?.facts.kind !== "leaf" && target?.facts.kind !== "leaf-list") {
    return refuse(at, "the path must lead to a leaf or leaf-list");
  }
  return target;
}

interface Walk {
  readonly leaf: Draft;
  readonly at: Statement;
  readonly roots: readonly Draft[];
}

/** Where an expression leads; undefined is the root. */
function follow(expression: Expression, walk: Walk): Draft | undefined {
  const { leaf, at } = walk;
  if (expression.kind === "call" && expression.name === "current") return leaf;
  // RFC 7950 §10.3.1, which the grammar of paths does not name, but published models use.
  if (expression.kind === "call" && expression.name === "deref") {
    const [argument] = expression.args;
    const reference = argument && follow(argument, walk);
    if (!reference?.type?.leafref) return refuse(at, "deref() takes the path of a leafref");
    return leafrefTarget(reference, reference.type.leafref, walk.roots);
  }
  if (expression.kind !== "path") return refuse(at, "a path of names, '/' and '..' must stand here");
  const { from, steps } = expression;
  let here = from === "root" ? undefined : from === "context" ? leaf : follow(from, walk);
  for (const step of steps) here = stepFrom(here, step, walk);
  return here;
}

function stepFrom(here: Draft | undefined, { axis, test }: Step, { leaf, at, roots }: Walk): Draft | undefined {
  if (axis === "self" && test.kind === "node") return here;
  if (axis === "parent" && test.kind === "node") {
    return here === undefined ? refuse(at, "the path climbs above the root") : dataParent(here);
  }
  if (axis !== "child" || test.kind !== "name") return refuse(at, "a path of names, '/' and '..' must stand here");
  const module = test.module ?? leaf.facts.module;
  const next = childrenOf(here, leaf, roots).find(
    (each) => each.facts.name === test.name && each.facts.module === module,
  );
  const where = here ? ` in '${here.facts.name}'` : "";
  return next ?? refuse(at, `the path leads to nothing: there is no '${test.name}' of module '${module}'${where}`);
}

/** Input and output stand for their operation in XPath: above them is what is above the operation. */
const dataParent = (node: Draft): Draft | undefined =>
  node.facts.kind === "input" || node.facts.kind === "output" ? node.parent?.parent : node.parent;

/** RFC 7950 §6.4.1: an operation has the children of its input, or of its output for what stands there. */
function childrenOf(node: Draft | undefined, leaf: Draft, roots: readonly Draft[]): readonly Draft[] {
  if (!node) return roots;
  if (node.facts.kind !== "rpc" && node.facts.kind !== "action") return node.children;
  const half = node.children.find((each) => isAbove(each, leaf)) ?? node.children[0];
  return half?.children ?? [];
}

function isAbove(node: Draft, below: Draft): boolean {
  for (let here: Draft | undefined = below; here; here = here.parent) if (here === node) return true;
  return false;
}

/** RFC 7950 §9.9, §7.21.2: what a leafref may lead to. */
export function checkReference(leaf: Draft, { at }: Leafref, requireInstance: boolean, target: Draft): void {
  if (requireInstance && leaf.facts.config && !target.facts.config && !inOperation(leaf) && !leaf.facts.structure) {
    refuse(at, `configuration cannot depend on state: '${target.facts.name}' is config false; see require-instance`);
  }
  const { statement, module } = target.source;
  checkStatus(at, [leaf.source.statement, ...ancestors(leaf)], leaf.source.module, { statement, module });
}

const ancestors = (leaf: Draft): readonly Statement[] => {
  const found: Statement[] = [];
  for (let here = leaf.parent; here; here = here.parent) found.push(here.source.statement);
  return found;
};

function inOperation(leaf: Draft): boolean {
  for (let here: Draft | undefined = leaf; here; here = here.parent) {
    if (["rpc", "action", "notification"].includes(here.facts.kind)) return true;
  }
  return false;
}
