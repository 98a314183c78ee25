/**
 * RFC 9595 — .sid files give the nodes, identities and modules of a compilation their numbers. Identifiers come in two
 * dialects: data nodes only (RFC 9595, appendix A; pyang before 2.7) or with choices and cases in the path.
 */
import { UsageError } from "../../base/index.ts";
import type { Compilation } from "../compile/compile.ts";
import type { SchemaImage } from "../compile/image.ts";
import type { ModuleInfo, Sid } from "../schema.ts";
import { type SidFile, type SidItem, shownRange } from "./sid-file.ts";

/** What a data identifier means: a node by its index, or a choice or case, which has no data. */
type Meaning = number | "choice";

/**
 * Throws UsageError `yang.sid-*`. What no file covers stays without a number; numbers of what a feature that is off or a
 * deviation takes away are passed over.
 */
export function bindSids(compilation: Compilation, files: readonly SidFile[]): SchemaImage {
  const { image } = compilation;
  checkOverlaps(files);

  const modules = new Map<string, Sid>();
  const identities = new Map<string, Sid>();
  const features = new Map<string, Sid>();
  const nodes = new Map<number, Given>();
  const revisions = new Map(image.modules.map(({ name, revision }) => [name, revision]));
  const known = new Set(image.identities.map((identity) => identity.name));
  for (const file of files) {
    const meaningOf = dialectOf(file, compilation);
    // A file of a later revision has all of our numbers, and those of what came afterwards.
    const revision = revisions.get(file.module) ?? "";
    const later = revision !== "" && file.revision > revision;
    const refuse = (item: SidItem, name = item.identifier): void => {
      if (!later && !compilation.absent.has(name)) refuseUnlessObsolete(item, file);
    };
    for (const item of file.items) {
      switch (item.namespace) {
        case "module":
          // pyang lists submodules too; they have no numbers of their own (RFC 9254 §3.2).
          if (item.identifier === file.module) modules.set(file.module, item.sid);
          break;
        case "identity": {
          const name = `${file.module}:${item.identifier}`;
          if (known.has(name)) identities.set(name, item.sid);
          else refuse(item, name);
          break;
        }
        case "feature":
          if (compilation.features.has(`${file.module}:${item.identifier}`)) {
            features.set(`${file.module}:${item.identifier}`, item.sid);
          } else refuse(item);
          break;
        case "data": {
          const meaning = meaningOf(item.identifier);
          if (typeof meaning === "number") give(nodes, meaning, { file, item });
          else if (meaning === undefined) refuse(item);
          break;
        }
      }
    }
  }
  const named = new Set([...files.map((file) => file.module), ...image.nodes.map((node) => node.module)]);
  return {
    ...image,
    modules: image.modules.map((module) => ({
      ...module,
      sid: modules.get(module.name),
      ...featureSidsOf(module, features),
      importOnly: module.importOnly || !named.has(module.name),
    })),
    identities: image.identities.map((identity) => ({ ...identity, sid: identities.get(identity.name) })),
    nodes: image.nodes.map((node, index) => ({ ...node, sid: nodes.get(index)?.item.sid })),
  };
}

/** Of those that are on. */
function featureSidsOf(module: ModuleInfo, features: ReadonlyMap<string, Sid>): Pick<ModuleInfo, "featureSids"> {
  const on = (module.features ?? []).map((name) => features.get(`${module.name}:${name}`));
  const featureSids = on.filter((sid) => sid !== undefined);
  return featureSids.length === 0 ? {} : { featureSids };
}

interface Given {
  readonly file: SidFile;
  readonly item: SidItem;
}

/**
 * A node that a module adds to the tree of another is numbered by the module that adds it, so that a path may lead
 * through several modules; but no two files may number one node (RFC 9595 §2.1). An obsolete number gives way.
 */
function give(nodes: Map<number, Given>, index: number, given: Given): void {
  const other = nodes.get(index);
  if (other !== undefined && other.item.status !== "obsolete" && given.item.status !== "obsolete") {
    throw new UsageError("yang.sid-conflict", {
      file: given.file.file,
      identifier: given.item.identifier,
      sid: given.item.sid,
      otherFile: other.file.file,
      otherSid: other.item.sid,
    });
  }
  if (other === undefined || other.item.status === "obsolete") nodes.set(index, given);
}

/** One choice or case path tells that the whole file is of the dialect that has them. */
function dialectOf(
  file: SidFile,
  { paths, longPaths, choicePaths }: Compilation,
): (identifier: string) => Meaning | undefined {
  const long = file.items.some(
    ({ namespace, identifier }) => namespace === "data" && choicePaths.has(identifier) && !paths.has(identifier),
  );
  if (long) return (identifier) => longPaths.get(identifier) ?? (choicePaths.has(identifier) ? "choice" : undefined);
  return (identifier) => paths.get(identifier);
}

function refuseUnlessObsolete(item: SidItem, file: SidFile): void {
  if (item.status === "obsolete") return;
  throw new UsageError("yang.sid-identifier", { file: file.file, identifier: item.identifier, module: file.module });
}

function checkOverlaps(files: readonly SidFile[]): void {
  const ranges = files
    .flatMap((file) => file.ranges.map((range) => ({ file, range })))
    .sort((a, b) => a.range.entryPoint - b.range.entryPoint);
  for (const [index, { file, range }] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before && before.range.entryPoint + before.range.size > range.entryPoint) {
      throw new UsageError("yang.sid-overlap", {
        file: file.file,
        range: shownRange(range),
        otherFile: before.file.file,
        otherRange: shownRange(before.range),
      });
    }
  }
}
