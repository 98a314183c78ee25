/** A site in its data folder, for its backup: what never changes is linked and not copied. */
import { copyFile, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { RECORD_HEADER } from "../journal/record.ts";
import { findEnd, MAGIC, scanRecords } from "../journal/segment-reader.ts";
import { systemCode } from "../system-error.ts";
import { copyIfThere, linkOrCopy } from "./copy-file.ts";
import type { BackupSource, Moment } from "./source.ts";

export interface FolderSourceOptions {
  readonly folder: string;
  copyState(to: string): Promise<void>;
  /** Taken in one turn. undefined: nobody writes, so it is what the folder holds. */
  moment(): Moment | undefined;
}

const SEGMENT = /^(\d{16})\.seg$/;
const IMAGE = /^[0-9a-f]{64}$/;

export function folderSource({ folder, copyState, moment }: FolderSourceOptions): BackupSource {
  const images = join(folder, "images");
  const journal = join(folder, "journal");
  return {
    folder,
    copyState,
    moment: async () => moment() ?? { last: await lastOf(journal), images: await namesIn(images, IMAGE) },
    copyImage: (digest, to) => linkOrCopy(join(images, digest), to),
    copyJournal: (to, end) => copySegments(journal, to, end),
    copyOwn: async (to) => {
      for (const name of ["data-version", "site.json", "keys/sequence.json"]) await copyIfThere(folder, to, name);
    },
  };
}

/** The newest segment is cut behind the fact `end`: more may be written there at this moment. */
async function copySegments(from: string, to: string, end: number): Promise<void> {
  const segments = (await segmentsIn(from)).filter(({ first }) => first <= Math.max(1, end));
  const newest = segments.pop();
  for (const { name } of segments) await linkOrCopy(join(from, name), join(to, name));
  if (newest === undefined) return;
  const copy = join(to, newest.name);
  await copyFile(join(from, newest.name), copy);
  let offset = MAGIC.length;
  if (end >= newest.first) {
    await scanRecords(copy, { seq: newest.first, offset }, (record, at) => {
      offset = at + RECORD_HEADER + record.payload.length;
      return record.seq < end;
    });
  }
  await truncate(copy, offset);
}

async function lastOf(journal: string): Promise<number> {
  const newest = (await segmentsIn(journal)).at(-1);
  return newest === undefined ? 0 : (await findEnd(join(journal, newest.name), newest.first)).last;
}

/** Oldest first: their names have all digits. */
async function segmentsIn(folder: string): Promise<{ name: string; first: number }[]> {
  const names = await namesIn(folder, SEGMENT);
  return names.map((name) => ({ name, first: Number(SEGMENT.exec(name)?.[1]) }));
}

async function namesIn(folder: string, wanted: RegExp): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => wanted.test(name)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
