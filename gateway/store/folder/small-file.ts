/** A small text of the data folder that is read at a start and replaced as a whole. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreError } from "../../base/index.ts";
import { reasonOf, systemCode } from "../system-error.ts";
import { writeFileDurably } from "./durable-file.ts";

export interface SmallFile {
  readonly where: string;
  /** undefined = there is none. Throws StoreError `store.read-failed`. */
  read(): Promise<string | undefined>;
  /** After a crash the old or the new text is there. Throws StoreErrors `keys.missing`, `store.write-failed`. */
  write(text: string): Promise<void>;
}

export const smallFile = (file: string): SmallFile => ({
  where: file,
  read: () =>
    readFile(file, "utf8").catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined;
      throw new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
    }),
  write: (text) =>
    writeFileDurably(file, text).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") throw new StoreError("keys.missing", { folder: dirname(file) });
      throw new StoreError("store.write-failed", { what: file, reason: reasonOf(error) }, { cause: error });
    }),
});
