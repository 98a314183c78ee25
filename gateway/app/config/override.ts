/** The configuration as the command line asks for it. */
import type { RunOptions } from "../../admin/cli/index.ts";
import { readConfig } from "./read.ts";
import type { Environment } from "./secret.ts";
import type { Config } from "./settings.ts";

/** `--data` wins over file and environment. Throws ConfigError. */
export function configOf({ config: path, data }: RunOptions, env: Environment): Config {
  const config = readConfig({ path, env });
  return data === undefined ? config : { ...config, data };
}
