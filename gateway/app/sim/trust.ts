/** What simulated nodes shall believe, as the command line names it: keys from files, and names for identifiers. */
import type { SimOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import { DEFAULT_MODEL, type SuitOptions } from "../../sim/index.ts";
import { readKeys } from "../tools/release-files.ts";

/** undefined = the nodes take what they are offered. Throws UsageError `cli.*`, `cose.key-file`. */
export async function suitOf(options: SimOptions): Promise<SuitOptions | undefined> {
  const { trust, vendor, class: named, model = DEFAULT_MODEL, small, serve } = options;
  if (trust.length === 0) {
    const unused = vendor !== undefined || named !== undefined || small > 0;
    if (unused) throw new UsageError("cli.usage", { what: "--vendor, --class and --small go with --trust" });
    return undefined;
  }
  if (serve) throw new UsageError("cli.usage", { what: "nodes that serve install nothing: --trust has no use" });
  if (vendor === undefined) {
    throw new UsageError("cli.usage", { what: "--trust goes with --vendor: releases name whom they are for" });
  }
  const { keys, mlDsa } = await readKeys(trust);
  return { anchors: keys.map(({ key }) => key), mlDsa, vendor, class: named ?? model, smallShare: small };
}
