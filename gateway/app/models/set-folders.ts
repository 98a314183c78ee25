/**
 * What the module sets are made of. Files that lie flat in the models folder belong to every set, as do those of the
 * folders in the configuration; each sub-folder is a named set, whose modules take the place of other revisions.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { explain, isCoded, UsageError } from "../../base/index.ts";
import type { SetName } from "../../yang/index.ts";
import { refuseHouseModules } from "./house-modules.ts";
import { readSetFile, SET_FILE, type SetFeatures } from "./set-file.ts";

/** Everything that a set depends on besides this version of the gateway. */
export interface SetSources {
  readonly set: SetName;
  /** Folders of which every set has the files. */
  readonly shared: readonly string[];
  /** The folder of a named set. */
  readonly own: string | undefined;
  readonly features: SetFeatures;
  /** The same for the same files. */
  readonly digest: string;
  /** Why it cannot even be tried. */
  readonly fault: UsageError | undefined;
}

export interface ModelFile {
  readonly path: string;
  readonly name: string;
  readonly text: string;
}

const SET_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const FILE = /\.(yang|sid)$/;

/** Where modules come from besides our own. */
export interface ModelFolders {
  /** The models folder. */
  readonly models: string;
  /** Folders of the configuration. */
  readonly configured: readonly string[];
}

/** Names of the sets that the models folder has; it is made when it is not there. */
export async function findSets({ models }: ModelFolders): Promise<readonly string[]> {
  await mkdir(models, { recursive: true });
  const entries = await readdir(models, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

/** The default set, and those of these names. Throws UsageError `yang.compile-folder` for what every set needs. */
export async function readSets(
  { models, configured }: ModelFolders,
  names: readonly string[],
): Promise<{ readonly first: SetSources; readonly named: readonly SetSources[] }> {
  const shared = [...configured, models];
  const flat = (await Promise.all(shared.map(readFiles))).flat();
  return {
    first: await sourcesOf(undefined, shared, flat, undefined),
    named: await Promise.all(names.map((name) => sourcesOf(name, shared, flat, join(models, name)))),
  };
}

async function sourcesOf(
  set: SetName,
  shared: readonly string[],
  flat: readonly ModelFile[],
  own: string | undefined,
): Promise<SetSources> {
  let files: readonly ModelFile[] = [];
  let features: SetFeatures = {};
  let fault: UsageError | undefined;
  try {
    if (set !== undefined && own !== undefined && !SET_NAME.test(set)) {
      throw new UsageError("models.set-name", { folder: own, name: set });
    }
    if (own !== undefined) files = await readFiles(own);
    features = await readSetFile(join(own ?? shared.at(-1) ?? "", SET_FILE));
    await refuseHouseModules([...flat, ...files]);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    fault = error;
  }
  const digest = digestOf(flat, files, features, fault);
  return { set, shared, own, features, digest, fault };
}

/** Throws UsageError `yang.compile-folder`. */
async function readFiles(folder: string): Promise<readonly ModelFile[]> {
  try {
    const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
    const read = names.map(async (name) => {
      const path = join(folder, name);
      return { path, name, text: await readFile(path, "utf8") };
    });
    return await Promise.all(read);
  } catch (error) {
    throw new UsageError("yang.compile-folder", { folder, reason: explain(error) }, { cause: error });
  }
}

function digestOf(
  flat: readonly ModelFile[],
  own: readonly ModelFile[],
  features: SetFeatures,
  fault: UsageError | undefined,
): string {
  const hash = createHash("sha256");
  for (const files of [flat, own]) {
    for (const { name, text } of files) hash.update(`${name}\0${text.length}\0`).update(text);
    hash.update("\0");
  }
  hash.update(JSON.stringify(features));
  if (isCoded(fault)) hash.update(explain(fault));
  return hash.digest("hex");
}
