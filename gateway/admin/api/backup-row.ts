/** What is told of a backup before its bytes. */
import type { BackupManifest } from "../../store/index.ts";

/** The manifest of a backup, its files only counted. */
export interface BackupTold extends Omit<BackupManifest, "files"> {
  readonly files: number;
  /** Of all files, before they are packed. */
  readonly bytes: number;
}

/** Where `BackupTold` stands in the answer, as JSON that is percent-encoded. */
export const BACKUP_HEADER = "x-sidgate-backup";
