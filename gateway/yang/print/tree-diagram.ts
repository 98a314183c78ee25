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
      ...module.structures.flatMap((node) => section(`structure ${node.name}`, node.children)),
      ...module.yangData.flatMap(({ name, node }) => section(`yang-data ${name}`, [node])),
    ],
    options.sids,
  );
}

function nodeLines(nodes: readonly OutlineNode[], indent: string, module: string, options: DiagramOptions): Line[] {
  const shown = nodes.filter((node) => options.sids || !isVoid(node));
  const names = shown.map((node) => nameOf(node, module, options));
  // Any name may have a mark behind it; keys stand where types do.
  const widths = shown.map(({ kind }, index) => (kind === "list" ? 0 : names[index]!.length));
  const width = Math.max(0, ...widths) + 1 + GAP;
  return shown.flatMap((node, index) => {
    const type = node.type === undefined ? "" : typeText(node.type, module, options);
    const name = `${names[index]}${node.mark}`;
    const keys = node.keys.length === 0 ? "" : ` [${node.keys.join(" ")}]`;
    const features = node.ifFeatures.length === 0 ? "" : ` {${node.ifFeatures.join(",")}}?`;
    const head = `${STATUS[node.status]}--${node.access}${node.kind === "case" ? "" : " "}`;
    const below = `${indent}${index === shown.length - 1 ? " " : "|"}  `;
    return [
      { text: `${indent}${head}${type === "" ? name : name.padEnd(width)}${keys}${type}${features}`, node },
      ...nodeLines(node.children, below, module, options),
    ];
  });
}

/** An input or output with nothing in it exists only to be numbered (RFC 9595 §3). */
const isVoid = ({ kind, children }: OutlineNode): boolean =>
  (kind === "input" || kind === "output") && children.length === 0;

/** RFC 8340 §2.6: `(choice)`, `:(case)`, and a prefix where the node is of another module. */
function nameOf({ kind, name, module: own }: OutlineNode, module: string, options: DiagramOptions): string {
  const full = own === module ? name : `${prefixIn(options, own)}:${name}`;
  if (kind === "case") return `:(${full})`;
  return kind === "choice" ? `(${full})` : full;
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
