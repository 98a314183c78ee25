/** The cold path of a load: model files → parsed statements → compiled image with SIDs. */
import { basename } from "node:path";
import { type Logger, UsageError } from "../../base/index.ts";
import { compile } from "../compile/compile.ts";
import type { FeatureChoice } from "../compile/features.ts";
import { refuse } from "../compile/finding.ts";
import type { SchemaImage } from "../compile/image.ts";
import { type FindSource, revisionOf } from "../compile/module-set.ts";
import { openParser, type ParseYang } from "../parse/parser.ts";
import type { Statement } from "../parse/statement.ts";
import { bindSids } from "../sid/bind.ts";
import { itemKey, readSidFile, type SidFile, type SidItem } from "../sid/sid-file.ts";
import { chooseModules, type SetChoice } from "./choose.ts";
import type { SourceFile } from "./files.ts";

export interface CompileFilesOptions extends SetChoice {
  /** Files that decide which revision of a module is implemented; they come after the others. */
  readonly pinned?: readonly SourceFile[] | undefined;
}

/** Throws UsageError `yang.parse`, `yang.compile` or `yang.sid-*` at the first finding. */
export async function compileFiles(
  files: readonly SourceFile[],
  library: readonly SourceFile[],
  log: Logger,
  options: CompileFilesOptions = {},
): Promise<SchemaImage> {
  const parse = await openParser();
  const all = [...files, ...(options.pinned ?? [])];
  const pinned = new Set(options.pinned?.map(({ path }) => path));
  // A file that is pinned stands for an equal one in another folder.
  const sources = parseAll([...(options.pinned ?? []), ...files], parse);
  const chosen = chooseModules(sources, findIn([], library, parse), options, ({ file }) => pinned.has(file));
  const compilation = compile({ ...chosen, features: featureChoice(options) });

  const sidFiles = all.filter(({ path }) => path.endsWith(".sid")).map(({ path, text }) => readSidFile(text, path));
  refuseChanges(sidFiles);
  const image = bindSids(compilation, chooseSidFiles(sidFiles, compilation.image, log));
  reportUncovered(image, log);
  return image;
}

/** RFC 7950 §7.20.1: the features of a module that is not named are all on. */
export function featureChoice({ features = {} }: SetChoice): FeatureChoice {
  const chosen = new Map(Object.entries(features).map(([module, names]) => [module, new Set(names)]));
  return (module, feature) => chosen.get(module)?.has(feature) ?? true;
}

export function parseAll(files: readonly SourceFile[], parse: ParseYang): readonly Statement[] {
  const sources: Statement[] = [];
  const texts = new Map<string, string>();
  for (const { path, text } of files) {
    if (!path.endsWith(".yang")) continue;
    const root = parse(text, path);
    const key = `${root.argument}@${revisionOf(root)}`;
    const other = texts.get(key);
    // The same file in two folders is no harm.
    if (other !== undefined && other !== text) refuse(root, `another file holds ${key} with another content`);
    if (other === undefined) sources.push(root);
    texts.set(key, text);
  }
  return sources;
}

/** Looks into the model folders first, then into what yang-js brings, which is parsed only when it is wanted. */
export function findIn(sources: readonly Statement[], library: readonly SourceFile[], parse: ParseYang): FindSource {
  const parsed = new Map<SourceFile, Statement>();
  const fromLibrary = (name: string): readonly Statement[] =>
    library
      .filter(({ path }) => basename(path).replace(/(@.*)?\.yang$/, "") === name)
      .map((file) => {
        const root = parsed.get(file) ?? parse(file.text, file.path);
        parsed.set(file, root);
        return root;
      });
  const choose = (roots: readonly Statement[], revision: string | undefined): Statement | undefined =>
    revision === undefined
      ? [...roots].sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1)).at(-1)
      : roots.find((root) => revisionOf(root) === revision);
  return (name, revision) =>
    choose(
      sources.filter((root) => root.argument === name),
      revision,
    ) ?? choose(fromLibrary(name), revision);
}

/**
 * One file per module: that of its revision, else of the newest, whose numbers hold for every revision; of one revision
 * the latest `sid-file-version`.
 */
export function chooseSidFiles(files: readonly SidFile[], image: SchemaImage, log: Logger): readonly SidFile[] {
  const revisions = new Map(image.modules.map((module) => [module.name, module.revision]));
  const chosen = new Map<string, SidFile>();
  for (const file of files) {
    const revision = revisions.get(file.module);
    if (revision === undefined) {
      log.warn("yang.sid-unused", { file: file.file, module: file.module });
      continue;
    }
    const before = chosen.get(file.module);
    if (before === undefined || isBetter(file, before, revision)) chosen.set(file.module, file);
  }
  for (const file of chosen.values()) {
    const revision = revisions.get(file.module);
    if (file.revision !== revision) {
      log.warn("yang.sid-other-revision", { file: file.file, module: file.module, revision: revision ?? "" });
    }
  }
  return [...chosen.values()];
}

/** Is `a` better than `b` for a module of this revision? */
function isBetter(a: SidFile, b: SidFile, revision: string): boolean {
  if (a.revision === b.revision) return (a.version ?? 0) > (b.version ?? 0);
  return b.revision !== revision && (a.revision === revision || a.revision > b.revision);
}

/**
 * RFC 9595 §3: a later file keeps the numbers of an earlier one, but for those that were unstable. Of two files that say of
 * themselves that they are the same nobody can tell which one holds.
 */
function refuseChanges(files: readonly SidFile[]): void {
  const order = (a: SidFile, b: SidFile): number =>
    a.revision === b.revision ? (a.version ?? 0) - (b.version ?? 0) : a.revision < b.revision ? -1 : 1;
  const known = new Map<string, { readonly file: SidFile; readonly item: SidItem }>();
  for (const file of [...files].sort(order)) {
    for (const item of file.items) {
      const key = `${file.module} ${itemKey(item)}`;
      const former = known.get(key);
      known.set(key, { file, item });
      if (former === undefined || former.item.sid === item.sid) continue;
      if (former.item.status === "unstable" && order(former.file, file) !== 0) continue;
      throw new UsageError("yang.sid-conflict", {
        file: file.file,
        identifier: item.identifier,
        sid: item.sid,
        otherFile: former.file.file,
        otherSid: former.item.sid,
      });
    }
  }
}

/** Nodes without a number go by their names; CORECONF with SIDs cannot reach them, and their author should know. */
function reportUncovered(image: SchemaImage, log: Logger): void {
  const counts = new Map<string, number>();
  for (const node of image.nodes) {
    if (node.sid === undefined) counts.set(node.module, (counts.get(node.module) ?? 0) + 1);
  }
  for (const [module, nodes] of counts) log.warn("yang.sid-uncovered", { module, nodes });
}
