/**
 * All that is wrong with a folder of models, as far as it can be told at once: a file that is broken is named with its
 * first fault and taken out, and the rest is looked at without it.
 */
import { type CodedError, isCoded } from "../../base/index.ts";
import { type Compilation, compile } from "../compile/compile.ts";
import type { FindSource } from "../compile/module-set.ts";
import { openParser } from "../parse/parser.ts";
import { childrenOf, type Statement } from "../parse/statement.ts";
import { bindSids } from "../sid/bind.ts";
import { readSidFile, type SidFile } from "../sid/sid-file.ts";
import { chooseModules, type SetChoice } from "./choose.ts";
import { featureChoice, findIn } from "./compile-files.ts";
import type { SourceFile } from "./files.ts";

/** One finding per file at most, in the order of the files. */
export async function findFaults(
  files: readonly SourceFile[],
  library: readonly SourceFile[],
  options: SetChoice,
): Promise<readonly CodedError[]> {
  const parse = await openParser();
  const faults: CodedError[] = [];
  const sources: Statement[] = [];
  for (const file of files) {
    if (!file.path.endsWith(".yang")) continue;
    const source = attempt(faults, () => parse(file.text, file.path)); // some are read only now
    if (source) sources.push(source);
  }
  const broken = new Set(files.map(({ path }) => path).filter((path) => !sources.some(({ file }) => file === path)));
  const chosen = attempt(faults, () => chooseModules(sources, findIn([], library, parse), options, () => false));
  if (!chosen) return faults;
  const compilation = compileRest(chosen.implemented, chosen.find, { faults, broken, options });
  const sidFiles = files
    .filter(({ path }) => path.endsWith(".sid"))
    .flatMap((file) => attempt(faults, () => readSidFile(file.text, file.path)) ?? []);
  if (compilation) checkNumbers(compilation, sidFiles, faults);
  const order = files.map(({ path }) => path);
  return faults.sort((a, b) => order.indexOf(fileOf(a)) - order.indexOf(fileOf(b)));
}

interface Findings {
  readonly faults: CodedError[];
  /** Files that have a fault; what needs them is passed over in silence. */
  readonly broken: Set<string>;
  readonly options: SetChoice;
}

/** Compiles, takes out what was broken with all that needs it, and compiles again. */
function compileRest(
  implemented: readonly Statement[],
  find: FindSource,
  { faults, broken, options }: Findings,
): Compilation | undefined {
  for (;;) {
    const left = implemented.filter((root) => !needsBroken(root, find, broken));
    try {
      return compile({ implemented: left, find, features: featureChoice(options) });
    } catch (error) {
      if (!isCoded(error)) throw error;
      faults.push(error);
      const file = fileOf(error);
      // A fault outside of these files, or a second one in a file, would come up again and again.
      if (left.length === 0 || broken.has(file) || !left.some((root) => needsBroken(root, find, new Set([file])))) {
        return undefined;
      }
      broken.add(file);
    }
  }
}

/** Does the module, or anything that it includes or imports, stand in a broken file? */
function needsBroken(root: Statement, find: FindSource, broken: ReadonlySet<string>): boolean {
  const needed = new Set([root]);
  for (const source of needed) {
    if (broken.has(source.file)) return true;
    for (const statement of [...childrenOf(source, "import"), ...childrenOf(source, "include")]) {
      const name = statement.argument ?? "";
      const revision = childrenOf(statement, "revision-date")[0]?.argument;
      const next = find(name, revision);
      if (next) needed.add(next);
      // A file that does not even parse is known by its name alone.
      else if ([...broken].some((file) => nameOf(file) === name)) return true;
    }
  }
  return false;
}

const nameOf = (file: string): string => (file.split(/[\\/]/).at(-1) ?? "").replace(/(@.*)?\.yang$/, "");

/** Each .sid file by itself, then all together for what they may not share. */
function checkNumbers(compilation: Compilation, files: readonly SidFile[], faults: CodedError[]): void {
  const modules = new Set(compilation.image.modules.map(({ name }) => name));
  const known = files.filter(({ module }) => modules.has(module));
  const right = known.filter((file) => attempt(faults, () => bindSids(compilation, [file])));
  const newest = new Map<string, SidFile>();
  for (const file of right) {
    const other = newest.get(file.module);
    if (!other || other.revision < file.revision) newest.set(file.module, file);
  }
  attempt(faults, () => bindSids(compilation, [...newest.values()]));
}

function attempt<T>(faults: CodedError[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!isCoded(error)) throw error;
    faults.push(error);
    return undefined;
  }
}

const fileOf = ({ facts }: CodedError): string => String(facts["file"] ?? "");
