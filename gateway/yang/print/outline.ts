/**
 * Modules as an outline for people (RFC 8340): every schema node with choices and cases, the conditions by features as
 * written, and the SIDs. It is made from the expanded statements, for the schema that codecs work with has lost choices.
 */
import type { NodeImage, SchemaImage } from "../compile/image.ts";
import type { Module } from "../compile/module-set.ts";
import { type Expanded, propertiesOf, property } from "../compile/tree/expanded.ts";
import { argumentOf } from "../parse/statement.ts";
import type { NodeKind, Sid } from "../schema.ts";

/** RFC 8340 §2.6: rw, ro; -w what an operation is given; -x, -n operations and notifications; "" where none applies. */
export type Access = "rw" | "ro" | "-w" | "-x" | "-n" | "";
export type Status = "current" | "deprecated" | "obsolete";

export interface OutlineNode {
  readonly kind: NodeKind | "choice" | "case";
  readonly name: string;
  readonly module: string;
  readonly status: Status;
  readonly access: Access;
  /** RFC 8340 §2.6: ? optional, ! presence container, * list or leaf-list. */
  readonly mark: "" | "?" | "!" | "*";
  readonly keys: readonly string[];
  /** RFC 8340 §2.6: a built-in type, a typedef as `module:name`, or `-> path` of a leafref, as written; or anydata, anyxml. */
  readonly type: string | undefined;
  readonly ifFeatures: readonly string[];
  /** undefined: no .sid file covers it. */
  readonly sid: Sid | undefined;
  /** What stands in the map of its parent instead of the SID (RFC 9254 §4.2.1); undefined at the top. */
  readonly delta: number | undefined;
  readonly children: readonly OutlineNode[];
}

/** What an outline is made of: results of one compilation, the SIDs bound. */
export interface OutlineSource {
  readonly roots: readonly Expanded[];
  readonly structures: readonly Expanded[];
  /** Row in the image of each expanded node that is one; choices and cases have none. */
  readonly rows: ReadonlyMap<Expanded, number>;
  readonly image: SchemaImage;
}

export interface AugmentOutline {
  /** The nodes on the way to the target, and the target. */
  readonly target: readonly Step[];
  readonly nodes: readonly OutlineNode[];
}
export type Step = Pick<OutlineNode, "kind" | "name" | "module">;

export interface ModuleOutline {
  readonly name: string;
  readonly revision: string;
  readonly prefix: string;
  readonly data: readonly OutlineNode[];
  /** What it adds to other modules. */
  readonly augments: readonly AugmentOutline[];
  readonly rpcs: readonly OutlineNode[];
  readonly notifications: readonly OutlineNode[];
  /** RFC 8791. */
  readonly structures: readonly OutlineNode[];
  /** RFC 8040 §8: each has a name of its own, and holds one container. */
  readonly yangData: ReadonlyArray<{ readonly name: string; readonly node: OutlineNode }>;
}

/** What the surroundings of a node say of it. */
interface Place {
  /** Of plain data here. */
  readonly access: Access;
  readonly status: Status;
  /** From which deltas count: the data parent's SID, or that of the rpc around an input or output. */
  readonly reference: Sid | undefined;
  /** Key leaves of the list around it. */
  readonly keys: readonly string[];
}

const TOP: Place = { access: "rw", status: "current", reference: 0, keys: [] };

export const prefixOf = ({ units }: Module): string => {
  const root = units[0]?.root;
  return (root && argumentOf(root, "prefix")) ?? "";
};

export function outlineOf(module: Module, source: OutlineSource): ModuleOutline {
  const outline = (nodes: readonly Expanded[], place: Place) => nodes.map((node) => outlineNode(node, place, source));
  const own = source.roots.filter((node) => node.module === module);
  const structures = source.structures.filter((node) => node.module === module);
  const templates = structures.filter((node) => !isStructure(node));
  const ofKind = (wanted: (keyword: string) => boolean) => own.filter(({ keyword }) => wanted(keyword));
  return {
    name: module.name,
    revision: module.revision,
    prefix: prefixOf(module),
    data: outline(
      ofKind((keyword) => keyword !== "rpc" && keyword !== "notification"),
      TOP,
    ),
    augments: augmentsOf(module, source),
    rpcs: outline(
      ofKind((keyword) => keyword === "rpc"),
      TOP,
    ),
    notifications: outline(
      ofKind((keyword) => keyword === "notification"),
      TOP,
    ),
    structures: outline(structures.filter(isStructure), { ...TOP, access: "" }),
    yangData: yangDataOf(module).flatMap((name, index) => {
      const node = templates[index];
      return node === undefined ? [] : [{ name, node: outlineNode(node, { ...TOP, access: "" }, source) }];
    }),
  };
}

