/** The real models, loaded once per test file. */
import { type TreesOf, treesFrom } from "../../cloud-bridge/mqtt/render/trees.ts";
import { SILENT } from "../../gateway/base/index.ts";
import { fixedSchema, loadModels, type Schema } from "../../gateway/yang/index.ts";

let loading: Promise<Schema> | undefined;
export function bridgeSchema(): Promise<Schema> {
  loading ??= loadModels({ log: SILENT });
  return loading;
}

export const bridgeTrees = async (): Promise<TreesOf> => treesFrom(fixedSchema(await bridgeSchema()));
