/** The version of this software: the one in package.json. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const PACKAGE = z.object({ name: z.literal("sidgate"), version: z.string() });

/** The folder of our package.json, whether this runs from the sources or from dist. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

export const softwareVersion = (): string =>
  PACKAGE.parse(JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8"))).version;
