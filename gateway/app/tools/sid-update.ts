/** `sidgate sid update`: the .sid file of a module's next revision. */
import { resolve } from "node:path";
import { EXIT, type SidUpdateOptions } from "../../admin/cli/index.ts";
import { isIn, itemKey, type SidRange, sidFileName, sidFileText, type Update, update } from "../../yang/sid/index.ts";
import { checkFree, isStdout, moduleTree, type Print, soundSidFile, writeText } from "./sid-files.ts";
import { used } from "./sid-generate.ts";
import { chooseRanges } from "./sid-ranges.ts";

/** Throws UsageError `cli.*`, `yang.*`. */
export async function sidUpdate(options: SidUpdateOptions, print: Print): Promise<number> {
  const { sid, yang, path, force, count, finalise, pyangQuirks, dialect } = options;
  const [old, tree] = await Promise.all([soundSidFile(sid), moduleTree(yang, path)]);
  if (count) {
    print(needs(update(old, tree, { dialect, pyangQuirks, ranges: [PLENTY] }), old.ranges));
    return EXIT.ok;
  }
  const { ranges, note } = await chooseRanges(options, old.module, old.ranges);
  const done = update(old, tree, { dialect, pyangQuirks, finalise, ranges });
  const out = options.out ?? sidFileName(done.file);
  if (done.upToDate && ranges.length === 0) {
    print(`${sid} is up to date: nothing was written.`);
    return EXIT.ok;
  }
  // The file that is being updated may be replaced: that is what was asked.
  if (!force && resolve(out) !== resolve(sid)) await checkFree(out);
  await note(print);
  await writeText(out, sidFileText(done.file), print);
  if (!isStdout(out)) print([`Wrote ${out}: ${used(done.file)}.`, ...changes(done)].join("\n"));
  return EXIT.ok;
}

function changes({ added, gone, repaired }: Update): readonly string[] {
  return [
    ...added.map((item) => `+ ${item.sid} ${itemKey(item)}`),
    ...gone.map((item) => `- ${item.sid} ${itemKey(item)} is obsolete`),
    ...repaired.map(({ sid, from, to }) => `~ ${sid} ${to} was ${from}`),
  ];
}

/** Enough for any module, above every range there is, and only counted. */
const PLENTY = { entryPoint: Number.MAX_SAFE_INTEGER - 1_000_000, size: 1_000_000 };

function needs({ added }: Update, ranges: readonly SidRange[]): string {
  const missing = added.filter(({ sid }) => !ranges.some((range) => isIn(range, sid))).length;
  const more = missing === 0 ? "the ranges have room for them" : `the ranges lack ${missing}`;
  return `${added.length} more ${added.length === 1 ? "SID is" : "SIDs are"} needed; ${more}.`;
}
