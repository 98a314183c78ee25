/** RFC 9595 §3 — the first .sid file of a module. */
import { assign, checkRanges } from "./assign.ts";
import { itemsOf, type Wanted } from "./items.ts";
import type { Dialect, ModuleTree } from "./module-tree.ts";
import { pyangItems } from "./pyang-quirks.ts";
import type { SidFile, SidRange } from "./sid-file.ts";
import { sidFileName } from "./write.ts";

export interface Numbering {
  readonly dialect: Dialect;
  /** As pyang 2.7.1 does it, faults included. */
  readonly pyangQuirks?: boolean | undefined;
  /** The numbers hold for ever: nothing is unstable, and the file is published. */
  readonly finalise?: boolean | undefined;
}

/** What needs a number. */
export const wantedItems = (tree: ModuleTree, { dialect, pyangQuirks = false }: Numbering): readonly Wanted[] =>
  pyangQuirks ? pyangItems(tree, dialect) : itemsOf(tree, dialect);

/** Throws UsageError `yang.sid-overlap`, `yang.sid-exhausted`. */
export function generate(tree: ModuleTree, ranges: readonly SidRange[], numbering: Numbering): SidFile {
  const { name: module, revision } = tree.module;
  const file = sidFileName({ module, revision });
  checkRanges(ranges, file);
  const fresh: SidFile = {
    file,
    module,
    revision,
    status: "unpublished",
    dependencies: numbering.pyangQuirks ? tree.importsAsWritten : tree.dependencies,
    ranges,
    items: assign(wantedItems(tree, numbering), [], ranges, module),
  };
  return numbering.finalise ? finalised(fresh) : fresh;
}

/** Both statuses are the defaults of RFC 9595 §4, which stand for "stable" and "published". */
export const finalised = (file: SidFile): SidFile => ({
  ...file,
  status: undefined,
  items: file.items.map((item) => (item.status === "unstable" ? { ...item, status: undefined } : item)),
});
