/** Modules that a command line names, with our own as what they may import. */
import type { FeatureLists } from "../../admin/cli/index.ts";
import { builtInModels } from "../../yang/index.ts";
import { type NamedModules, openNamedModules } from "../../yang/print/index.ts";

/** Without paths: what a gateway loads. Throws UsageError `cli.file`, `yang.*`. */
export function namedForPeople(
  paths: readonly string[],
  models: readonly string[],
  features: FeatureLists,
): Promise<NamedModules> {
  const folders = [...models, builtInModels()];
  return openNamedModules({
    paths: paths.length > 0 ? paths : folders,
    folders,
    features: (module, feature) => features.get(module)?.includes(feature) ?? true,
  });
}
