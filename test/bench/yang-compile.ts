/**
 * Figures of group `yang`: from models to a schema with its codec plan. Each load is one of a fresh process, because that
 * is what a start is: nothing is compiled by the JIT yet.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "../../gateway/app/version.ts";
import { builtInModels } from "../../gateway/yang/index.ts";
import { NEEDS_PYANG, PYANG } from "../yang/sid/pyang.ts";
import { type Figures, forkScript, messageOf, NODE_FLAGS, Table } from "./measure.ts";
import type { Loaded } from "./yang-load.ts";

const ROUNDS = 7;
const PYANG_ROUNDS = 3;

export async function yangCompileBench(): Promise<Figures> {
  const cache = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
  try {
    const table = new Table();
    await load(["--cache", cache]);
    for (let round = 0; round < ROUNDS; round++) {
      table.note("compile_cached_ms", (await load(["--plan", "--cache", cache])).ms);
      table.note("compile_cold_ms", (await load(["--plan"])).ms);
    }
    await compareWithPyang(table);
    return table.figures((name) => (name === "compile_vs_pyang" ? "of the CPU time of pyang" : "ms"));
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** Whole processes, from their start: pyang checks the modules and prints nothing. */
async function compareWithPyang(table: Table): Promise<void> {
  if (PYANG === undefined) {
    console.error(`compile_vs_pyang${NEEDS_PYANG}`);
    return;
  }
  const published = join(packageFolder(), "..", "shared", "yang");
  const folder = existsSync(published) ? published : builtInModels();
  for (let round = 0; round < PYANG_ROUNDS; round++) {
    const ours = (await load(["--folder", folder])).cpuMs;
    table.note("compile_vs_pyang", ours / pyangMs(folder));
  }
}

const DRIVER = `
import sys, time
from pyang.scripts.pyang_tool import run
sys.argv = ["pyang"] + sys.argv[1:]
try: run()
except SystemExit: pass
print("cpu", time.process_time() * 1000)
`;

function pyangMs(folder: string): number {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".yang"))
    .map((name) => join(folder, name));
  const output = execFileSync(PYANG ?? "python3", ["-c", DRIVER, "-p", folder, ...files], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 120_000,
  });
  return Number(/^cpu ([\d.]+)$/m.exec(output)?.[1]);
}

async function load(args: readonly string[]): Promise<Loaded> {
  const child = forkScript("yang-load", args, NODE_FLAGS);
  const ended = once(child, "exit");
  const loaded = await messageOf<Loaded>(child);
  await ended;
  return loaded;
}
