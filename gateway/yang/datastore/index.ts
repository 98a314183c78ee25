/** Reading and changing a datastore tree: select, edit, merge. All pure. */
export { edit } from "./edit.ts";
export { merge } from "./merge.ts";
export { readTree, select } from "./select.ts";
