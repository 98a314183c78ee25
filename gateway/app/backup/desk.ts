/** Backups of the gateway that runs: one at a time, streamed to who asks on the control socket, or kept in the data folder. */
import { createHash } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { BackupTold } from "../../admin/api/index.ts";
import { type Clock, explain, isCoded, type Logger, rfc3339, StoreError, UsageError } from "../../base/index.ts";
import {
  BACKUPS,
  type Backup,
  type BackupSource,
  makeBackup,
  makeFolder,
  syncFolder,
  UNFINISHED,
} from "../../store/index.ts";
import type { PortableConfig } from "../config/index.ts";

export interface BackupDeskOptions {
  readonly source: BackupSource;
  readonly siteKey: string;
  readonly configuration: PortableConfig | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Lets no fact go while the site is frozen. */
  hold<T>(work: () => Promise<T>): Promise<T>;
}

export interface BackupRequest {
  readonly label?: string | undefined;
  readonly keys: boolean;
  readonly actor: string;
}

/** One that lies in the data folder. */
export interface KeptBackup {
  readonly file: string;
  readonly size: number;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  readonly last: number;
}

/** Those that commands made; older ones make room. */
const KEPT = 5;
const NAME = /^s[a-z0-9-]+-\d{8}T\d{6}Z.*\.tar\.gz$/;

export class BackupDesk {
  readonly #options: BackupDeskOptions;
  #busy = false;

  constructor(options: BackupDeskOptions) {
    this.#options = options;
  }

  /** To be closed by who asked. Throws UsageError `backup.busy`, StoreErrors `store.*`. */
  async make({ label, keys, actor }: BackupRequest): Promise<Backup & { readonly told: BackupTold }> {
    const { source, siteKey, configuration, version, clock, log, hold } = this.#options;
    if (this.#busy) throw new UsageError("backup.busy");
    this.#busy = true;
    try {
      const words = backupWords({ label, keys, siteKey, configuration, version, made: rfc3339(clock.now()) });
      const backup = await hold(() => makeBackup(source, words));
      const { last } = backup.manifest;
      log.info("backup.made", { actor, last, keys, ...(label === undefined ? {} : { label }) });
      return {
        ...backup,
        told: toldOf(backup),
        close: async () => {
          await backup.close().catch((error: unknown) => log.warn("backup.untidy", { reason: explain(error) }));
          this.#busy = false;
        },
      };
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  /** In the data folder, without keys: what a cloud may ask for must not lie about. Throws what `make` throws. */
  async keep(label: string | undefined, actor: string, signal: AbortSignal): Promise<KeptBackup> {
    const backup = await this.make({ label, keys: false, actor });
    try {
      const { site, made, last } = backup.manifest;
      const stamp = made.replace(/\.\d+|[-:]/g, "");
      const words = (label ?? "").replace(/[^A-Za-z0-9._-]+/g, "-");
      const name = `${site}-${stamp}${words === "" ? "" : `-${words}`}.tar.gz`;
      const folder = join(this.#options.source.folder, BACKUPS);
      await makeFolder(folder);
      const written = await writeWhole(folder, name, backup.bytes, signal);
      await forgetOldest(folder);
      return { file: `${BACKUPS}/${name}`, ...written, last };
    } catch (error) {
      if (isCoded(error)) throw error;
      throw new StoreError("store.write-failed", { what: BACKUPS, reason: explain(error) }, { cause: error });
    } finally {
      await backup.close();
    }
  }
}

export interface WordsOptions extends Pick<BackupDeskOptions, "siteKey" | "configuration" | "version"> {
  readonly label: string | undefined;
  readonly keys: boolean;
  readonly made: string;
}

/** What goes along, and what is said of what does not. */
export function backupWords({ label, keys, siteKey, configuration, version, made }: WordsOptions) {
  return {
    software: version,
    made,
    label,
    siteKey: keys ? siteKey : undefined,
    configuration: configuration?.text,
    missing: [...(keys ? [] : ["the site's key"]), ...(configuration?.missing ?? [])],
  };
}

export function toldOf({ manifest }: Backup): BackupTold {
  const { files, ...rest } = manifest;
  return { ...rest, files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function writeWhole(
  folder: string,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ size: number; digest: string }> {
  const draft = join(folder, `${UNFINISHED}${name}`);
  const hash = createHash("sha256");
  const handle = await open(draft, "w", 0o600);
  try {
    for await (const part of bytes) {
      signal.throwIfAborted();
      hash.update(part);
      await handle.writeFile(part);
    }
    await handle.sync();
    const { size } = await handle.stat();
    await handle.close();
    await rename(draft, join(folder, name));
    await syncFolder(folder);
    return { size, digest: hash.digest("hex") };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}

/** By time, as the clock may have been wrong when a name was made. */
async function forgetOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name));
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  const old = dated.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1)).slice(KEPT);
  for (const { name } of old) await rm(join(folder, basename(name)));
}
