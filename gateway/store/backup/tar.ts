/** The adapter of tar: files of a folder as one stream, and such a stream entry by entry, in order, nothing left out. */
import { create, Parser, type ReadEntry } from "tar";

/** Read at a time: what passes through the event loop in one turn. */
const PIECE = 64 * 1024;

/** Files by their names in `folder`, in this order, without what a machine adds (owners, times). */
export const packTar = (folder: string, names: readonly string[]): AsyncIterable<Uint8Array> =>
  create(
    { cwd: folder, portable: true, noMtime: true, noDirRecurse: true, strict: true, maxReadSize: PIECE, jobs: 1 },
    [...names],
  );

export interface TarEntry {
  readonly path: string;
  /** A file and nothing else: no link, no folder, no device. */
  readonly isFile: boolean;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Gives each entry to `take`, one after the other; what it throws ends the reading, as does what tar itself calls wrong. */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  take: (entry: TarEntry) => Promise<void>,
): Promise<void> {
  const parser = new Parser({ strict: true });
  const failures: unknown[] = [];
  let reading: ReadEntry | undefined;
  let taken = Promise.resolve();
  /** Whoever waits for the parser. */
  let wake = (): void => undefined;
  const onEntry = (entry: ReadEntry): void => {
    const { path, size, type } = entry;
    const isFile = type === "File" || type === "OldFile";
    taken = taken
      .then(() => {
        if (failures.length > 0) return undefined;
        reading = entry;
        return take({ path, isFile, size, bytes: entry });
      })
      .catch((error: unknown) => void failures.push(error))
      .then(() => {
        reading = undefined;
        entry.resume(); // what nobody wanted is read past
      });
  };
  parser.on("entry", onEntry);
  parser.on("ignoredEntry", onEntry);
  parser.on("drain", () => wake());
  parser.on("end", () => wake());
  parser.on("error", (error: unknown) => {
    failures.push(error);
    // Its bytes will not come any more.
    reading?.destroy(error);
    wake();
  });
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  for await (const part of source) {
    if (failures.length > 0) break;
    // Nobody reads faster than he takes: the parser keeps what is not read yet.
    if (!parser.write(Buffer.from(part)) && failures.length === 0) await woken();
  }
  if (failures.length === 0) {
    const ended = woken();
    parser.end();
    await ended;
  }
  await taken;
  if (failures.length > 0) throw failures[0];
}
