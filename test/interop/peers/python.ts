/** Small Python programs that answer line by line, in the environments that scripts/interop-peers.sh makes. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { scriptPath } from "./server-process.ts";

const FOLDER = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");

/** The interpreter of a peer's environment; undefined where the peer is not installed. */
export function pythonOf(peer: string): string | undefined {
  const python = join(FOLDER, peer, "bin", "python");
  return existsSync(python) && spawnSync(python, ["-c", `import ${peer}`]).status === 0 ? python : undefined;
}

/** One answer for each line. */
export function answers(python: string, script: string, args: readonly string[], lines: readonly string[]): unknown[] {
  const { stdout, stderr, status } = spawnSync(python, [scriptPath(script), ...args], {
    input: `${lines.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(stderr.slice(-2_000));
  return stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}
