/** The real models, loaded once per test file. */
import { type Trees, treesOf } from "../../cloud-bridge/mqtt/render/trees.ts";
import { SILENT } from "../../gateway/base/index.ts";
import { loadModels, type Schema } from "../../gateway/yang/index.ts";

let loading: Promise<Schema> | undefined;
export function bridgeSchema(): Promise<Schema> {
  loading ??= loadModels({ log: SILENT });
  return loading;
}

export const bridgeTrees = async (): Promise<Trees> => treesOf(await bridgeSchema());
