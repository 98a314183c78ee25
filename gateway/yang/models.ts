/**
 * Folders of .yang and .sid files → schema. The compiled schema is kept on disk under the digest of its sources, so
 * that an ordinary start parses nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CodedError, Logger } from "../base/index.ts";
import { IMAGE_VERSION } from "./compile/image.ts";
import { openSchema } from "./compile/open-schema.ts";
import { readImage, writeImage } from "./loading/cache.ts";
import type { SetChoice } from "./loading/choose.ts";
import { digestOf, readLibraryFiles, readModelFiles, type SourceFile } from "./loading/files.ts";
import type { Schema } from "./schema.ts";

export type { SetChoice } from "./loading/choose.ts";
export { readModelFiles, type SourceFile } from "./loading/files.ts";

export interface LoadOptions extends SetChoice {
  /** Where the .yang and .sid files are; by default our own. */
  readonly folder?: string | undefined;
  readonly extraFolders?: readonly string[] | undefined;
  /**
   * A folder that decides: of a module that it holds, its newest revision there is implemented, also when another folder
   * holds a newer one.
   */
  readonly setFolder?: string | undefined;
  /** Where compiled schemas are kept; without it each load compiles. */
  readonly cacheFolder?: string | undefined;
  readonly log: Logger;
}

/** The folder yang-models of this installation, for code that runs from source and from dist alike. */
export function builtInModels(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const models = join(folder, "yang-models");
    if (existsSync(models) || folder === dirname(folder)) return models;
  }
}

/** Reads and compiles all models, or takes the compiled schema from the cache. Throws UsageError `yang.*`. */
export async function loadModels(options: LoadOptions): Promise<Schema> {
  const { cacheFolder, log, setFolder, implement, features } = options;
  const folders = [options.folder ?? builtInModels(), ...(options.extraFolders ?? [])];
  const [files, pinned, library] = await Promise.all([
    readModelFiles(folders),
    readModelFiles(setFolder === undefined ? [] : [setFolder]),
    readLibraryFiles(),
  ]);
  // What decides beside the files: with other features the same files give another schema.
  const salt = JSON.stringify([IMAGE_VERSION, implement ?? null, features ?? null, pinned.length]);
  const digest = digestOf([...files, ...pinned, ...library], `sidgate-schema ${salt}`);
  const cached = cacheFolder === undefined ? undefined : await readImage(cacheFolder, digest, log);
  if (cached) return openSchema(cached);
  // A warm start loads neither the compiler nor yang-js.
  const { compileFiles } = await import("./loading/compile-files.ts");
  const image = await compileFiles(files, library, log, { implement, features, pinned });
  if (cacheFolder !== undefined) await writeImage(cacheFolder, digest, image, log);
  log.info("yang.schema-compiled", { digest, modules: image.modules.length, nodes: image.nodes.length });
  return openSchema(image);
}

/** The schema of files that were read already; what they import and lack comes from the library. */
export async function compileModels(
  files: readonly SourceFile[],
  options: SetChoice & { readonly log: Logger },
): Promise<Schema> {
  const [{ compileFiles }, library] = await Promise.all([import("./loading/compile-files.ts"), readLibraryFiles()]);
  return openSchema(await compileFiles(files, library, options.log, options));
}

/** What is wrong with these files: one finding for each that is broken, none when all are right. */
export async function checkModels(
  files: readonly SourceFile[],
  options: SetChoice = {},
): Promise<readonly CodedError[]> {
  const [{ findFaults }, library] = await Promise.all([import("./loading/find-faults.ts"), readLibraryFiles()]);
  return findFaults(files, library, options);
}
