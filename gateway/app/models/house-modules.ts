/**
 * The modules that the product cannot do without. The services know them by name and keep their numbers, so they are in
 * every set as they are: neither another revision nor a deviation is taken.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../base/index.ts";
import { builtInModels, type Schema } from "../../yang/index.ts";
import type { ModelFile } from "./set-folders.ts";

const HOUSE: ReadonlySet<string> = new Set(["sidgate-node", "sidgate-firmware", "sidgate-gateway"]);

/** RFC 7950 §7.1, RFC 9595 §4: what a file says that it is. */
const MODULE_NAMES = [/^\s*module\s+["']?([\w.-]+)/m, /"module-name"\s*:\s*"([\w.-]+)"/] as const;

/** A copy of ours does no harm. Throws UsageError `models.house`. */
export async function refuseHouseModules(files: readonly ModelFile[]): Promise<void> {
  for (const { path, name, text } of files) {
    const pattern = MODULE_NAMES[name.endsWith(".yang") ? 0 : 1];
    const module = pattern.exec(text)?.[1];
    if (module === undefined || !HOUSE.has(module)) continue;
    if (!(await ourFiles(module)).includes(text)) throw new UsageError("models.house", { file: path, module });
  }
}

async function ourFiles(module: string): Promise<readonly string[]> {
  const folder = builtInModels();
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${module}@`));
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}

/** Throws UsageError `models.house-changed`. */
export function refuseDeviations(schema: Schema): void {
  for (const { name: module, deviations = [] } of schema.modules) {
    const [deviation] = deviations;
    if (HOUSE.has(module) && deviation !== undefined)
      throw new UsageError("models.house-changed", { deviation, module });
  }
}
