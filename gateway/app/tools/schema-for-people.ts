/** The models that the tools of the command line work with. */
import { homedir } from "node:os";
import { join } from "node:path";
import { printable } from "../../admin/cli/index.ts";
import { isCoded, SILENT } from "../../base/index.ts";
import { builtInModels, loadModels, type Schema } from "../../yang/index.ts";

/**
 * The built-in models and those of further folders, the last of which decides on revisions; compiled once per user. Who
 * looks at modules whose numbers are ours too, such as those of RFC 9254's examples, means theirs: ours stay away then.
 */
export async function schemaForPeople(models: readonly string[], note: (text: string) => void): Promise<Schema> {
  const own = builtInModels();
  try {
    return await load([own, ...models]);
  } catch (error) {
    if (models.length === 0 || !isCoded(error) || error.code !== "yang.sid-overlap") throw error;
    const schema = await load(models).catch(() => {
      throw error;
    });
    note(printable(`Sidgate's own modules are left out, and a gateway would refuse these: ${error.message}`));
    return schema;
  }
}

const load = ([folder, ...more]: readonly string[]): Promise<Schema> =>
  loadModels({
    folder,
    extraFolders: more.slice(0, -1),
    setFolder: more.at(-1),
    cacheFolder: join(homedir(), ".cache", "sidgate"),
    log: SILENT,
  });
