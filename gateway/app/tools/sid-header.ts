/** `sidgate sid header`: a .sid file as a C99 header. */
import { EXIT, type SidHeaderOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import { cHeader, isMacroName, loadNumbered } from "../../yang/sid/index.ts";
import { checkFree, folders, isStdout, type Print, soundSidFile, writeText } from "./sid-files.ts";

/** Throws UsageError `cli.*`, `yang.*`. */
export async function sidHeader(options: SidHeaderOptions, print: Print): Promise<number> {
  const { sid, yang, path, prefix, out = "-", force } = options;
  if (prefix !== undefined && !isMacroName(prefix)) {
    throw new UsageError("cli.usage", { what: "the prefix must be letters, digits and '_', and begin with a letter" });
  }
  const file = await soundSidFile(sid);
  const numbered = yang === undefined ? undefined : await loadNumbered(yang, sid, folders(path));
  if (numbered !== undefined && numbered.module !== file.module) {
    const { module: other } = numbered;
    throw new UsageError("yang.sid-other-module", { file: sid, module: file.module, source: yang ?? "", other });
  }
  if (!force) await checkFree(out);
  await writeText(out, cHeader(file, { prefix, schema: numbered?.schema }), print);
  if (!isStdout(out)) print(`Wrote ${out}: ${file.items.length} items of ${file.module}.`);
  return EXIT.ok;
}
