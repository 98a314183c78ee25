/**
 * Modules that somebody names by their files, with what they need from elsewhere: compiled without a cache, for tools
 * that show what is in them.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { type CodedError, type LogFacts, type Logger, SILENT, UsageError } from "../../base/index.ts";
import { type Compilation, compile } from "../compile/compile.ts";
import type { SchemaImage } from "../compile/image.ts";
import { chooseSidFiles, featureChoice, findIn, parseAll } from "../loading/compile-files.ts";
import { decodeSource, readLibraryFiles, type SourceFile } from "../loading/files.ts";
import { findFaults } from "../loading/find-faults.ts";
import { impliedBy } from "../loading/implied.ts";
import { modelsNearby } from "../loading/nearby.ts";
import { openParser } from "../parse/parser.ts";
import { bindSids } from "../sid/bind.ts";
import { readSidFile } from "../sid/sid-file.ts";
import { type ModuleOutline, outlineOf, prefixOf } from "./outline.ts";

export interface NamedModulesOptions {
  /** .yang and .sid files, and folders of them. */
  readonly paths: readonly string[];
  /** Where else to look for what they import, and for .sid files. */
  readonly folders: readonly string[];
  /** Features that are on, by module; a module that is not named has all of its features. */
  readonly features?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface NamedModules {
  /** The named ones. */
  readonly modules: readonly ModuleOutline[];
  /** Modules of which they use nodes, so that these are implemented too. */
  readonly implied: readonly string[];
  /** Prefix of each module. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** The compiled schema with its SIDs. */
  readonly image: SchemaImage;
  /** .sid files that are there but do not fit. */
  readonly sidRemarks: readonly SidRemark[];
}

export interface SidRemark {
  readonly file: string;
  readonly module: string;
  /** The revision of the module that is compiled; undefined when no such module is. */
  readonly revision: string | undefined;
}

/** Throws UsageError `cli.*`, `yang.*`: the first fault. */
export async function openNamedModules(options: NamedModulesOptions): Promise<NamedModules> {
  const { files, nearby, library } = await readSources(options);
  const parse = await openParser();
  const sources = parseAll(files, parse);
  const find = findIn(sources, [...nearby, ...library], parse);
  const named = sources.filter(({ keyword }) => keyword === "module");
  if (named.length === 0) throw new UsageError("yang.no-module", { paths: options.paths.join(", ") });
  const implied = impliedBy(named, find);
  const compilation = compile({ implemented: [...named, ...implied], find, features: featureChoice(options) });
  checkFeatures(options, compilation);
  const sidRemarks: SidRemark[] = [];
  const sidFiles = sidFilesFor(compilation.image, files, nearby);
  const image = bindSids(compilation, chooseSidFiles(sidFiles, compilation.image, remarking(sidRemarks)));
  const modules = new Map(compilation.modules.map((module) => [module.units[0]?.root, module]));
  return {
    modules: named
      .flatMap((root) => modules.get(root) ?? [])
      .map((module) => outlineOf(module, { ...compilation, image })),
    implied: implied.map(({ argument = "" }) => argument),
    prefixes: new Map(compilation.modules.map((module) => [module.name, prefixOf(module)])),
    image,
    sidRemarks,
  };
}

/** All that is wrong with the named files, one finding for each at most. Throws UsageError `cli.file`, `yang.no-module`. */
export async function faultsInNamed(options: NamedModulesOptions): Promise<readonly CodedError[]> {
  const { files, nearby, library } = await readSources(options);
  return findFaults(files, [...nearby, ...library], { features: options.features });
}

interface NamedSources {
  readonly files: readonly SourceFile[];
  /** What lies beside them, and in the other folders. */
  readonly nearby: readonly SourceFile[];
  readonly library: readonly SourceFile[];
}

async function readSources({ paths, folders }: NamedModulesOptions): Promise<NamedSources> {
  const files = await readNamed(paths);
  const around = [...new Set([...files.map(({ path }) => dirname(path)), ...folders])];
  const [nearby, library] = await Promise.all([modelsNearby(around), readLibraryFiles()]);
  return { files, nearby, library };
}

/** A misspelt feature would be off without a word. */
function checkFeatures({ features = {} }: NamedModulesOptions, { features: known, modules }: Compilation): void {
  for (const [module, names] of Object.entries(features)) {
    const isThere = modules.some(({ name }) => name === module);
    const unknown = names.find((name) => !known.has(`${module}:${name}`));
    if (!isThere) throw new UsageError("cli.usage", { what: `there is no module '${module}' to have features` });
    if (unknown !== undefined)
      throw new UsageError("cli.usage", { what: `module '${module}' has no feature '${unknown}'` });
  }
}

/** What the log would be told at a gateway's start. */
const remarking = (into: SidRemark[]): Logger => ({
  ...SILENT,
  warn: (_event, { file, module, revision }: LogFacts = {}) =>
    into.push({
      file: String(file),
      module: String(module),
      revision: revision === undefined ? undefined : String(revision),
    }),
});

/** Folders give what is in them. Throws UsageError `cli.file`, `yang.compile-folder`, `yang.no-module`. */
async function readNamed(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const files = (await Promise.all(paths.map(readOne))).flat();
  if (files.some(isYang)) return files;
  throw new UsageError("yang.no-module", { paths: paths.join(", ") });
}

async function readOne(path: string): Promise<readonly SourceFile[]> {
  try {
    if ((await stat(path)).isDirectory()) return await modelsNearby([path]);
    return [{ path, text: decodeSource(await readFile(path), path) }];
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // node:fs throws nothing else
    throw new UsageError("cli.file", { path, reason }, { cause: error });
  }
}

const isYang = ({ path }: SourceFile): boolean => path.endsWith(".yang");
const isSid = ({ path }: SourceFile): boolean => path.endsWith(".sid");

/** Of the files beside the named ones those by whose names they number a module of the set. */
function sidFilesFor(image: SchemaImage, files: readonly SourceFile[], nearby: readonly SourceFile[]) {
  // Of what is only imported there are no nodes to number.
  const modules = new Set(image.modules.filter(({ importOnly }) => !importOnly).map(({ name }) => name));
  const wanted = nearby.filter(({ path }) => modules.has(basename(path).replace(/(@.*)?\.sid$/, "")));
  const byPath = new Map([...files, ...wanted].filter(isSid).map((file) => [resolve(file.path), file]));
  return [...byPath.values()].map(({ path, text }) => readSidFile(text, path));
}
