/**
 * The modules that the product cannot do without. The services know them by name and keep their numbers, so they are in
 * every set as they are: neither another revision nor a deviation is taken. Their numbers hold as those of any module do.
 */
import { basename } from "node:path";
import { UsageError } from "../../base/index.ts";
import type { Schema, SourceFile } from "../../yang/index.ts";

const HOUSE: ReadonlySet<string> = new Set(["sidgate-node", "sidgate-firmware", "sidgate-gateway", "sidgate-suit"]);

/** `ours`: the files that come with the gateway. Throws UsageError `models.house`, `models.house-changed`. */
export function checkHouse(schema: Schema, ours: readonly SourceFile[]): void {
  const names = new Set(ours.map(({ path }) => basename(path)));
  for (const { name: module, revision, deviations = [] } of schema.modules) {
    if (!HOUSE.has(module)) continue;
    // Of one revision there is one text only, which the compiler sees to.
    if (!names.has(`${module}@${revision}.yang`)) throw new UsageError("models.house", { module, revision });
    const [deviation] = deviations;
    if (deviation !== undefined) throw new UsageError("models.house-changed", { deviation, module });
  }
}
