export { Compiler } from "./compiler.ts";
export { watchFolder } from "./folder-watch.ts";
export { mirrorTo } from "./mirror.ts";
export { type ModelSet, ModelSets, type ModelSetsOptions } from "./model-sets.ts";
export { modelRows } from "./rows.ts";
