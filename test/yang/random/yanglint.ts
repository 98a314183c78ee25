/** Many documents before one yanglint: it reads its commands from standard input, and writes what it accepts to files. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const YANGLINT = "/usr/bin/yanglint";

export interface Verdict {
  /** undefined: it crashed over this document. */
  readonly accepted: boolean | undefined;
  /** What it says about the document. */
  readonly words: string;
}

export interface LintOptions {
  /** Where files may be written. */
  readonly folder: string;
  readonly searchPath: readonly string[];
  /** Names of the modules that are implemented; all their features are on. */
  readonly modules: readonly string[];
  /** data: state and configuration; config: configuration only. */
  readonly type: "data" | "config";
}

/** One process for all documents, and one more for each over which it crashes (libyang 2.1.30 does). */
export function lint(documents: readonly string[], options: LintOptions): readonly Verdict[] {
  if (documents.length === 0) return [];
  const verdicts = lintTogether(documents, options);
  const done = verdicts.length;
  if (done === documents.length) return verdicts;
  return [...verdicts, { accepted: undefined, words: "crashed" }, ...lint(documents.slice(done + 1), options)];
}

/** The verdicts up to the first document over which it crashes. */
function lintTogether(documents: readonly string[], options: LintOptions): readonly Verdict[] {
  const { searchPath, modules, type } = options;
  const folder = mkdtempSync(join(options.folder, "lint-"));
  const commands = [
    ...searchPath.map((path) => `searchpath ${path}`),
    ...modules.map((module) => `load -F ${module}:* ${module}`),
    ...documents.map((document, i) => {
      writeFileSync(join(folder, `in-${i}.json`), document);
      return `data -t ${type} -f json -o ${join(folder, `out-${i}.json`)} ${join(folder, `in-${i}.json`)}`;
    }),
  ];
  const { stderr, error } = spawnSync(YANGLINT, [], {
    input: `${commands.join("\n")}\n`,
    // It keeps a history of commands there.
    env: { ...process.env, HOME: folder },
    stdio: ["pipe", "ignore", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  if (error !== undefined) throw error;
  const refused = refusalsIn(stderr);
  const verdicts: Verdict[] = [];
  for (const i of documents.keys()) {
    const words = refused.get(i);
    const out = join(folder, `out-${i}.json`);
    if (words !== undefined) verdicts.push({ accepted: false, words });
    else if (existsSync(out) && readFileSync(out, "utf8").trim() !== "") verdicts.push({ accepted: true, words: "" });
    else break;
  }
  return verdicts;
}

/** What was said before each document was given up. */
function refusalsIn(stderr: string): ReadonlyMap<number, string> {
  const refused = new Map<number, string>();
  let said: string[] = [];
  for (const line of stderr.split("\n")) {
    const file = /Failed to parse input data file ".*\/in-(\d+)\.json"/.exec(line)?.[1];
    if (file === undefined) said.push(line);
    else {
      refused.set(Number(file), said.join("\n"));
      said = [];
    }
  }
  return refused;
}
