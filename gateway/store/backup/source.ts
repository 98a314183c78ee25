/** What a backup is made of, wherever the site lies: asked in the order of `freeze.ts`. */
import type { Digest } from "../facts.ts";

export interface BackupSource {
  /** The data folder: small files of it go along, and the backup is made in it. */
  readonly folder: string;
  /** As it is at one moment, in LMDB, whatever is committed meanwhile. */
  copyState(to: string): Promise<void>;
  /** Asked after the state was copied. */
  moment(): Promise<Moment>;
  /** False: it went away since the moment was taken. */
  copyImage(digest: Digest, to: string): Promise<boolean>;
  /** Segments up to the fact `end`, into an empty folder. */
  copyJournal(to: string, end: number): Promise<void>;
  /** `data-version`, `site.json` and `keys/sequence.json`: the newest sequence numbers are the safest ones. */
  copyOwn(to: string): Promise<void>;
}

/** Taken at once. */
export interface Moment {
  readonly last: number;
  /** An image is there before its fact is, and goes after the fact that says so. */
  readonly images: readonly Digest[];
}
