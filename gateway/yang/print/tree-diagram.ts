/** RFC 8340 — YANG tree diagrams of module outlines, with SIDs and deltas in front if wanted. */
import type { ModuleOutline, OutlineNode, Status, Step } from "./outline.ts";

export interface DiagramOptions {
  /** Prefix of each module, for names and types that are not of the module that is printed. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** A column with the SID of each node and one with its delta. */
  readonly sids: boolean;
}

/** RFC 8340 §2.6. */
const STATUS: Readonly<Record<Status, string>> = { current: "+", deprecated: "x", obsolete: "o" };
/** Between a name and its type, at least. */
const GAP = 3;

interface Line {
  readonly text: string;
  readonly node?: OutlineNode;
}

/** The diagram of one module, without a line break at its end. */
export function treeDiagram(module: ModuleOutline, options: DiagramOptions): string {
  const show = (nodes: readonly OutlineNode[], indent: string) => nodeLines(nodes, indent, module.name, options);
  const section = (title: string, nodes: readonly OutlineNode[], indent = "    "): Line[] =>
    nodes.length === 0 ? [] : [{ text: "" }, { text: `  ${title}:` }, ...show(nodes, indent)];
  return render(
    [
      { text: `module: ${module.name}` },
      ...show(module.data, "  "),
      ...module.augments.flatMap(({ target, nodes }) => section(`augment ${targetText(target, options)}`, nodes)),
      ...section("rpcs", module.rpcs),
      ...section("notifications", module.notifications),
      ...module.structures.flatMap((node) =>
        node.kind === "container" ? section(`structure ${node.name}`, node.children) : section("yang-data", [node]),
      ),
    ],
    options.sids,
  );
}

function nodeLines(nodes: readonly OutlineNode[], indent: string, module: string, options: DiagramOptions): Line[] {
  const heads = nodes.map((node) => headOf(node, module, options));
  const width = GAP + Math.max(0, ...nodes.map(({ type }, index) => (type === undefined ? 0 : heads[index]!.length)));
  return nodes.flatMap((node, index) => {
    const type = node.type === undefined ? "" : typeText(node.type, module, options);
    const head = type === "" ? heads[index] : `${heads[index]!.padEnd(width)}${type}`;
    const features = node.ifFeatures.length === 0 ? "" : ` {${node.ifFeatures.join(",")}}?`;
    const below = `${indent}${index === nodes.length - 1 ? " " : "|"}  `;
    return [
      { text: `${indent}${STATUS[node.status]}--${head}${features}`, node },
      ...nodeLines(node.children, below, module, options),
    ];
  });
}

/** Everything up to the type. */
function headOf({ kind, access, name, mark, keys, ...node }: OutlineNode, module: string, options: DiagramOptions) {
  const full = node.module === module ? name : `${prefixIn(options, node.module)}:${name}`;
  if (kind === "case") return `:(${full})`;
  const flags = access === "" ? " " : `${access} `;
  const shown = kind === "choice" ? `(${full})` : full;
  return `${flags}${shown}${mark}${keys.length === 0 ? "" : ` [${keys.join(" ")}]`}`;
}

const prefixIn = ({ prefixes }: DiagramOptions, module: string): string => prefixes.get(module) ?? module;

const targetText = (target: readonly Step[], options: DiagramOptions): string =>
  target.map(({ module, name }) => `/${prefixIn(options, module)}:${name}`).join("");

/** A typedef of another module by its prefix. */
function typeText(type: string, module: string, options: DiagramOptions): string {
  const [, from, name] = /^([\w.-]+):([\w.-]+)$/.exec(type) ?? [];
  if (from === undefined || name === undefined) return type;
  return from === module ? name : `${prefixIn(options, from)}:${name}`;
}

/** Two columns in front: the SID, and the delta with its sign, as it stands in the map of the parent. */
function render(lines: readonly Line[], sids: boolean): string {
  if (!sids) return lines.map(({ text }) => text).join("\n");
  const cells = lines.map(({ node }) => [
    node?.sid === undefined ? "" : String(node.sid),
    node?.delta === undefined ? "" : `${node.delta < 0 ? "" : "+"}${node.delta}`,
  ]);
  const [sidWidth, deltaWidth] = [0, 1].map((column) => Math.max(0, ...cells.map((cell) => cell[column]!.length)));
  return lines
    .map(({ text }, index) => {
      const [sid, delta] = cells[index]!;
      return `${sid!.padStart(sidWidth!)} ${delta!.padStart(deltaWidth!)}  ${text}`.trimEnd();
    })
    .join("\n");
}
