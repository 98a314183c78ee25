/** Reading and changing a datastore tree: select, edit, merge, salvage. All pure. */
export { configurationOf, diff } from "./diff.ts";
export { edit } from "./edit.ts";
export { encodeKept, type KeptTree, laidOver, NOTHING_KEPT, NOTHING_LEFT, readKept } from "./kept.ts";
export { merge } from "./merge.ts";
export { replacement } from "./replacement.ts";
export { type Salvaged, salvageTree } from "./salvage.ts";
export { readTree, select } from "./select.ts";
