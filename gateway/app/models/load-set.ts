/** From the files of a module set to its schema. */
import { UsageError } from "../../base/index.ts";
import { type OpenOptions, openModels, type Schema } from "../../yang/index.ts";
import { checkHouse } from "./house-modules.ts";
import type { SetSources } from "./set-folders.ts";
import type { SidBook } from "./sid-book.ts";

export interface LoadSetOptions extends OpenOptions {
  readonly sids: SidBook;
}

/** Throws UsageError `yang.*` or `models.*`, BugError `models.compiler`. */
export async function loadSet(sources: SetSources, options: LoadSetOptions): Promise<Schema> {
  const { ours, shared, own, features, fault } = sources;
  if (fault !== undefined) throw fault;
  const schema = await openModels({ files: [...ours, ...shared], pinned: own, features }, options);
  checkHouse(schema, ours);
  refuseUnknown(sources, schema);
  options.sids.check(schema);
  await options.sids.note(schema, options.log);
  return schema;
}

/** A misspelt module would leave all of its features on. */
function refuseUnknown({ features, file }: SetSources, schema: Schema): void {
  for (const name of Object.keys(features)) {
    if (schema.modules.some((module) => module.name === name)) continue;
    throw new UsageError("models.set-file", { file, what: `there is no module '${name}'` });
  }
}
