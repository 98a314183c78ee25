/** The site's key: 32 random bytes in a file of their own, as hex, which this user alone may read. Made once. */
import { randomBytes } from "node:crypto";
import { link, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fromHex, isCoded, type Logger, StoreError, toHex } from "../../base/index.ts";
import { makeFolder, writeFileDurably } from "../../store/index.ts";

const LENGTH = 32;

/** Undefined when there is no such file. Throws StoreError `site-key.unreadable`. */
export async function readSiteKey(file: string, log: Logger): Promise<Uint8Array | undefined> {
  try {
    const key = fromHex(await readFile(file, "utf8"));
    if (key?.length !== LENGTH) throw unreadable(file, `it does not hold ${2 * LENGTH} hex digits`);
    const others = (await stat(file)).mode & 0o077;
    if (others !== 0) log.warn("site-key.exposed", { file, hint: "chmod 600" });
    return key;
  } catch (error) {
    if (isCoded(error)) throw error;
    if (codeOf(error) === "ENOENT") return undefined;
    throw unreadable(file, codeOf(error));
  }
}

export const fileExists = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined))?.isFile() ?? false;

/** Can a key be made here? Leaves what is there as it is. Throws StoreError `site-key.unreadable`. */
export async function checkSiteKeyPlace(file: string): Promise<void> {
  try {
    await makeFolder(dirname(file));
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && !found.isFile()) throw unreadable(file, "it is no file");
    const trial = `${file}.trial`;
    await (await open(trial, "w", 0o600)).close();
    await rm(trial);
  } catch (error) {
    throw isCoded(error) ? error : unreadable(file, codeOf(error));
  }
}

/** Durable when it resolves. Throws StoreError `site-key.unreadable`. */
export async function makeSiteKey(file: string): Promise<Uint8Array> {
  const key = randomBytes(LENGTH);
  try {
    await makeFolder(dirname(file));
    await writeFileDurably(file, `${toHex(key)}\n`);
  } catch (error) {
    throw unreadable(file, codeOf(error));
  }
  return key;
}

/** Kept beside, should it be another site's: `site.key.old`, then `.old2` and so on. Nothing happens without a file. */
export async function putAside(file: string): Promise<void> {
  for (let count = 1; ; count++) {
    const aside = `${file}.old${count === 1 ? "" : count}`;
    try {
      await link(file, aside); // never onto another file, as a rename would
      return;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      if (codeOf(error) !== "EEXIST") throw unreadable(file, codeOf(error));
    }
  }
}

const unreadable = (file: string, reason: string): StoreError =>
  new StoreError("site-key.unreadable", { file, reason });

/** By shape: an error of Node's own is no `Error` of a realm made by node:vm (Jest). */
const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error);
