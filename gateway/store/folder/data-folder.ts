/**
 * The data folder: one owner, a version with the steps that lead to it, and who this site is.
 *
 *   data-version   version of everything below, a number
 *   site.json      SiteInfo, made once
 *   keys/site.key  seals the secrets of credentials (service/credentials), unless it is kept elsewhere
 *   keys/sequence.json  sender sequence numbers used under them (sequence-file.ts), never kept elsewhere
 *   control.sock   the owner listens here
 *   restored.json  the folder was put back from a backup, and not started since (restored.ts)
 */
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Server } from "node:net";
import { join } from "node:path";
import { type Closable, isCoded, type Logger, type Millis, StoreError } from "../../base/index.ts";
import type { SiteInfo } from "../ports.ts";
import { systemCode } from "../system-error.ts";
import { makeFolder, writeFileDurably } from "./durable-file.ts";
import { checkSiteIsHere } from "./elsewhere.ts";
import { claimFolder, unusable } from "./owner.ts";
import { forgetRestored, settleRestored } from "./restored.ts";

/** Version of the data that this program writes. */
export const DATA_VERSION = 2;

/** Leads a data folder from one version to the next. A crash in the middle runs it again: it must bear that. */
export interface Migration {
  readonly from: number;
  readonly to: number;
  run(folder: string, log: Logger): Promise<void>;
}

const MIGRATIONS: readonly Migration[] = [
  // Nodes and answers have a shorter form, which is read beside the one of before; an older program knows it not.
  { from: 1, to: 2, run: async () => undefined },
];

export interface DataFolder extends Closable {
  readonly path: string;
  readonly site: SiteInfo;
  /** Listens on the control socket already; give its connections to an HTTP server. Closed with the folder. */
  readonly control: Server;
}

export interface DataFolderOptions {
  readonly version?: number;
  readonly migrations?: readonly Migration[];
  /** When the folder was put back from a copy: what follows the copy gets an epoch of its own. */
  readonly restored?: Millis | undefined;
  /** The site itself is in a Redis. */
  readonly inRedis?: boolean;
}

/** Creates or opens a data folder and claims it. Throws store.owned, store.newer, store.migration, store.folder, store.in-redis. */
export async function openDataFolder(path: string, log: Logger, options: DataFolderOptions = {}): Promise<DataFolder> {
  const { version = DATA_VERSION, migrations = MIGRATIONS, restored, inRedis = false } = options;
  await makeFolder(path).catch((error: unknown) => {
    throw unusable(path, error);
  });
  const ownership = await claimFolder(path);
  try {
    await settleRestored(path);
    if (!inRedis) await checkSiteIsHere(path);
    await migrate(path, log, version, migrations);
    const found = await readOrMakeSite(path, inRedis, log);
    const site = restored === undefined ? found : await raiseEpoch(found, restored, path, log);
    if (restored !== undefined) await forgetRestored(path);
    return { path, site, control: ownership.control, close: () => ownership.close() };
  } catch (error) {
    await ownership.close();
    throw isCoded(error) ? error : unusable(path, error);
  }
}

async function migrate(folder: string, log: Logger, known: number, migrations: readonly Migration[]): Promise<void> {
  const file = join(folder, "data-version");
  const text = await readIfThere(file);
  if (text === undefined) return writeFileDurably(file, `${known}\n`);
  if (!/^[1-9]\d{0,8}\s*$/.test(text)) throw new StoreError("store.damaged", { file, offset: 0 });

  let found = Number(text);
  if (found > known) throw new StoreError("store.newer", { folder, found, known });
  while (found < known) {
    const step = migrations.find((each) => each.from === found && each.to > found && each.to <= known);
    if (step === undefined) throw new StoreError("store.migration", { folder, found, known });
    log.info("data.migrating", { folder, from: step.from, to: step.to });
    await step.run(folder, log);
    await writeFileDurably(file, `${step.to}\n`);
    found = step.to;
  }
}

const siteFile = (folder: string): string => join(folder, "site.json");

/**
 * The facts after a copy get the numbers that those of the original had. By the clock, not by one: the same copy may be
 * put back a second time, and then again has an epoch that nobody knows.
 */
async function raiseEpoch(site: SiteInfo, at: Millis, folder: string, log: Logger): Promise<SiteInfo> {
  const raised = { ...site, epoch: Math.max(site.epoch + 1, Math.floor(at / 1000)) };
  await writeFileDurably(siteFile(folder), `${JSON.stringify(raised)}\n`);
  log.warn("data.restored", { folder, before: site.epoch, epoch: raised.epoch });
  return raised;
}

async function readOrMakeSite(folder: string, inRedis: boolean, log: Logger): Promise<SiteInfo> {
  const found = await siteIn(folder);
  if (found !== undefined) return found;
  const site: SiteInfo = { site: `s-${randomBase32(6)}`, epoch: 1, process: `gw-${randomBase32(4)}` };
  await writeFileDurably(siteFile(folder), `${JSON.stringify(site)}\n`);
  if (inRedis) log.info("data.process-made", { folder, process: site.process });
  else log.info("data.site-made", { folder, ...site });
  return site;
}

/** As the topics of the cloud bridge want it (docs/mqtt.md): found here, it is the file that is wrong. */
const isId = (value: unknown): value is string => typeof value === "string" && /^[a-z0-9-]{3,64}$/.test(value);

/** Who a folder that somebody has claimed belongs to; undefined when there is nobody in it. Throws StoreError `store.damaged`. */
export async function siteIn(folder: string): Promise<SiteInfo | undefined> {
  const file = siteFile(folder);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const site = parseSite(text);
  if (site === undefined) throw new StoreError("store.damaged", { file, offset: 0 });
  return site;
}

export function parseSite(text: string): SiteInfo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (!("site" in value && "epoch" in value && "process" in value)) return undefined;
  const { site, epoch, process } = value;
  if (!isId(site) || !isId(process)) return undefined;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  return { site, epoch, process };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** RFC 4648 §6, in lower case: no letters that are taken for digits. */
const randomBase32 = (length: number): string =>
  Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567".charAt(randomInt(32))).join("");
