/**
 * RFC 9595 — .sid files give the nodes, identities and modules of a compilation their numbers. Identifiers come in two
 * dialects: data nodes only (RFC 9595, appendix A; pyang before 2025-08) or with choices and cases in the path.
 */
import { UsageError } from "../../base/index.ts";
import type { Compilation } from "../compile/compile.ts";
import type { SchemaImage } from "../compile/image.ts";
import type { Sid } from "../schema.ts";
import type { SidFile, SidItem, SidRange } from "./sid-file.ts";

/** What a data identifier means: a node by its index, or a choice or case, which has no data. */
type Meaning = number | "choice";

/** Throws UsageError `yang.sid-*`. What no file covers stays without a number. */
export function bindSids(compilation: Compilation, files: readonly SidFile[]): SchemaImage {
  const { image } = compilation;
  checkOverlaps(files);

  const modules = new Map<string, Sid>();
  const identities = new Map<string, Sid>();
  const nodes = new Map<number, Sid>();
  const known = new Set(image.identities.map((identity) => identity.name));
  for (const file of files) {
    const meaningOf = dialectOf(file, compilation);
    for (const item of file.items) {
      switch (item.namespace) {
        case "module":
          // Old tools listed submodules too; they have no numbers of their own (RFC 9254 §3.2).
          if (item.identifier === file.module) modules.set(file.module, item.sid);
          break;
        case "identity": {
          const name = `${file.module}:${item.identifier}`;
          if (known.has(name)) identities.set(name, item.sid);
          else refuseUnlessObsolete(item, file);
          break;
        }
        case "feature":
          if (!compilation.features.has(`${file.module}:${item.identifier}`)) refuseUnlessObsolete(item, file);
          break;
        case "data": {
          const meaning = meaningOf(item.identifier);
          if (typeof meaning === "number") nodes.set(meaning, item.sid);
          else if (meaning === undefined) refuseUnlessObsolete(item, file);
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
      importOnly: module.importOnly || !named.has(module.name),
    })),
    identities: image.identities.map((identity) => ({ ...identity, sid: identities.get(identity.name) })),
    nodes: image.nodes.map((node, index) => ({ ...node, sid: nodes.get(index) })),
  };
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
  if (item.obsolete) return;
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
        range: shown(range),
        otherFile: before.file.file,
        otherRange: shown(before.range),
      });
    }
  }
}

const shown = ({ entryPoint, size }: SidRange): string => `${entryPoint}-${entryPoint + size - 1}`;
