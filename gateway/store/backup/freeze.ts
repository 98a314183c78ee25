/**
 * A site as it is at one moment, as files of a folder that nobody else touches: the state first, in a transaction of its own, then
 * the journal up to the last durable fact. So the state is never ahead of its journal, and what lies between the two is replayed
 * by the next start, as after a crash. What never changes is linked and not copied.
 */
import { copyFile, cp, link, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { makeFolder } from "../folder/durable-file.ts";
import { RECORD_HEADER } from "../journal/record.ts";
import { findEnd, MAGIC, scanRecords } from "../journal/segment-reader.ts";
import { systemCode } from "../system-error.ts";

export interface FreezeSource {
  readonly folder: string;
  copyState(to: string): Promise<void>;
  /** Asked after the state was copied. undefined: nobody writes, so it is what the folder holds. */
  moment(): Moment | undefined;
}

/** Taken in one turn. */
export interface Moment {
  readonly lastDurable: number;
  /** An image is there before its fact is, and goes after the fact that says so. */
  readonly images: readonly Digest[];
}

const SEGMENT = /^(\d{16})\.seg$/;
const IMAGE = /^[0-9a-f]{64}$/;
/** Images that come and go while they are linked; nobody adds and removes one faster than that for long. */
const ROUNDS = 10;

/** Into `to`, which is empty and on the same disk. Returns the number of the last fact. */
export async function freeze(source: FreezeSource, to: string): Promise<number> {
  const { folder } = source;
  await source.copyState(join(to, "state"));
  await rm(join(to, "state", "lock.mdb"), { force: true });
  const end = await linkImages(source, to);
  const last = await freezeJournal(folder, to, end);
  await copySmall(folder, to);
  return last;
}

/** When one vanished since the moment was taken, its end is a later fact, and a later moment is taken. */
async function linkImages({ folder, moment }: FreezeSource, to: string): Promise<number | undefined> {
  const [from, place] = [join(folder, "images"), join(to, "images")];
  await mkdir(place);
  for (let round = 0; ; round++) {
    const now = moment();
    const names = now?.images ?? (await namesIn(from)).filter((name) => IMAGE.test(name));
    const linked = await Promise.all(names.map((name) => linkOrCopy(join(from, name), join(place, name))));
    if (linked.every(Boolean)) return now?.lastDurable;
    if (round === ROUNDS) throw new StoreError("store.read-failed", { what: from, reason: "its images come and go" });
  }
}

/** Segments up to the fact `end`, the newest of them cut behind it: more may be written there at this moment. */
async function freezeJournal(folder: string, to: string, end: number | undefined): Promise<number> {
  const [from, place] = [join(folder, "journal"), join(to, "journal")];
  await mkdir(place);
  const found = (await namesIn(from)).flatMap((name) => {
    const first = Number(SEGMENT.exec(name)?.[1]);
    return first <= Math.max(1, end ?? Number.POSITIVE_INFINITY) ? [{ name, first }] : [];
  });
  const segments = found.sort((a, b) => a.first - b.first);
  const newest = segments.pop();
  for (const { name } of segments) await linkOrCopy(join(from, name), join(place, name));
  if (newest === undefined) return 0;
  const copy = join(place, newest.name);
  await copyFile(join(from, newest.name), copy);
  if (end === undefined) {
    const { last, offset } = await findEnd(copy, newest.first);
    await truncate(copy, offset);
    return last;
  }
  let offset = MAGIC.length;
  if (end >= newest.first) {
    await scanRecords(copy, { seq: newest.first, offset }, (record, at) => {
      offset = at + RECORD_HEADER + record.payload.length;
      return record.seq < end;
    });
  }
  await truncate(copy, offset);
  return end;
}

/** Each replaced as a whole by who writes it, but for the operator's models. The newest sequence numbers are the safest ones. */
async function copySmall(folder: string, to: string): Promise<void> {
  for (const name of ["data-version", "site.json", "sids.json", "keys/sequence.json", "keys/sequence-marks"]) {
    const bytes = await readIfThere(join(folder, name));
    if (bytes === undefined) continue;
    await makeFolder(dirname(join(to, name)));
    await writeFile(join(to, name), bytes, { mode: 0o600 });
  }
  const models = join(folder, "models");
  if ((await stat(models).catch(() => undefined)) === undefined) return;
  // A set may be a link to a folder elsewhere; a backup has its files.
  await cp(models, join(to, "models"), { recursive: true, dereference: true });
}

/** False: it is gone. Not every file system has links, and some have a most of them. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  const isThere = (error: unknown): boolean => systemCode(error) === "EEXIST";
  const isGone = (error: unknown): boolean => systemCode(error) === "ENOENT";
  try {
    await link(from, to).catch((error: unknown) => {
      if (isThere(error) || isGone(error)) throw error;
      return copyFile(from, to);
    });
    return true;
  } catch (error) {
    if (isThere(error)) return true; // in the round before
    if (isGone(error)) return false;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
