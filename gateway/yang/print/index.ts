/** What is in modules, for people. Loads the compiler, so nothing that a gateway needs imports it. */
export {
  faultsInNamed,
  type NamedModules,
  type NamedModulesOptions,
  openNamedModules,
  type SidRemark,
} from "./named-modules.ts";
export type { AugmentOutline, ModuleOutline, OutlineNode } from "./outline.ts";
export { atPath, toDepth } from "./prune.ts";
export { type DiagramOptions, treeDiagram } from "./tree-diagram.ts";
