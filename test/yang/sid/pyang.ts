/** pyang 2.7.1 as a peer: the .sid files that it makes, of many modules in one run. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const VERSION = "2.7.1";
/** Where scripts/interop-peers.sh puts it, else the machine's own. */
const PYTHONS = [
  join(process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers"), "pyang", "bin", "python"),
  "/usr/bin/python3",
  "/usr/local/bin/python3",
];

function versionOf(python: string): string | undefined {
  try {
    const asked = ["-c", "import pyang; print(pyang.__version__)"];
    return execFileSync(python, asked, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    }).trim();
  } catch {
    return undefined;
  }
}

export const PYANG: string | undefined = PYTHONS.find((python) => existsSync(python) && versionOf(python) === VERSION);
/** For titles of tests. */
export const NEEDS_PYANG = PYANG === undefined ? ` (skipped: needs pyang ${VERSION})` : "";

/** Each module in a process of its own, because pyang can be run once in a process; all at once, because it is slow. */
const DRIVER = `
import os, sys, json
from pyang.scripts.pyang_tool import run
children = []
for arguments in json.load(sys.stdin):
    pid = os.fork()
    if pid == 0:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1); os.dup2(silent, 2)
        sys.argv = ["pyang"] + arguments
        try: run()
        finally: os._exit(0)
    children.append(pid)
for pid in children: os.waitpid(pid, 0)
`;

/** Runs pyang once per list of arguments in the folder; gives the texts of the .sid files there afterwards, by name. */
export async function runPyang(
  folder: string,
  runs: ReadonlyArray<readonly string[]>,
): Promise<ReadonlyMap<string, string>> {
  await new Promise<void>((resolve, reject) => {
    const child = execFile(PYANG ?? "python3", ["-c", DRIVER], { cwd: folder, timeout: 60_000 }, (error) =>
      error ? reject(error) : resolve(),
    );
    child.stdin?.end(JSON.stringify(runs));
  });
  const names = readdirSync(folder).filter((name) => name.endsWith(".sid"));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
