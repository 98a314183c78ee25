/** Numbers for modules (RFC 9595). Loads the compiler, so nothing that a gateway needs imports it. */
export { cHeader, type HeaderOptions } from "./c-header.ts";
export { isMacroName } from "./c-names.ts";
export { type CheckOptions, check, isError, SID_RULES, type SidFinding, type SidRule } from "./check.ts";
export { type Change, changeText, diff, isBroken } from "./diff.ts";
export { generate, type Numbering, wantedItems } from "./generate.ts";
export { itemsOf, type Wanted } from "./items.ts";
export { loadModuleTree, loadNumbered } from "./load.ts";
export { DIALECTS, type Dialect, type ModuleTree } from "./module-tree.ts";
export {
  holds,
  nextRange,
  type RegisteredRange,
  type Registry,
  rangesOf,
  readRegistry,
  registryText,
  withRange,
} from "./registry.ts";
export {
  isIn,
  itemKey,
  parseSidFile,
  readSidFile,
  type SidFile,
  type SidItem,
  type SidRange,
  shownRange,
} from "./sid-file.ts";
export { type Update, type UpdateOptions, update } from "./update.ts";
export { sidFileName, sidFileText } from "./write.ts";
