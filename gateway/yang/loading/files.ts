/** The .yang and .sid files of the model folders, and the modules that come with yang-js, as bytes. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../base/index.ts";

export interface SourceFile {
  /** Path as given, for findings. */
  readonly path: string;
  readonly text: string;
}

const MODEL = /\.(yang|sid)$/;
const YANG = /\.yang$/;

/** All models of the folders, by name within each. Throws UsageError `yang.compile-folder`. */
export async function readModelFiles(folders: readonly string[]): Promise<readonly SourceFile[]> {
  return (await Promise.all(folders.map((folder) => readFolder(folder, MODEL)))).flat();
}

/** ietf-yang-types, ietf-inet-types and the few others that yang-js brings, for imports only. */
export const readLibraryFiles = (): Promise<readonly SourceFile[]> =>
  readFolder(join(dirname(createRequire(import.meta.url).resolve("yang-js/package.json")), "schema"), YANG);

async function readFolder(folder: string, wanted: RegExp): Promise<readonly SourceFile[]> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => !entry.isDirectory());
    const names = entries.map(({ name }) => name).filter((name) => wanted.test(name));
    return await Promise.all(
      names.sort().map(async (name) => {
        const path = join(folder, name);
        return { path, text: decodeSource(await readFile(path), path) };
      }),
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError("yang.compile-folder", { folder, reason }, { cause: error });
  }
}

/** RFC 7950 §6: the files are UTF-8. */
export function decodeSource(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(
      "yang.parse",
      { file: path, line: 1, column: 1, what: "the file is not UTF-8" },
      { cause: error },
    );
  }
}

/** One SHA-256 over names and contents; `salt` sets apart what else the result depends on. */
export function digestOf(files: readonly SourceFile[], salt: string): string {
  const hash = createHash("sha256").update(salt);
  for (const { path, text } of files) hash.update(`\0${basename(path)}\0${Buffer.byteLength(text)}\0`).update(text);
  return hash.digest("hex");
}
