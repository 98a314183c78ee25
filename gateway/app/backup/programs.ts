/** `sidgate backup` of a site that no gateway runs on, and `sidgate restore`. */
import { join } from "node:path";
import type { BackupStream } from "../../admin/api/index.ts";
import { type BackupOptions, EXIT, type RestoreOptions } from "../../admin/cli/index.ts";
import { rfc3339, systemClock, wallClock } from "../../base/index.ts";
import { backUpStopped as backUp, type Restored, restoreBackup } from "../../store/index.ts";
import { type Config, configOf, portableConfig } from "../config/index.ts";
import { openLogger } from "../logger.ts";
import { SYSTEM_RANDOM } from "../until-told.ts";
import { softwareVersion } from "../version.ts";
import { backupWords, toldOf } from "./desk.ts";

export interface BackupIo {
  readonly env: NodeJS.ProcessEnv;
  print(text: string): void;
}

/** Throws ConfigError, UsageErrors `backup.nothing`, `store.sites`, StoreErrors `store.*`. */
export async function backUpStopped(options: BackupOptions, env: NodeJS.ProcessEnv): Promise<BackupStream> {
  const config = configOf(options, env);
  const { data, security } = config;
  const words = backupWords({
    label: options.label,
    keys: options.keys,
    siteKey: security.keyFile ?? join(data, "keys", "site.key"),
    configuration: portableConfig({ path: options.config, env }),
    version: softwareVersion(),
    made: rfc3339(wallClock.now()),
  });
  const backup = await backUp(data, words, redisOf(config));
  return { ...backup, told: toldOf(backup) };
}

/** Throws ConfigError, UsageErrors and StoreErrors `backup.*`, StoreErrors `store.*`. */
export async function restore(options: RestoreOptions, { env, print }: BackupIo): Promise<number> {
  const { file, siteKey, json } = options;
  const config = configOf(options, env);
  const { data } = config;
  const redis = redisOf(config);
  const restored = await restoreBackup({ file, folder: data, siteKey, redis });
  const { files, ...told } = restored.manifest;
  print(
    json
      ? JSON.stringify({ ...told, files: files.length, folder: data, hasKey: restored.hasKey })
      : sentences(redis === undefined ? data : `Redis and ${data}`, data, restored),
  );
  return EXIT.ok;
}

/** Where the site lies, or shall lie, that is not in the data folder. */
function redisOf({ store: { redis, site }, log: { level } }: Config) {
  if (redis === undefined) return undefined;
  return { url: redis.reveal(), site, log: openLogger(level), clock: systemClock(), random: SYSTEM_RANDOM };
}

function sentences(place: string, folder: string, { manifest, hasKey }: Restored): string {
  const { site, made, last, missing, files } = manifest;
  const others = missing.filter((what) => what !== "the site's key");
  return [
    `Restored site ${site} into ${place}, as it was ${made} up to fact ${last}: ${files.length} files.`,
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
