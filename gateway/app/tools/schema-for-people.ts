/** The models that the tools of the command line work with. */
import { homedir } from "node:os";
import { join } from "node:path";
import { SILENT } from "../../base/index.ts";
import { builtInModels, loadModels, type Schema } from "../../yang/index.ts";

/** The built-in models and those of further folders, the last of which decides on revisions; compiled once per user. */
export const schemaForPeople = (models: readonly string[]): Promise<Schema> =>
  loadModels({
    folder: builtInModels(),
    extraFolders: models.slice(0, -1),
    setFolder: models.at(-1),
    cacheFolder: join(homedir(), ".cache", "sidgate"),
    log: SILENT,
  });
