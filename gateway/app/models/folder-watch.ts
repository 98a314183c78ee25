/** Folders are watched; what happens in one moment is told once. */
import { type FSWatcher, watch } from "node:fs";
import {
  type Clock,
  type Closable,
  explain,
  type Logger,
  type Millis,
  millis,
  seconds,
  type Timer,
} from "../../base/index.ts";

/** Copying a set takes longer than one event; a file in the middle of it would be refused, and told as an error. */
const QUIET = millis(300);
/** A folder in which something happens all the time is looked at nevertheless. */
const PATIENCE = seconds(3);

/** Calls `onEvent` for whatever happens to the entries of one folder. Throws when it cannot be watched. */
export type WatchFolder = (folder: string, onEvent: () => void) => Closable;

export const watchFolder: WatchFolder = (folder, onEvent) => {
  const watcher: FSWatcher = watch(folder, { persistent: false }, onEvent);
  watcher.on("error", () => watcher.close()); // the folder is gone, which the one above tells
  return watcher;
};

export interface FolderWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly watch: WatchFolder;
  readonly changed: () => void;
}

export class FolderWatch implements Closable {
  readonly #options: FolderWatchOptions;
  #watched: readonly Closable[] = [];
  /** When events are told that were not told yet, however many there will be. */
  #latest: Millis | undefined;
  #timer: Timer | undefined;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  /** Watches these folders and no others, and each anew: one may have been taken away and made again. */
  follow(folders: readonly string[]): void {
    for (const watcher of this.#watched) void watcher.close();
    this.#watched = folders.flatMap((folder) => this.#begin(folder) ?? []);
  }

  close(): void {
    this.#timer?.cancel();
    this.follow([]);
  }

  #begin(folder: string): Closable | undefined {
    const { watch, log } = this.#options;
    try {
      return watch(folder, () => this.#happened());
    } catch (error) {
      // Some file systems tell nothing, and there are only so many watches: 'sidgate models reload' does it then.
      log.warn("models.not-watched", { folder, reason: explain(error) });
      return undefined;
    }
  }

  #happened(): void {
    const { clock, changed } = this.#options;
    const now = clock.now();
    this.#latest ??= millis(now + PATIENCE);
    this.#timer?.cancel();
    this.#timer = clock.after(millis(Math.max(0, Math.min(QUIET, this.#latest - now))), () => {
      this.#latest = undefined;
      changed();
    });
  }
}
