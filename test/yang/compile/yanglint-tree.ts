/** RFC 8340 — tree diagrams as rows, from the print of yanglint and from our compilation, to compare the two. */
import type { Compilation } from "../../../gateway/yang/compile/compile.ts";
import type { NodeImage } from "../../../gateway/yang/compile/image.ts";

export interface TreeRow {
  /** rw, ro, or "" for operations and what is below them. */
  readonly access: string;
  /** `?` optional, `!` presence, `*` list or leaf-list. */
  readonly opts: string;
  readonly keys: string;
  /** Name of the typedef or built-in type without prefix; `->` for a leafref; `choice` for choices and cases. */
  readonly type: string;
}

const LINE = /^([ |]*)[+xo]--(?:(-x|-n|-w|--|rw|ro|mp)\s+|:)?(.*)$/;
const NAME = /^(\(?)([\w.:-]+)\)?([?*!]?)(?:\s+\[([^\]]*)\])?(?:\s+(\S.*))?$/;

/** Rows by `module|/path`, names without prefixes, choices and cases included; structures left out. */
export function treeOf(print: string): ReadonlyMap<string, TreeRow> {
  const rows = new Map<string, TreeRow>();
  let module = "";
  let apart = false;
  let above: { readonly indent: number; readonly name: string; readonly operation: boolean }[] = [];
  for (const line of print.split("\n")) {
    const title = /^module: (\S+)/.exec(line)?.[1];
    module = title ?? module;
    if (title !== undefined || /^\s+(rpcs|notifications):/.test(line)) {
      above = [];
      apart = false;
    }
    // Augments are printed again in their target; structures are no data nodes.
    if (/^\s+(augment|structure|yang-data|grouping|augment-structure) /.test(line)) apart = true;
    const [, indent = "", flag = "", rest = ""] = LINE.exec(line) ?? [];
    const [, choice, name, opts = "", keys = "", type = ""] = NAME.exec(rest.replace(/\s*\{[^}]*\}\?/g, "")) ?? [];
    if (apart || name === undefined) continue;
    above = above.filter((each) => each.indent < indent.length);
    const operation = (above.at(-1)?.operation ?? false) || /^-/.test(flag);
    above.push({ indent: indent.length, name: name.replace(/^.*:/, ""), operation });
    const path = `${module}|/${above.map((each) => each.name).join("/")}`;
    const bare = type.replace(/^->.*/, "->").replace(/^.*:/, "");
    // A mount point (RFC 8528) is printed as such; those of the modules at hand are configuration.
    const access = operation ? "" : flag.replace("mp", "rw");
    rows.set(path, choice ? CHOICE : { access, opts, keys, type: bare });
  }
  return rows;
}

const CHOICE: TreeRow = { access: "", opts: "", keys: "", type: "choice" };

export function treePrint({ image, longPaths, choicePaths }: Compilation): ReadonlyMap<string, TreeRow> {
  const parentOf = (node: NodeImage): NodeImage | undefined =>
    node.parent === undefined ? undefined : image.nodes[node.parent];
  const inOperation = (node: NodeImage | undefined): boolean =>
    node !== undefined && (/rpc|action|notification/.test(node.kind) || inOperation(parentOf(node)));
  const optsOf = (node: NodeImage): string => {
    if (node.kind === "list" || node.kind === "leaf-list") return "*";
    if (node.presence) return "!";
    const mayLack = /leaf|any/.test(node.kind) && !node.mandatory && !parentOf(node)?.keys?.includes(node.name);
    return mayLack ? "?" : "";
  };
  const typeOf = (node: NodeImage): string => {
    const type = node.type === undefined ? undefined : image.types[node.type];
    if (!type) return /^any/.test(node.kind) ? node.kind : "";
    return type.typedef?.replace(/^.*:/, "") ?? (type.base === "leafref" ? "->" : type.base);
  };
  const key = (path: string): string => `${path.slice(1).split(":")[0]}|${path.replace(/[\w.-]+:/g, "")}`;

  const rows = new Map<string, TreeRow>();
  const structures = [...longPaths].filter(([, index]) => image.nodes[index]?.structure).map(([path]) => path);
  for (const path of choicePaths) {
    if (!structures.some((each) => path.startsWith(`${each}/`))) rows.set(key(path), CHOICE);
  }
  for (const [path, index] of longPaths) {
    const node = image.nodes[index];
    if (!node || node.structure) continue;
    const config = node.config ? "rw" : "ro";
    const access = inOperation(node) ? "" : config;
    rows.set(key(path), { access, opts: optsOf(node), keys: node.keys?.join(" ") ?? "", type: typeOf(node) });
  }
  return rows;
}
