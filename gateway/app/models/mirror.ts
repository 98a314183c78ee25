/**
 * The module sets in force, for a process of the site that has no models folder: the files of each set as they were when it came
 * into force, in the store that both share. What comes with Sidgate is not among them; both have it.
 */
import { basename } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { z } from "zod";
import type { SharedFiles } from "../../store/index.ts";
import type { SetName, SourceFile } from "../../yang/index.ts";
import type { SetFeatures } from "./set-file.ts";
import type { SetSources } from "./set-folders.ts";

/** Told before a set comes into force, and after each look which ones are. */
export interface SetMirror {
  put(sources: SetSources): Promise<void>;
  keep(sets: readonly SetName[]): Promise<void>;
}

export interface MirroredSet {
  /** Of every set, then of this one alone. */
  readonly shared: readonly SourceFile[];
  readonly own: readonly SourceFile[];
  readonly features: SetFeatures;
}

export const MIRRORED = "models/";
const DEFAULT = "@default"; // no set can have this name
const fileOf = (set: SetName): string => `${MIRRORED}${set ?? DEFAULT}`;
const setOf = (file: string): SetName => {
  const name = file.slice(MIRRORED.length);
  return name === DEFAULT ? undefined : name;
};

const SOURCES = z.array(z.object({ path: z.string(), text: z.string() }));
const SET = z.object({ shared: SOURCES, own: SOURCES, features: z.record(z.string(), z.array(z.string())) });

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export const mirrorTo = (files: SharedFiles): SetMirror => ({
  put: async (sources) => {
    await files.write(fileOf(sources.set), await pack(JSON.stringify(plain(sources))));
  },
  keep: async (sets) => {
    const kept = new Set(sets.map(fileOf));
    for (const { name } of await files.list(MIRRORED)) if (!kept.has(name)) await files.write(name, undefined);
  },
});

/** Folders mean nothing on another machine. */
const plain = ({ shared, own, features }: SetSources): MirroredSet => ({
  shared: shared.map(({ path, text }) => ({ path: basename(path), text })),
  own: own.map(({ path, text }) => ({ path: basename(path), text })),
  features,
});

/** Version of each set; empty before a gateway has told any. */
export async function mirroredVersions(files: SharedFiles): Promise<ReadonlyMap<SetName, number>> {
  return new Map((await files.list(MIRRORED)).map(({ name, version }) => [setOf(name), version]));
}

/** Undefined when it was taken away meanwhile. */
export async function mirroredSet(
  files: SharedFiles,
  set: SetName,
): Promise<{ readonly version: number; readonly sources: MirroredSet } | undefined> {
  const file = await files.read(fileOf(set));
  if (file === undefined) return undefined;
  return { version: file.version, sources: SET.parse(JSON.parse((await unpack(file.bytes)).toString())) };
}
