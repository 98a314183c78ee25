/**
 * What the module sets are made of. Files that lie flat in the models folder belong to every set, as do those of the
 * folders in the configuration; each sub-folder is a named set, whose modules take the place of other revisions.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { explain, UsageError } from "../../base/index.ts";
import { builtInModels, readModelFiles, type SetName, type SourceFile } from "../../yang/index.ts";
import { readSetFile, SET_FILE, type SetFeatures } from "./set-file.ts";

/** Everything that a set depends on besides this version of the gateway. */
export interface SetSources {
  readonly set: SetName;
  /** Those that come with the gateway. */
  readonly ours: readonly SourceFile[];
  /** Those of every set besides. */
  readonly shared: readonly SourceFile[];
  /** Those of this named set. */
  readonly own: readonly SourceFile[];
  /** Where its features are chosen. */
  readonly file: string;
  readonly features: SetFeatures;
  /** The same for the same files. */
  readonly digest: string;
  /** Why it cannot even be tried. */
  readonly fault: UsageError | undefined;
}

const SET_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

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
  const names = (await readdir(models)).filter((name) => !name.startsWith("."));
  const entries = await Promise.all(names.map(async (name) => ({ name, isSet: await isFolder(join(models, name)) })));
  return entries.flatMap(({ name, isSet }) => (isSet ? [name] : [])).sort();
}

/** A link to a folder is one too. */
const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** The default set, and those of these names. Throws UsageError `yang.*` for what every set needs and cannot be read. */
export async function readSets(
  { models, configured }: ModelFolders,
  names: readonly string[],
): Promise<{ readonly first: SetSources; readonly named: readonly SetSources[] }> {
  const [ours, shared] = await Promise.all([
    readModelFiles([builtInModels()]),
    readModelFiles([...configured, models]),
  ]);
  const common = { ours, shared };
  return {
    first: await sourcesOf(undefined, models, common),
    named: await Promise.all(names.map((name) => sourcesOf(name, join(models, name), common))),
  };
}

async function sourcesOf(
  set: SetName,
  folder: string,
  { ours, shared }: Pick<SetSources, "ours" | "shared">,
): Promise<SetSources> {
  const file = join(folder, SET_FILE);
  let own: readonly SourceFile[] = [];
  let features: SetFeatures = {};
  let fault: UsageError | undefined;
  try {
    if (set !== undefined && !SET_NAME.test(set)) throw new UsageError("models.set-name", { folder, name: set });
    if (set !== undefined) own = await readModelFiles([folder]);
    features = await readSetFile(file);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    fault = error;
  }
  return { set, ours, shared, own, file, features, digest: digestOf(shared, own, features, fault), fault };
}

function digestOf(
  shared: readonly SourceFile[],
  own: readonly SourceFile[],
  features: SetFeatures,
  fault: UsageError | undefined,
): string {
  const hash = createHash("sha256");
  for (const files of [shared, own]) {
    for (const { path, text } of files) hash.update(`${basename(path)}\0${text.length}\0`).update(text);
    hash.update("\0");
  }
  hash.update(JSON.stringify(features));
  if (fault !== undefined) hash.update(explain(fault));
  return hash.digest("hex");
}
