/** The models of a folder, read when they are wanted: a file that nothing imports may be anything. */
import { readFileSync } from "node:fs";
import { UsageError } from "../../base/index.ts";
import { decodeSource, modelPaths, type SourceFile } from "./files.ts";

/** Throws UsageError `yang.compile-folder`; asking a file for its text throws UsageError `cli.file`, `yang.parse`. */
export async function modelsNearby(folders: readonly string[]): Promise<readonly SourceFile[]> {
  const files = folders.map(async (folder) => {
    const paths = await modelPaths(folder).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError("yang.compile-folder", { folder, reason: error.code ?? error.message }, { cause: error });
    });
    return paths.map((path) => new NearbyFile(path));
  });
  return (await Promise.all(files)).flat();
}

class NearbyFile implements SourceFile {
  readonly path: string;
  #text: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get text(): string {
    this.#text ??= decodeSource(readBytes(this.path), this.path);
    return this.#text;
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // node:fs throws nothing else
    throw new UsageError("cli.file", { path, reason }, { cause: error });
  }
}
