/** .yang and .sid files on this machine → what the tool works with. */
import { dirname } from "node:path";
import { openSchema } from "../compile/open-schema.ts";
import { findIn } from "../loading/compile-files.ts";
import { readLibraryFiles, type SourceFile } from "../loading/files.ts";
import { modelsNearby } from "../loading/nearby.ts";
import { openParser } from "../parse/parser.ts";
import { openNamedModules } from "../print/named-modules.ts";
import type { Schema } from "../schema.ts";
import { type ModuleTree, openModuleTree } from "./module-tree.ts";

/** `folders` are where imports are looked for, besides the folder of the module. Throws UsageError `yang.*`. */
export async function loadModuleTree(source: SourceFile, folders: readonly string[]): Promise<ModuleTree> {
  const around = [...new Set([dirname(source.path), ...folders])];
  const [nearby, library, parse] = await Promise.all([modelsNearby(around), readLibraryFiles(), openParser()]);
  const root = parse(source.text, source.path);
  const yang = nearby.filter(({ path }) => path.endsWith(".yang"));
  return openModuleTree(root, findIn([root], [...yang, ...library], parse));
}

export interface Numbered {
  /** The name of the module in the file. */
  readonly module: string;
  readonly schema: Schema;
}

/** The module, compiled, with the numbers of the .sid file and of those beside it. Throws UsageError `cli.file`, `yang.*`. */
export async function loadNumbered(yang: string, sid: string, folders: readonly string[]): Promise<Numbered> {
  const { image, modules } = await openNamedModules({ paths: [yang, sid], folders });
  return { module: modules[0]?.name ?? "", schema: openSchema(image) };
}
