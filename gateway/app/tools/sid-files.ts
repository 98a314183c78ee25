/** What the tools of .sid files read and write: sources, .sid files, the registry of ranges. */
import { lstat, rename, rm, stat, writeFile } from "node:fs/promises";
import { UsageError } from "../../base/index.ts";
import { builtInModels } from "../../yang/index.ts";
import { loadModuleTree, type ModuleTree, parseSidFile, readSidFile, type SidFile } from "../../yang/sid/index.ts";
import { asText, readFileBytes } from "./input.ts";

export type Print = (text: string) => void;
/** Standard output instead of a file. */
const STDOUT = "-";

/** Throws UsageError `cli.file`, `cli.too-large`, `cli.not-text`. */
export const readText = async (path: string): Promise<string> => asText(await readFileBytes(path), path);

/** A file to go on from, which must keep its rules. Throws UsageError `cli.file`, `yang.sid-*`. */
export const soundSidFile = async (path: string): Promise<SidFile> => readSidFile(await readText(path), path);
/** A file to judge, as it is. Throws UsageError `cli.file`, `yang.sid-file`. */
export const anySidFile = async (path: string): Promise<SidFile> => parseSidFile(await readText(path), path);

/** Our own modules may be imported without a word. */
export const folders = (path: readonly string[]): readonly string[] => [...path, builtInModels()];

/** Throws UsageError `cli.file`, `yang.*`. */
export const moduleTree = async (yang: string, path: readonly string[]): Promise<ModuleTree> =>
  loadModuleTree({ path: yang, text: await readText(yang) }, folders(path));

/** Throws UsageError `cli.file-exists`. */
export async function checkFree(path: string): Promise<void> {
  if (path === STDOUT) return;
  const there = await lstat(path).then(
    () => true,
    () => false,
  );
  if (there) throw new UsageError("cli.file-exists", { path });
}

/** Under its name only when it is whole; to standard output with the line feed that the file may lack. */
export async function writeText(path: string, text: string, print: Print): Promise<void> {
  if (path === STDOUT) {
    print(text.replace(/\n$/, ""));
    return;
  }
  await writeWhole(path, text);
}

/** Under its name only when it is whole. Throws UsageError `cli.file-write`. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  // A device or a folder must not be replaced by a file of its name.
  const former = await stat(path).catch(() => undefined);
  if (former !== undefined && !former.isFile()) {
    throw new UsageError("cli.file-write", { path, reason: "it is not a regular file" });
  }
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(draft, content, { flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined); // where nobody may write there is none
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // node:fs throws nothing else
    throw new UsageError("cli.file-write", { path, reason }, { cause: error });
  }
}

/** Is the text for people, or does it go where the file would? */
export const isStdout = (path: string): boolean => path === STDOUT;
