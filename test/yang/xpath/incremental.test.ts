/** Random `must` expressions: what the readings say is enough to find what an edit breaks. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Json } from "../../../gateway/yang/api.ts";
import type { Fault } from "../../../gateway/yang/codec/fault.ts";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { fromJson } from "../../../gateway/yang/json.ts";
import { checkTree } from "../../../gateway/yang/validate/check-tree.ts";
import { checkEdit } from "../../../gateway/yang/validate/edits/check-edit.ts";
import { printOf } from "../../../gateway/yang/validate/edits/guilt.ts";
import { moduleM, schemaOf } from "../compile/inline.ts";
import { arbitraryExpression } from "./arbitrary-expression.ts";

const MODULES = Number(process.env["XPATH_MODULES"] ?? 2);
const SEED = Number(process.env["XPATH_SEED"] ?? 7950);
const EDITS = 12;

const names = ["a", "b", "c", "e", "k", "l", "n", "t", "x", "y"];
const words = ["1", "2", "3", "a", "b", "ab"];
const word = fc.constantFrom(...words);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const { boolean, nodes } = arbitraryExpression({ names, words });
const must = fc.oneof(
  boolean,
  nodes,
  nodes.map((text) => `not(${text})`),
  fc.tuple(nodes, fc.constantFrom(...names)).map(([from, name]) => `deref(${from})/../${name}`),
);

/** Each `!` takes one of the expressions. */
const MODULE = moduleM(`
  container r { !
    leaf a { type string; default "1"; ! }
    leaf b { when "../a = '1'"; type string; default "2"; ! }
    list e { key "k"; !
      leaf k { type string; }
      leaf n { type string; ! }
      leaf t { type leafref { path "/r/e/k"; require-instance false; } }
      container c { ! leaf a { when "../../n"; type string; default "3"; ! } leaf b { type string; } }
      choice way { default far; case near { leaf x { type string; } } case far { leaf y { type string; default "ab"; ! } } }
      leaf-list l { type string; ordered-by user; ! }
    }
    container p { presence "p"; ! leaf a { type string; default "2"; ! } }
  }`);
const PLACES = MODULE.split("!").length - 1;

const data: fc.Arbitrary<Json> = fc
  .record({
    a: some(word),
    b: some(word),
    e: fc.uniqueArray(
      fc.record({
        k: word,
        n: some(word),
        t: some(word),
        c: some(fc.record({ a: some(word), b: some(word) })),
        x: some(word),
        l: fc.uniqueArray(word, { maxLength: 2 }),
      }),
      { selector: ({ k }) => k, maxLength: 3 },
    ),
    p: some(fc.record({ a: some(word) })),
  })
  .map((r) => JSON.parse(JSON.stringify({ "m:r": r })) as Json);

test("CC-7950-8.3: an edit breaks no must that incremental validation does not look at", () => {
  const modules = fc.sample(fc.array(must, { minLength: PLACES, maxLength: PLACES }), { numRuns: MODULES, seed: SEED });
  const trees = fc.sample(data, { numRuns: MODULES * EDITS, seed: SEED });
  for (const [index, musts] of modules.entries()) {
    let next = 0;
    const source = MODULE.replace(/!/g, () => `must "${musts[next++]}";`);
    const schema = schemaOf(source);
    const plan = planOf(schema);
    const mine = trees.slice(index * EDITS, (index + 1) * EDITS).map((json) => fromJson(json, schema));
    const prints = (check: (found: (fault: Fault) => void) => void): ReadonlySet<string> => {
      const found: Fault[] = [];
      check((fault) => found.push(fault));
      return new Set(found.map((fault) => printOf(fault, plan)));
    };
    const full = mine.map((tree) => prints((found) => checkTree(tree, plan.root, plan, found)));
    for (const [at, before] of mine.slice(1).entries()) {
      const after = mine[at]!;
      const followed = prints((found) => checkEdit({ before, after }, [], plan, found));
      const broken = [...full[at]!].filter((print) => !full[at + 1]!.has(print)).sort();
      expect({
        source: broken.length === 0 ? "" : source,
        broken: [...followed].filter((print) => broken.includes(print)).sort(),
      }).toEqual({
        source: broken.length === 0 ? "" : source,
        broken,
      });
    }
  }
});
