/** Modules that a command line names, with our own as what they may import. */
import type { Detailed, FeatureLists } from "../../admin/cli/index.ts";
import { type CodedError, isCoded, UsageError } from "../../base/index.ts";
import { builtInModels } from "../../yang/index.ts";
import {
  faultsInNamed,
  type NamedModules,
  type NamedModulesOptions,
  openNamedModules,
} from "../../yang/print/index.ts";

interface Naming {
  /** None: what a gateway loads. */
  readonly paths: readonly string[];
  readonly models: readonly string[];
  readonly features: FeatureLists;
}

/** Throws UsageError `cli.*`, `yang.*`: everything that is wrong with the sources. */
export async function namedForPeople(naming: Naming): Promise<NamedModules> {
  const options = optionsFor(naming);
  try {
    return await openNamedModules(options);
  } catch (error) {
    if (!isCoded(error) || !error.code.startsWith("yang.")) throw error;
    const faults = await faultsInNamed(options);
    throw faults.length > 1 ? new SourceFaults(faults) : error;
  }
}

function optionsFor({ paths, models, features }: Naming): NamedModulesOptions {
  const folders = [...models, builtInModels()];
  return { paths: paths.length > 0 ? paths : folders, folders, features: Object.fromEntries(features) };
}

/** Each fault is a line of its own before the sentence. */
class SourceFaults extends UsageError<"yang.faults"> implements Detailed {
  readonly details: readonly string[];

  constructor(faults: readonly CodedError[]) {
    super("yang.faults", { count: faults.length });
    this.details = faults.map(({ message, code }) => `${message} [${code}]`);
  }
}
