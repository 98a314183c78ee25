/**
 * A site as it is at one moment, as files of a folder that nobody else touches: the state first, then the journal up to the last
 * durable fact. So the state is never ahead of its journal, and what lies between the two is replayed by the next start, as
 * after a crash.
 */
import { cp, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../../base/index.ts";
import { copyIfThere } from "./copy-file.ts";
import type { BackupSource, Moment } from "./source.ts";

/** Images that come and go while they are copied; nobody adds and removes one faster than that for long. */
const ROUNDS = 10;

/** Into `to`, which is empty and on the same disk as the data folder. Returns the number of the last fact. */
export async function freeze(source: BackupSource, to: string): Promise<number> {
  await source.copyState(join(to, "state"));
  await rm(join(to, "state", "lock.mdb"), { force: true });
  const { last } = await copyImages(source, join(to, "images"));
  await mkdir(join(to, "journal"));
  await source.copyJournal(join(to, "journal"), last);
  await source.copyOwn(to);
  await copyKept(source.folder, to);
  return last;
}

/** When one vanished since the moment was taken, its end is a later fact, and a later moment is taken. */
async function copyImages(source: BackupSource, place: string): Promise<Moment> {
  await mkdir(place);
  for (let round = 0; round <= ROUNDS; round++) {
    const moment = await source.moment();
    const copied = await Promise.all(moment.images.map((name) => source.copyImage(name, join(place, name))));
    if (copied.every(Boolean)) return moment;
  }
  throw new StoreError("store.read-failed", { what: source.folder, reason: "its images come and go" });
}

/** What lies in the data folder wherever the site does; each replaced as a whole by who writes it, but for the operator's models. */
async function copyKept(folder: string, to: string): Promise<void> {
  for (const name of ["sids.json", "keys/sequence-marks"]) await copyIfThere(folder, to, name);
  const models = join(folder, "models");
  if ((await stat(models).catch(() => undefined)) === undefined) return;
  // A set may be a link to a folder elsewhere; a backup has its files.
  await cp(models, join(to, "models"), { recursive: true, dereference: true });
}
