/** Many documents before one yanglint: it reads its commands from standard input, and writes what it accepts to files. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const YANGLINT = "/usr/bin/yanglint";

export interface Verdict {
  readonly accepted: boolean;
  /** What it says about the document. */
  readonly words: string;
}

export interface LintOptions {
  /** Where the models are, and where files may be written. */
  readonly folder: string;
  readonly searchPath: readonly string[];
  /** Names of the modules that are implemented; all their features are on. */
  readonly modules: readonly string[];
  /** data: state and configuration; config: configuration only. */
  readonly type: "data" | "config";
}

export function lint(documents: readonly string[], options: LintOptions): readonly Verdict[] {
  const { folder, searchPath, modules, type } = options;
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const commands = [
    ...searchPath.map((path) => `searchpath ${path}`),
    ...modules.map((module) => `load -F ${module.replace(/@.*/, "")}:* ${module}`),
    ...documents.map((document, i) => {
      writeFileSync(join(folder, `in-${i}.json`), document);
      return `data -t ${type} -f json -o ${join(folder, `out-${i}.json`)} ${join(folder, `in-${i}.json`)}`;
    }),
  ];
  const { stderr, error } = spawnSync(YANGLINT, [], {
    input: `${commands.join("\n")}\n`,
    env: { ...process.env, HOME: home },
    stdio: ["pipe", "ignore", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  if (error !== undefined) throw error;
  const words = new Map<string, string>();
  let said: string[] = [];
  for (const line of stderr.split("\n")) {
    const file = /Failed to parse input data file ".*\/(in-\d+\.json)"/.exec(line)?.[1];
    if (file === undefined) {
      said.push(line);
      continue;
    }
    words.set(file, said.join("\n"));
    said = [];
  }
  return documents.map((_, i) => {
    const out = join(folder, `out-${i}.json`);
    const accepted = existsSync(out) && readFileSync(out, "utf8").trim() !== "";
    return { accepted, words: words.get(`in-${i}.json`) ?? stderr.slice(0, 500) };
  });
}
