/**
 * A child of group `yang`: one load of a models folder, as a gateway does it at its start, with or without a warm cache
 * and, when asked, with the plan that codecs work by.
 * It tells the milliseconds of the load and the CPU time of the whole process.
 */
import { parseArgs } from "node:util";
import { SILENT } from "../../gateway/base/index.ts";
import { planOf } from "../../gateway/yang/codec/plan.ts";
import { loadModels } from "../../gateway/yang/index.ts";

export interface Loaded {
  readonly ms: number;
  readonly cpuMs: number;
}

const { values } = parseArgs({
  options: { folder: { type: "string" }, cache: { type: "string" }, plan: { type: "boolean" } },
});
const begun = performance.now();
const schema = await loadModels({ folder: values.folder, cacheFolder: values.cache, log: SILENT });
if (values.plan) planOf(schema);
const ms = performance.now() - begun;
const { user, system } = process.cpuUsage();
process.send?.({ ms, cpuMs: (user + system) / 1000 } satisfies Loaded);
