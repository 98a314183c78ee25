/** The SIDs of the models, read from the `.sid` files (RFC 9595) as the author of a node's firmware would. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BugError, explain, UsageError } from "../../base/index.ts";

export interface Sids {
  /** The SID of a schema path such as `/sidgate-node:check-in/input/report`. */
  of(path: string): number;
  find(path: string): number | undefined;
  /** The schema path of a SID; undefined when no file names it. */
  pathOf(sid: number): string | undefined;
}

interface SidFile {
  readonly "ietf-sid-file:sid-file": {
    readonly item: readonly {
      readonly namespace: string;
      readonly identifier: string;
      readonly sid: string | number;
    }[];
  };
}

/**
 * Reads every `.sid` file of our models and of further folders, whose word counts more. Modules and identities share the
 * number space, but only data nodes are asked for. Throws UsageError `cli.file`.
 */
export function readSids(further: readonly string[] = []): Sids {
  const byPath = new Map<string, number>();
  const bySid = new Map<number, string>();
  for (const path of [modelsFolder(), ...further].flatMap(sidFiles)) {
    const file = readSidFile(path);
    for (const { namespace, identifier, sid } of file["ietf-sid-file:sid-file"].item) {
      if (namespace !== "data") continue;
      byPath.set(identifier, Number(sid));
      bySid.set(Number(sid), identifier);
    }
  }
  return {
    of: (path) => {
      const sid = byPath.get(path);
      if (sid === undefined) throw new BugError("service.bug", { what: `no .sid file names ${path}` });
      return sid;
    },
    find: (path) => byPath.get(path),
    pathOf: (sid) => bySid.get(sid),
  };
}

function sidFiles(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((entry) => entry.endsWith(".sid"));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw new UsageError("cli.file", { path: folder, reason: explain(error) }, { cause: error });
  }
}

function readSidFile(path: string): SidFile {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError("cli.file", { path, reason: explain(error) }, { cause: error });
  }
}

/** `yang-models` stands beside `gateway`, from the sources as from the build under `dist`. */
function modelsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "yang-models")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, "yang-models");
}