/** The names of the yang-data statements, each of which makes one root, in this order. */
const yangDataOf = ({ units }: Module): readonly string[] =>
  units
    .flatMap(({ root }) => root.children.filter(({ keyword }) => keyword.endsWith(":yang-data")))
    .map(({ argument = "" }) => argument);

/** Of the two statements it is the one that makes a node by itself. */
const isStructure = ({ statement }: Expanded): boolean => statement.keyword.endsWith(":structure");

/** Nodes that stand below one of another module were added by an augment. */
function augmentsOf(module: Module, source: OutlineSource): ModuleOutline["augments"] {
  const found: AugmentOutline[] = [];
  const search = (node: Expanded, place: Place, above: readonly Step[]): void => {
    if (node.module === module) return;
    const target = [...above, { kind: node.keyword, name: node.name, module: node.module.name }];
    const below = placeBelow(node, place, source);
    const added = node.children.filter((each) => each.module === module);
    if (added.length > 0) found.push({ target, nodes: added.map((each) => outlineNode(each, below, source)) });
    for (const each of node.children) search(each, below, target);
  };
  for (const root of source.roots) search(root, TOP, []);
  for (const root of source.structures) search(root, { ...TOP, access: "" }, []);
  return found;
}

function outlineNode(node: Expanded, place: Place, source: OutlineSource): OutlineNode {
  const row = rowOf(node, source);
  const inOut = node.keyword === "input" || node.keyword === "output";
  const below = placeBelow(node, place, source);
  return {
    kind: node.keyword,
    name: node.name,
    module: node.module.name,
    status: statusOf(node, place),
    access: accessOf(node, place),
    mark: markOf(node, place, row),
    keys: row?.keys ?? [],
    type: typeOf(node, row, source.image),
    ifFeatures: propertiesOf(node, "if-feature").map(({ statement }) => words(statement.argument)),
    sid: row?.sid,
    delta: inOut || row?.sid === undefined || !place.reference ? undefined : row.sid - place.reference,
    children: node.children.map((each) => outlineNode(each, below, source)),
  };
}

const rowOf = (node: Expanded, { rows, image }: OutlineSource): NodeImage | undefined => {
  const index = rows.get(node);
  return index === undefined ? undefined : image.nodes[index];
};

const words = (text = ""): string => text.trim().replace(/\s+/g, " ");

function placeBelow(node: Expanded, place: Place, source: OutlineSource): Place {
  const status = statusOf(node, place);
  const row = rowOf(node, source);
  switch (node.keyword) {
    case "choice":
    case "case":
      return { ...place, status, access: accessOf(node, place) || place.access };
    case "input":
    case "output":
      return { ...place, status, access: node.keyword === "input" ? "-w" : "ro" };
    default:
      return {
        status,
        access: node.keyword === "notification" ? "ro" : accessOf(node, place),
        reference: row?.sid,
        keys: row?.keys ?? [],
      };
  }
}

/** The compiler has checked that there is one such statement at most, and what it may say. */
const says = (node: Expanded, keyword: string, value: string): boolean =>
  property(node, keyword)?.statement.argument === value;

/** RFC 7950 §7.21.1: `config` says something of data only, and not of what an operation is given or a structure holds. */
function accessOf(node: Expanded, { access }: Place): Access {
  switch (node.keyword) {
    case "rpc":
    case "action":
      return "-x";
    case "notification":
      return "-n";
    case "input":
      return "-w";
    case "output":
      return "ro";
    case "case":
      return "";
    default:
      return access === "rw" && says(node, "config", "false") ? "ro" : access;
  }
}

/** RFC 7950 §7.21.2; what lies below something obsolete is no better than it. */
function statusOf(node: Expanded, { status }: Place): Status {
  const own = property(node, "status")?.statement.argument;
  if (own === "obsolete" || status === "obsolete") return "obsolete";
  return own === "deprecated" || status === "deprecated" ? "deprecated" : "current";
}

function markOf(node: Expanded, { keys }: Place, row: NodeImage | undefined): OutlineNode["mark"] {
  switch (node.keyword) {
    case "list":
    case "leaf-list":
      return "*";
    case "container":
      return row?.presence ? "!" : "";
    case "choice":
    case "anydata":
    case "anyxml":
      return says(node, "mandatory", "true") ? "" : "?";
    case "leaf":
      return row?.mandatory || keys.includes(node.name) ? "" : "?";
    default:
      return "";
  }
}

function typeOf(node: Expanded, row: NodeImage | undefined, { types }: SchemaImage): string | undefined {
  if (node.keyword === "anydata" || node.keyword === "anyxml") return node.keyword;
  const type = row?.type === undefined ? undefined : types[row.type];
  if (type === undefined) return undefined;
  if (type.typedef !== undefined) return type.typedef;
  const statement = property(node, "type")?.statement;
  return type.base === "leafref" && statement ? `-> ${words(argumentOf(statement, "path"))}` : type.base;
}
