/** What a backup says of itself, as its first entry (docs/deployment.md, "Backup and restore"), and which files it may have. */
import { UsageError } from "../../base/index.ts";
import { DATA_VERSION } from "../folder/data-folder.ts";

export const MANIFEST = "sidgate-backup.json";
/** Below it lie the files, by their names in the data folder. */
export const DATA = "data/";
export const BACKUP_FORMAT = 1;

export interface BackedUpFile {
  /** Within the data folder, with `/`. */
  readonly path: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly sha256: string;
}

export interface BackupManifest {
  readonly format: number;
  /** Version of the Sidgate that made it. */
  readonly software: string;
  /** RFC 3339. */
  readonly made: string;
  readonly label?: string;
  readonly site: string;
  readonly epoch: number;
  /** Number of the last fact in it. */
  readonly last: number;
  readonly "data-version": number;
  /** Whether the site's key is in it, so that it is as secret as every node together. */
  readonly keys: boolean;
  /** What the gateway uses and this file does not have, in sentences. */
  readonly missing: readonly string[];
  readonly files: readonly BackedUpFile[];
}

/** What a data folder has that no gateway can make again. `models` is the operator's, and may have any names. */
const PLACES: readonly RegExp[] = [
  /^(data-version|site\.json|sids\.json|configuration\.yaml)$/,
  /^state\/data\.mdb$/,
  /^journal\/\d{16}\.seg$/,
  /^images\/[0-9a-f]{64}$/,
  /^keys\/(site\.key|sequence\.json|sequence-marks)$/,
  /^models(\/[^/]+)+$/,
];
const LONGEST_PATH = 1024;

/** Whether a file of a backup may have this path: never one that leads out of the folder. */
export const mayHold = (path: string): boolean =>
  path.length <= LONGEST_PATH &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\\\u0000-\u001f]/.test(path) &&
  PLACES.some((place) => place.test(path)) &&
  path.split("/").every((part) => part !== "." && part !== "..");

/** What a manifest is not allowed to say, or undefined with what it says. Throws UsageError `backup.newer`. */
export function readManifest(file: string, text: string): BackupManifest | string {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return "its manifest is no JSON";
  }
  if (typeof read !== "object" || read === null) return "its manifest is no object";
  const told: Readonly<Record<string, unknown>> = { ...read };
  const software = typeof told["software"] === "string" ? told["software"] : "?";
  for (const [what, known] of [
    ["format", BACKUP_FORMAT],
    ["data-version", DATA_VERSION],
  ] as const) {
    const found = told[what];
    if (!isCount(found) || found < 1) return `its manifest says no ${what}`;
    if (found > known) throw new UsageError("backup.newer", { file, software, what, found, known });
  }
  const wrong = Object.entries(MEMBERS).find(([name, fits]) => !fits(told[name]));
  if (wrong !== undefined) return `its manifest says no ${wrong[0]}`;
  // Each member was just looked at.
  const manifest = told as unknown as BackupManifest;
  const strange = manifest.files.find(({ path }) => !mayHold(path));
  if (strange !== undefined) return `its manifest names ${JSON.stringify(strange.path)}`;
  if (new Set(manifest.files.map(({ path }) => path)).size < manifest.files.length)
    return "its manifest names a file twice";
  return manifest;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  software: isText,
  made: isText,
  label: (value) => value === undefined || isText(value),
  site: isText,
  epoch: isCount,
  last: isCount,
  keys: (value) => typeof value === "boolean",
  missing: (value) => Array.isArray(value) && value.every(isText),
  files: (value) => Array.isArray(value) && value.every(isFile),
};

function isFile(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!("path" in value && "size" in value && "sha256" in value)) return false;
  const { path, size, sha256 } = value;
  return isText(path) && isCount(size) && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}
