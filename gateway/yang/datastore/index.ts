/** Reading and changing a datastore tree, and what lies between two of them. All pure. */
export {
  type Change,
  changesBetween,
  decodeChanges,
  encodeChanges,
  type StoredChange,
  withChanges,
} from "./changes.ts";
export { configurationOf, diff } from "./diff.ts";
export { edit, editToTheLetter } from "./edit.ts";
export { encodeKept, type KeptTree, laidOver, NOTHING_KEPT, NOTHING_LEFT, readKept } from "./kept.ts";
export { decodeKnown, type KnownTree, type PassedOver } from "./known.ts";
export { merge } from "./merge.ts";
export { goneIn, type Reading, type ReadingOptions, readingBetween, withoutInstances } from "./reading.ts";
export { replacement } from "./replacement.ts";
export { type Salvaged, salvageTree } from "./salvage.ts";
export { salvageInstances } from "./salvage-instances.ts";
export { readTree, select } from "./select.ts";
export { subtreeAt } from "./subtree.ts";
export { touched } from "./touched.ts";
