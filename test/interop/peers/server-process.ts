/** A peer's server as a child process: COMMAND PORT IMAGE-FILE [MORE…]; it prints a line when it listens. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeUdpPort } from "../../bench/measure.ts";
import { IMAGE } from "../checks.ts";
import type { RunningServer } from "../peers.ts";

export const scriptPath = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** `more`: further arguments, whose files may lie in the folder. */
export async function startServer(
  [program, ...first]: readonly [string, ...string[]],
  more: (folder: string) => Promise<readonly string[]>,
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-peer-"));
  const image = join(folder, "image");
  await writeFile(image, IMAGE);
  const port = await freeUdpPort();
  const args = [...first, String(port), image, ...(await more(folder))];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  };
  return { port, close };
}
