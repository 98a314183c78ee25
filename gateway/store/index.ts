/** Stratum 3: durable state behind ports, and the drivers. What is heavy to load is loaded when it is opened. */
import type { Backup, BackupWords } from "./backup/backup.ts";
import type { Restored, RestoreOptions } from "./backup/restore.ts";
import type { BackupSource } from "./backup/source.ts";
import type { StoppedRedis } from "./backup/stopped.ts";
import type { CopiedState, Journal, ListedState, StateStore } from "./ports.ts";
import type { RedisHome, RedisHomeOptions } from "./redis/home.ts";
import type { RedisSiteOptions } from "./redis/place.ts";
import type { LmdbStateOptions } from "./state/lmdb.ts";

export type { Backup, BackupWords } from "./backup/backup.ts";
export { folderSource } from "./backup/folder-source.ts";
export type { BackupManifest } from "./backup/manifest.ts";
export { BACKUPS, IMAGE_CACHE, tidyBackups, UNFINISHED } from "./backup/place.ts";
export type { Restored, RestoreOptions } from "./backup/restore.ts";
export type { BackupSource } from "./backup/source.ts";
export { decodePlain, encodePlain } from "./cbor-x.ts";
export * from "./command-inbox.ts";
export * from "./facts.ts";
export {
  DATA_VERSION,
  type DataFolder,
  type DataFolderOptions,
  type Migration,
  openDataFolder,
} from "./folder/data-folder.ts";
export { folderExists, makeFolder, syncFolder, writeFileDurably } from "./folder/durable-file.ts";
export { claimFolder, controlSocketPath, unusable } from "./folder/owner.ts";
export { forgetRestored, isRestored, type Stage, settleRestored, stageIn } from "./folder/restored.ts";
export { fileSequence, memorySequence, type SequenceUse } from "./folder/sequence-file.ts";
export { type SmallFile, smallFile } from "./folder/small-file.ts";
export { type FileImagesOptions, openFileImages } from "./images/file.ts";
export { type FormBytes, type FormName, type FormStore, type KeptForm, openFileForms } from "./images/forms.ts";
export * from "./inbox.ts";
export { type FileJournalOptions, openFileJournal } from "./journal/file.ts";
export { memoryJournal } from "./journal/memory.ts";
export * from "./ledger.ts";
export { keyOf, type OpenCommand } from "./open-commands.ts";
export * from "./ports.ts";
export type { BoardRow, RedisBoard } from "./redis/board.ts";
export type { Claim } from "./redis/claims.ts";
export type { SharedFile, SharedFiles } from "./redis/files.ts";
export type { RedisHome, RedisHomeOptions, RedisImagesOptions, RedisSequenceOptions } from "./redis/home.ts";
export type { RedisSiteOptions } from "./redis/place.ts";
export { WITNESS } from "./redis/witness.ts";
export * from "./shift.ts";
export { hasRoom } from "./state/disk-space.ts";
export { memoryState } from "./state/memory.ts";
export { pagesOf } from "./state/pages.ts";

/** Opens or creates the state in a folder, in LMDB. */
export async function openLmdbState(options: LmdbStateOptions): Promise<ListedState & CopiedState> {
  return (await import("./state/lmdb.ts")).openLmdbState(options);
}

/** Opens or creates the journal of a site in Redis. */
export async function openRedisJournal(options: RedisSiteOptions): Promise<Journal> {
  return (await import("./journal/redis.ts")).openRedisJournal(options);
}

/** Opens or creates the state of a site in Redis. */
export async function openRedisState(options: RedisSiteOptions): Promise<StateStore> {
  return (await import("./state/redis.ts")).openRedisState(options);
}

/** Opens or makes a site in Redis, with all that processes share there. */
export async function openRedisHome(options: RedisHomeOptions): Promise<RedisHome> {
  return (await import("./redis/home.ts")).openRedisHome(options);
}

/** A copy of a site at one moment, beside it. Throws UsageError `backup.nothing`, StoreErrors `store.*`. */
export async function makeBackup(source: BackupSource, words: BackupWords): Promise<Backup> {
  return (await import("./backup/backup.ts")).makeBackup(source, words);
}

/** The same of a site that nobody runs on; claimed until the backup is closed. */
export async function backUpStopped(folder: string, words: BackupWords, redis?: StoppedRedis): Promise<Backup> {
  return (await import("./backup/stopped.ts")).backUpStopped(folder, words, redis);
}

/** Puts a backup back into an empty folder, or into that and a Redis. */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  return (await import("./backup/restore.ts")).restoreBackup(options);
}
