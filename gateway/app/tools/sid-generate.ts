/** `sidgate sid generate`: the first .sid file of a module. */
import { EXIT, type SidGenerateOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import { generate, type SidFile, shownRange, sidFileName, sidFileText, wantedItems } from "../../yang/sid/index.ts";
import { checkFree, isStdout, moduleTree, type Print, writeText } from "./sid-files.ts";
import { chooseRanges } from "./sid-ranges.ts";

/** Throws UsageError `cli.*`, `yang.*`. */
export async function sidGenerate(options: SidGenerateOptions, print: Print): Promise<number> {
  const { yang, path, force, count, finalise, pyangQuirks, dialect = "rfc9595" } = options;
  const tree = await moduleTree(yang, path);
  const numbering = { dialect, pyangQuirks, finalise };
  if (count) {
    print(`${tree.module.name} needs ${wantedItems(tree, numbering).length} SIDs.`);
    return EXIT.ok;
  }
  const out = options.out ?? sidFileName({ module: tree.module.name, revision: tree.module.revision });
  if (!force) await checkFree(out);
  const { ranges, note } = await chooseRanges(options, tree.module.name, []);
  if (ranges.length === 0) {
    throw new UsageError("cli.usage", { what: "where from? Name a --range, or a --registry with a --size" });
  }
  const file = generate(tree, ranges, numbering);
  await note(print);
  await writeText(out, sidFileText(file), print);
  if (!isStdout(out)) print(`Wrote ${out}: ${used(file)}.`);
  return EXIT.ok;
}

/** How full the ranges are. */
export function used({ items, ranges }: SidFile): string {
  const all = ranges.reduce((sum, { size }) => sum + size, 0);
  return `${items.length} of ${all} SIDs of ${ranges.map(shownRange).join(", ")}`;
}
