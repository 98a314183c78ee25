/** A part of an outline: what lies at a path, and not deeper than wanted. */
import type { AugmentOutline, ModuleOutline, OutlineNode, Step } from "./outline.ts";

/** Choices and cases are no level of the data, so they are not counted. */
export function toDepth(module: ModuleOutline, depth: number): ModuleOutline {
  const cut =
    (left: number) =>
    (node: OutlineNode): OutlineNode => {
      const below = isTransparent(node) ? left : left - 1;
      return { ...node, children: below <= 0 ? [] : node.children.map(cut(below)) };
    };
  const cutAll = (nodes: readonly OutlineNode[]) => nodes.map(cut(depth));
  return {
    ...module,
    data: cutAll(module.data),
    augments: module.augments.map((augment) => ({ ...augment, nodes: cutAll(augment.nodes) })),
    rpcs: cutAll(module.rpcs),
    notifications: cutAll(module.notifications),
    structures: cutAll(module.structures),
    yangData: module.yangData.map(({ name, node }) => ({ name, node: cut(depth)(node) })),
  };
}

/**
 * The node at a path of data nodes, each a name or `module:name`, and what is below it; nothing else but its ancestors.
 * undefined when the module has no such node.
 */
export function atPath(module: ModuleOutline, path: string): ModuleOutline | undefined {
  const steps = path.split("/").filter((step) => step !== "");
  const at = (nodes: readonly OutlineNode[]) => descend(nodes, steps);
  const found = {
    data: at(module.data),
    augments: module.augments.flatMap((augment) => inAugment(augment, steps)),
    rpcs: at(module.rpcs),
    notifications: at(module.notifications),
    structures: at(module.structures),
    yangData: module.yangData.flatMap(({ name, node }) => at([node]).map((part) => ({ name, node: part }))),
  };
  return Object.values(found).some(({ length }) => length > 0) ? { ...module, ...found } : undefined;
}

function descend(nodes: readonly OutlineNode[], steps: readonly string[]): readonly OutlineNode[] {
  if (steps.length === 0) return nodes;
  return nodes.flatMap((node) => {
    const rest = passed(node, steps);
    if (rest === undefined) return [];
    const children = descend(node.children, rest);
    return rest.length > 0 && children.length === 0 ? [] : [{ ...node, children }];
  });
}

function inAugment({ target, nodes }: AugmentOutline, steps: readonly string[]): readonly AugmentOutline[] {
  let left: readonly string[] | undefined = steps;
  for (const step of target) left = left && (left.length === 0 ? left : passed(step, left));
  const found = left === undefined ? [] : descend(nodes, left);
  return found.length === 0 ? [] : [{ target, nodes: found }];
}

/** The steps that are left below the node; undefined when the path does not lead through it. */
function passed(node: Step, steps: readonly string[]): readonly string[] | undefined {
  const [step, ...rest] = steps;
  if (step === node.name || step === `${node.module}:${node.name}`) return rest;
  return isTransparent(node) ? steps : undefined;
}

/** Paths may leave choices and cases out, and those of data always do. */
const isTransparent = ({ kind }: Step): boolean => kind === "choice" || kind === "case";
