/**
 * Folders of .yang and .sid files → schema. The compiled schema is kept on disk under the digest of its sources, so
 * that an ordinary start parses nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../base/index.ts";
import { IMAGE_VERSION, type SchemaImage } from "./compile/image.ts";
import { openSchema } from "./compile/open-schema.ts";
import { readImage, writeImage } from "./loading/cache.ts";
import type { SetChoice } from "./loading/choose.ts";
import { digestOf, readLibraryFiles, readModelFiles, type SourceFile } from "./loading/files.ts";
import type { Schema } from "./schema.ts";

export type { SchemaImage } from "./compile/image.ts";
export type { SetChoice } from "./loading/choose.ts";
export { readModelFiles, type SourceFile } from "./loading/files.ts";

export interface OpenOptions {
  /** Where compiled schemas are kept; without it each load compiles. */
  readonly cacheFolder?: string | undefined;
  readonly log: Logger;
  /** By default in this thread. */
  readonly compile?: CompileImage | undefined;
}

export interface LoadOptions extends SetChoice, OpenOptions {
  /** Where the .yang and .sid files are; by default our own. */
  readonly folder?: string | undefined;
  readonly extraFolders?: readonly string[] | undefined;
  /** Its files are `pinned`. */
  readonly setFolder?: string | undefined;
}

/** Files of models, read. */
export interface ModelSources extends SetChoice {
  readonly files: readonly SourceFile[];
  /** They decide: of a module among them, the newest revision here is implemented, also when `files` has a newer one. */
  readonly pinned?: readonly SourceFile[] | undefined;
}

/** Plain data, so that another thread can do it. */
export interface CompileJob extends ModelSources {
  /** Where the image is kept, and under which name. */
  readonly cache?: { readonly folder: string; readonly digest: string } | undefined;
}
export type CompileImage = (job: CompileJob, log: Logger) => Promise<SchemaImage>;

/** The folder yang-models of this installation, for code that runs from source and from dist alike. */
export function builtInModels(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const models = join(folder, "yang-models");
    if (existsSync(models) || folder === dirname(folder)) return models;
  }
}

/** Reads and compiles all models, or takes the compiled schema from the cache. Throws UsageError `yang.*`. */
export async function loadModels(options: LoadOptions): Promise<Schema> {
  const { setFolder } = options;
  const [files, pinned] = await Promise.all([
    readModelFiles([options.folder ?? builtInModels(), ...(options.extraFolders ?? [])]),
    readModelFiles(setFolder === undefined ? [] : [setFolder]),
  ]);
  return openModels({ ...options, files, pinned }, options);
}

/** The same for files that were read already. */
export async function openModels(
  { files, pinned = [], implement, features }: ModelSources,
  { cacheFolder, log, compile = compileImage }: OpenOptions,
): Promise<Schema> {
  // What decides beside the files: with other features the same files give another schema.
  const salt = JSON.stringify([IMAGE_VERSION, implement ?? null, features ?? null, pinned.length]);
  const digest = digestOf([...files, ...pinned, ...(await readLibraryFiles())], `sidgate-schema ${salt}`);
  const cached = cacheFolder === undefined ? undefined : await readImage(cacheFolder, digest, log);
  if (cached) return openSchema(cached);
  const cache = cacheFolder === undefined ? undefined : { folder: cacheFolder, digest };
  return openSchema(await compile({ files, pinned, implement, features, cache }, log));
}

/** Compiles, and leaves the image in the cache. Throws UsageError `yang.*`. */
export const compileImage: CompileImage = async ({ files, pinned, implement, features, cache }, log) => {
  // A warm start loads neither the compiler nor yang-js.
  const [{ compileFiles }, library] = await Promise.all([import("./loading/compile-files.ts"), readLibraryFiles()]);
  const image = await compileFiles(files, library, log, { implement, features, pinned });
  if (cache !== undefined) await writeImage(cache.folder, cache.digest, image, log);
  log.info("yang.schema-compiled", { modules: image.modules.length, nodes: image.nodes.length });
  return image;
};
