/**
 * Folders of .yang and .sid files → schema. The compiled schema is kept on disk under the digest of its sources, so
 * that an ordinary start parses nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../base/index.ts";
import { IMAGE_VERSION } from "./compile/image.ts";
import { openSchema } from "./compile/open-schema.ts";
import { readImage, writeImage } from "./loading/cache.ts";
import { digestOf, readLibraryFiles, readModelFiles } from "./loading/files.ts";
import type { Schema } from "./schema.ts";

export interface LoadOptions {
  /** Where the .yang and .sid files are; by default our own. */
  readonly folder?: string | undefined;
  readonly extraFolders?: readonly string[] | undefined;
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
  const { cacheFolder, log } = options;
  const folders = [options.folder ?? builtInModels(), ...(options.extraFolders ?? [])];
  const [files, library] = await Promise.all([readModelFiles(folders), readLibraryFiles()]);
  const digest = digestOf([...files, ...library], `sidgate-schema ${IMAGE_VERSION}`);
  const cached = cacheFolder === undefined ? undefined : await readImage(cacheFolder, digest, log);
  if (cached) return openSchema(cached);
  // A warm start loads neither the compiler nor yang-js.
  const { compileFiles } = await import("./loading/compile-files.ts");
  const image = await compileFiles(files, library, log);
  if (cacheFolder !== undefined) await writeImage(cacheFolder, digest, image, log);
  log.info("yang.schema-compiled", { digest, modules: image.modules.length, nodes: image.nodes.length });
  return openSchema(image);
}
