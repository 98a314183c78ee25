/** `sidgate backup` of a folder that no gateway runs on, and `sidgate restore`. */
import { join } from "node:path";
import type { BackupStream } from "../../admin/api/index.ts";
import { type BackupOptions, EXIT, type RestoreOptions } from "../../admin/cli/index.ts";
import { rfc3339, UsageError, wallClock } from "../../base/index.ts";
import { backUpStopped as backUp, type Restored, restoreBackup } from "../../store/index.ts";
import { configOf, portableConfig } from "../config/index.ts";
import { softwareVersion } from "../version.ts";
import { backupWords, toldOf } from "./desk.ts";

export interface BackupIo {
  readonly env: NodeJS.ProcessEnv;
  print(text: string): void;
}

/** Throws ConfigError, UsageErrors `backup.nothing`, `backup.in-redis`, StoreErrors `store.*`. */
export async function backUpStopped(options: BackupOptions, env: NodeJS.ProcessEnv): Promise<BackupStream> {
  const { data, security, store } = configOf(options, env);
  if (store.redis !== undefined) throw new UsageError("backup.in-redis");
  const words = backupWords({
    label: options.label,
    keys: options.keys,
    siteKey: security.keyFile ?? join(data, "keys", "site.key"),
    configuration: portableConfig({ path: options.config, env }),
    version: softwareVersion(),
    made: rfc3339(wallClock.now()),
  });
  const backup = await backUp(data, words);
  return { ...backup, told: toldOf(backup) };
}

/** Throws ConfigError, UsageErrors and StoreErrors `backup.*`, StoreErrors `store.*`. */
export async function restore(options: RestoreOptions, { env, print }: BackupIo): Promise<number> {
  const { file, siteKey, json } = options;
  const { data, store } = configOf(options, env);
  if (store.redis !== undefined) throw new UsageError("backup.in-redis");
  const restored = await restoreBackup({ file, folder: data, siteKey });
  const { files, ...told } = restored.manifest;
  print(
    json
      ? JSON.stringify({ ...told, files: files.length, folder: data, hasKey: restored.hasKey })
      : sentences(data, restored),
  );
  return EXIT.ok;
}

function sentences(folder: string, { manifest, hasKey }: Restored): string {
  const { site, made, last, missing, files } = manifest;
  const others = missing.filter((what) => what !== "the site's key");
  return [
    `Restored site ${site} into ${folder}, as it was ${made} up to fact ${last}: ${files.length} files.`,
    ...(others.length === 0 ? [] : ["The backup does not have:", ...others.map((what) => `  - ${what}`)]),
    ...(hasKey
      ? []
      : [
          `The site's key is not there. Put it into ${join(folder, "keys", "site.key")}, or where security.key-file says;`,
          "if it is lost, 'sidgate run --new-site-key' voids all credentials and begins anew (docs/security.md).",
        ]),
    "Never run it beside the gateway that it was made of. The next start begins a new epoch by itself.",
  ].join("\n");
}
