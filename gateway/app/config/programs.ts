/** `sidgate config check|show`. */
import type { ConfigOptions } from "../../admin/cli/index.ts";
import { ConfigError } from "./findings.ts";
import { examineConfig } from "./read.ts";
import type { Environment } from "./secret.ts";
import { renderConfig } from "./show.ts";

export interface ConfigIo {
  readonly env: Environment;
  print(text: string): void;
}

/** Throws ConfigError: what the gateway itself would refuse at its start. */
export async function configCheck({ config: path }: ConfigOptions, { env, print }: ConfigIo): Promise<number> {
  const { config, findings } = examineConfig({ path, env });
  if (config === undefined) throw new ConfigError(findings);
  print("The configuration is right.");
  return 0;
}

export async function configShow(
  { config: path, origin }: ConfigOptions & { readonly origin: boolean },
  { env, print }: ConfigIo,
): Promise<number> {
  const examined = examineConfig({ path, env });
  if (examined.config === undefined) throw new ConfigError(examined.findings);
  print(renderConfig(examined, { origin }).trimEnd());
  return 0;
}
