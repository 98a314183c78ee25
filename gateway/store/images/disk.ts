/** What the image store asks of a disk, step by step: the tests have one that is full, or dies, at any of them. */
import { open, rename, rm } from "node:fs/promises";
import { syncFolder } from "../folder/durable-file.ts";

export interface Disk {
  /** A new file, readable by this user only. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** What is not there is no error. */
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

export interface DiskFile {
  /** All of these bytes, one part after the other. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const systemDisk: Disk = {
  create: async (path) => {
    const handle = await open(path, "wx", 0o600);
    return {
      write: async (parts, position) => {
        for (let [rest, at] = [parts, position]; rest.length > 0; ) {
          const { bytesWritten } = await handle.writev(rest, at);
          rest = behind(rest, bytesWritten);
          at += bytesWritten;
        }
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  syncFolder,
};

/** What is left of the parts when so many bytes of them are written: a disk may take fewer than it is given. */
function behind(parts: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let done = written;
  for (const [index, part] of parts.entries()) {
    if (done < part.length) return [part.subarray(done), ...parts.slice(index + 1)];
    done -= part.length;
  }
  return [];
}
