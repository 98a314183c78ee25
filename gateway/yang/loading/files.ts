/** The .yang and .sid files of the model folders, and the modules that come with yang-js, as bytes. */
import { createHash } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
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
/** Of one folder together; all that the IETF has published takes a tenth. */
const MAX_FOLDER_BYTES = 64 * 1024 * 1024;

/** All models of the folders, by name within each. Throws UsageError `yang.compile-folder`, `yang.file`, `yang.parse`. */
export async function readModelFiles(folders: readonly string[]): Promise<readonly SourceFile[]> {
  return (await Promise.all(folders.map((folder) => readFolder(folder, MODEL)))).flat();
}

/** ietf-yang-types, ietf-inet-types and the few others that yang-js brings, for imports only. */
export const readLibraryFiles = (): Promise<readonly SourceFile[]> =>
  readFolder(join(dirname(createRequire(import.meta.url).resolve("yang-js/package.json")), "schema"), YANG);

/** Paths of the models in a folder, by name. A folder may have the name of a model, and so may a link to one. */
export async function modelPaths(folder: string, wanted = MODEL): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => wanted.test(name));
  const paths = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return (await isFolder(entry, path)) ? [] : [path];
    }),
  );
  return paths.flat().sort();
}

/** A link that leads nowhere is told when it is read. */
const isFolder = async (entry: Dirent, path: string): Promise<boolean> =>
  entry.isSymbolicLink()
    ? stat(path).then(
        (target) => target.isDirectory(),
        () => false,
      )
    : entry.isDirectory();

async function readFolder(folder: string, wanted: RegExp): Promise<readonly SourceFile[]> {
  const paths = await modelPaths(folder, wanted).catch((error: Error) => {
    throw new UsageError("yang.compile-folder", { folder, reason: error.message }, { cause: error });
  });
  const files: SourceFile[] = [];
  let left = MAX_FOLDER_BYTES;
  // One after the other: a folder of thousands would take all descriptors that the process may have.
  for (const path of paths) {
    const bytes = await readRegular(path, left);
    files.push({ path, text: decodeSource(bytes, path) });
    left -= bytes.length;
  }
  return files;
}

/** A pipe would never end, and a device neither; nothing that is not a file is opened for good. */
async function readRegular(file: string, limit: number): Promise<Uint8Array> {
  const refuse = (reason: string, cause?: unknown): UsageError =>
    new UsageError("yang.file", { file, reason }, { cause });
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw refuse("it is no regular file");
      if (stats.size > limit) throw refuse(`the folder holds more than ${MAX_FOLDER_BYTES} bytes of models`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
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
