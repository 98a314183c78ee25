/** Differential: libxml2 evaluates random expressions on the same tree, written as XML (needs libxml2-utils). */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Json } from "../../../gateway/yang/api.ts";
import { childPlans, type DataNode, instancesOf } from "../../../gateway/yang/xpath/data-node.ts";
import type { XPathValue } from "../../../gateway/yang/xpath/values.ts";
import { moduleM } from "../compile/inline.ts";
import { arbitraryExpression } from "./arbitrary-expression.ts";
import { openWorld } from "./world.ts";

const XMLLINT = "/usr/bin/xmllint";
const compare = existsSync(XMLLINT) ? test : test.skip;
/** Another seed is another test: set it to look further. */
const SEED = Number(process.env["XPATH_SEED"] ?? 7950);
const TREES = Number(process.env["XPATH_TREES"] ?? 2);
const EXPRESSIONS = 120;
/** xmllint's shell cuts longer lines. */
const LONGEST = 300;
/** Of longer strings xmllint prints the beginning. */
const PRINTED = 40;

const MODULE = moduleM(`
  container r {
    leaf a { type string; }
    list e { key "k";
      leaf k { type string; } leaf n { type int32; }
      container c { leaf a { type string; } leaf b { type string; } }
      list f { key "k b"; leaf k { type string; } leaf b { type string; } container c { leaf a { type string; } } }
      leaf-list l { type string; ordered-by user; }
    }
    leaf b { type string; }
  }`);

const words = ["1", "2", "3", "a", "b", "ab", ""];
const word = fc.constantFrom(...words);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const tree: fc.Arbitrary<Json> = fc
  .record({
    a: some(word),
    b: some(word),
    e: fc.uniqueArray(
      fc.record({
        k: word,
        n: some(fc.integer({ min: -1, max: 4 })),
        c: fc.record({ a: some(word), b: some(word) }),
        f: fc.uniqueArray(fc.record({ k: word, b: word, c: fc.record({ a: some(word) }) }), {
          selector: ({ k, b }) => `${k} ${b}`,
          maxLength: 4,
        }),
        l: fc.uniqueArray(word, { maxLength: 3 }),
      }),
      { selector: ({ k }) => k, maxLength: 4 },
    ),
  })
  .map((r) => JSON.parse(JSON.stringify({ "m:r": r })) as Json);

compare(
  "CC-XPath-2 CC-XPath-3 CC-XPath-4: libxml2 gives random expressions the same values (needs libxml2-utils)",
  () => {
    const [data, expressions] = [
      fc.sample(tree, { numRuns: TREES, seed: SEED }),
      fc.sample(
        arbitraryExpression({ names: ["a", "b", "c", "e", "f", "k", "l", "n"], words }).any.filter(
          (text) => text.length < LONGEST,
        ),
        { numRuns: TREES * EXPRESSIONS, seed: SEED },
      ),
    ];
    for (const [index, json] of data.entries()) {
      const world = openWorld([MODULE], json);
      const xml = new Xml(world.root);
      const asked = expressions.slice(index * EXPRESSIONS, (index + 1) * EXPRESSIONS);
      const theirs = askLibxml(xml.text, asked);
      const ours = asked.map((expression) => xml.show(world.ask(expression)));
      const disagreements = asked
        .map((expression, at) => ({ expression, ours: ours[at], theirs: theirs[at] }))
        .filter((row) => row.ours !== row.theirs);
      expect({ xml: disagreements.length === 0 ? "" : xml.text, disagreements }).toEqual({
        xml: "",
        disagreements: [],
      });
    }
  },
);

/** The tree as XML, in which each element has its number as attribute: expressions here never look at attributes. */
class Xml {
  readonly text: string;
  readonly #numbers = new Map<DataNode, number>();

  constructor(root: DataNode) {
    this.text = this.#children(root);
  }

  #children(node: DataNode): string {
    return childPlans(node)
      .flatMap((plan) => instancesOf(node, plan))
      .map((each) => this.#element(each))
      .join("");
  }

  #element(node: DataNode): string {
    const number = this.#numbers.size;
    this.#numbers.set(node, number);
    const { name } = node.plan.schema;
    const inner = node.plan.leaf === undefined ? this.#children(node) : node.plan.leaf.format(node.value as string);
    return `<${name} i="${number}">${inner}</${name}>`;
  }

  /** In the form of askLibxml(). */
  show(value: XPathValue): string {
    if (typeof value === "number") return `number ${figure(value)}`;
    if (typeof value === "string") return `string ${value.length > PRINTED ? `${value.slice(0, PRINTED)}...` : value}`;
    if (typeof value === "boolean") return `boolean ${value}`;
    const nodes = value.map((node) => {
      if (node.parent === undefined) return "/";
      return node.text ? `'${node.plan.leaf!.format(node.value as string)}'` : String(this.#numbers.get(node));
    });
    return `nodes ${nodes.sort().join(" ")}`;
  }
}

/** As many digits as xmllint prints. */
const figure = (value: number): string => String(Number((value + 0).toPrecision(6)) + 0);

function askLibxml(xml: string, expressions: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "xpath-"));
  try {
    const file = join(folder, "tree.xml");
    writeFileSync(file, xml);
    const input = expressions.map((expression) => `xpath ${expression}\n`).join("");
    const { stdout } = spawnSync(XMLLINT, ["--shell", file], { input, encoding: "utf8", timeout: 60_000 });
    return stdout.split("/ > ").slice(1, -1).map(readAnswer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readAnswer(answer: string): string {
  const simple = /^Object is a (number|string|Boolean) : (.*)\n$/s.exec(answer);
  if (simple?.[1] === "number") return `number ${figure(Number(simple[2]))}`;
  if (simple !== null) return `${simple[1]!.toLowerCase()} ${simple[2]}`;
  if (!answer.startsWith("Object is a Node Set")) return answer;
  const nodes = answer
    .split(/^\d+ {2}/m)
    .slice(1)
    .map((node) => {
      const content = /content=(.*)/.exec(node)?.[1] ?? "";
      if (node.startsWith("ELEMENT")) return content;
      return node.startsWith("TEXT") ? `'${content}'` : "/";
    });
  return `nodes ${nodes.sort().join(" ")}`;
}
