/** From the files of a module set to its schema: compiled ahead where nodes are served, then loaded from the cache. */

import { join } from "node:path";
import { type Logger, UsageError } from "../../base/index.ts";
import { builtInModels, type LoadOptions, loadModels, type Schema } from "../../yang/index.ts";
import type { CompileAhead } from "./compile-ahead.ts";
import { refuseDeviations } from "./house-modules.ts";
import { SET_FILE } from "./set-file.ts";
import type { SetSources } from "./set-folders.ts";

export interface LoadSetOptions {
  readonly cacheFolder: string;
  readonly compileAhead: CompileAhead;
  readonly log: Logger;
}

/** Throws UsageError `yang.*` or `models.*`, BugError `models.compiler`. */
export async function loadSet(
  sources: SetSources,
  { cacheFolder, compileAhead, log }: LoadSetOptions,
): Promise<Schema> {
  if (sources.fault !== undefined) throw sources.fault;
  const options: Omit<LoadOptions, "log"> = {
    folder: builtInModels(),
    extraFolders: sources.shared,
    setFolder: sources.own,
    features: sources.features,
    cacheFolder,
  };
  await compileAhead(options, log);
  const schema = await loadModels({ ...options, log });
  refuseDeviations(schema);
  refuseUnknown(sources, schema);
  return schema;
}

/** A misspelt module would leave all of its features on. */
function refuseUnknown({ features, own, shared }: SetSources, schema: Schema): void {
  for (const name of Object.keys(features)) {
    if (schema.modules.some((module) => module.name === name)) continue;
    const file = join(own ?? shared.at(-1) ?? "", SET_FILE);
    throw new UsageError("models.set-file", { file, what: `there is no module '${name}'` });
  }
}
