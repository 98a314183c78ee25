/** XPath 1.0 §4.1-4.4 — the core functions that look at values only, one row each. */
import type { DataNode } from "./data-node.ts";
import type { Run } from "./run.ts";
import { named } from "./shape.ts";
import type { ArgumentType, FunctionName, SIGNATURES } from "./signatures.ts";
import { toNumber, toText, type XPathValue } from "./values.ts";

interface ValueOf {
  readonly nodes: readonly DataNode[];
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly any: XPathValue;
}
type Arguments<Takes extends readonly ArgumentType[]> = {
  readonly [K in keyof Takes]: Takes[K] extends ArgumentType ? ValueOf[Takes[K]] : never;
};

/** Arguments come converted to the types of the table; what may be left out comes as undefined. */
export type Implementations<Name extends FunctionName> = {
  readonly [K in Name]: (
    args: Arguments<(typeof SIGNATURES)[K]["takes"]>,
    run: Run,
  ) => ValueOf[(typeof SIGNATURES)[K]["returns"]];
};

/** These need their own context, or more. */
type Special = "last" | "position" | "current" | "deref" | "not";
export type OfYang = "re-match" | "derived-from" | "derived-from-or-self" | "enum-value" | "bit-is-set";

export const CORE: Implementations<Exclude<FunctionName, Special | OfYang>> = {
  count: ([nodes]) => nodes.length,
  // §4.1: unique IDs come from a DTD, and YANG data has none.
  id: () => [],
  "local-name": ([nodes]) => nameOf(nodes[0])?.name ?? "",
  "namespace-uri"([nodes]) {
    const module = nameOf(nodes[0])?.module;
    return nodes[0]?.tree.plan.schema.modules.find(({ name }) => name === module)?.namespace ?? "";
  },
  // RFC 7950 §6.4.1 leaves prefixes open; names of modules are what the expressions here have.
  name([nodes]) {
    const name = nameOf(nodes[0]);
    return name === undefined ? "" : `${name.module}:${name.name}`;
  },
  string: ([value], run) => toText(value, run),
  concat: (parts) => parts.join(""),
  "starts-with": ([text, start]) => text.startsWith(start),
  contains: ([text, part]) => text.includes(part),
  "substring-before": ([text, mark]) => text.slice(0, Math.max(0, text.indexOf(mark))),
  "substring-after"([text, mark]) {
    const at = text.indexOf(mark);
    return at < 0 ? "" : text.slice(at + mark.length);
  },
  // §4.2: positions count from 1 and are rounded; NaN is before and behind nothing.
  substring([text, from, length]: readonly [string, number, number?]) {
    const start = Math.round(from);
    const end = length === undefined ? Number.POSITIVE_INFINITY : start + Math.round(length);
    return characters(text)
      .filter((_, index) => index + 1 >= start && index + 1 < end)
      .join("");
  },
  "string-length": ([text]) => characters(text).length,
  "normalize-space": ([text]) => text.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, ""),
  translate([text, from, to]) {
    const into = characters(to);
    const map = new Map<string, string>();
    for (const [index, each] of characters(from).entries()) if (!map.has(each)) map.set(each, into[index] ?? "");
    return characters(text)
      .map((each) => map.get(each) ?? each)
      .join("");
  },
  boolean: ([value]) => value,
  true: () => true,
  false: () => false,
  // §4.3: without xml:lang there is no language.
  lang: () => false,
  number: ([value], run) => toNumber(value, run),
  sum: ([nodes], run) => nodes.reduce((total, node) => total + toNumber([node], run), 0),
  floor: ([value]) => Math.floor(value),
  ceiling: ([value]) => Math.ceil(value),
  round: ([value]) => Math.round(value),
};

/** §3.6: a character is a Unicode one, not a half of it. */
const characters = (text: string): readonly string[] => [...text];

/** The root and texts have no name (§5.1, §5.7). */
const nameOf = (node: DataNode | undefined): { readonly name: string; readonly module: string } | undefined =>
  node === undefined || node.parent === undefined || node.text ? undefined : named(node.plan).schema;
