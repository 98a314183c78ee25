import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Json } from "../../../gateway/yang/api.ts";
import { planNode, planOf } from "../../../gateway/yang/codec/plan.ts";
import type { PlanNode } from "../../../gateway/yang/codec/plan-node.ts";
import { fromJson } from "../../../gateway/yang/json.ts";
import type { LeafValue, Tree, Value } from "../../../gateway/yang/tree.ts";
import { openXPath } from "../../../gateway/yang/xpath/compiled.ts";
import { childPlans, type DataNode, instancesOf } from "../../../gateway/yang/xpath/data-node.ts";
import { evaluate } from "../../../gateway/yang/xpath/evaluate.ts";
import { parseXPath } from "../../../gateway/yang/xpath/parse.ts";
import type { Reading } from "../../../gateway/yang/xpath/readings.ts";
import { openDataTree } from "../../../gateway/yang/xpath/when.ts";
import { moduleM, nodeAt, schemaOf } from "../compile/inline.ts";
import { arbitraryExpression } from "./arbitrary-expression.ts";

const MODULE = moduleM(`
  container r {
    leaf a { type string; default "1"; }
    leaf b { when "../a = '1'"; type string; default "2"; }
    list e { key "k";
      leaf k { type string; }
      leaf n { type string; }
      leaf t { type leafref { path "/r/e/k"; } }
      container c { leaf a { when "../../n"; type string; default "3"; } leaf b { type string; } }
      choice way { default far; case near { leaf x { type string; } } case far { leaf y { type string; default "ab"; } } }
      leaf-list l { type string; ordered-by user; }
    }
    container s { config false; leaf b { type string; } }
    container p { presence "p"; leaf a { type string; default "2"; } }
  }
  container other { leaf id { type instance-identifier { require-instance false; } } }`);
const schema = schemaOf(MODULE);
const plan = planOf(schema);
const nodeOf = (path: string): PlanNode => planNode(plan, nodeAt(schema, path));
const nameOf = (node: PlanNode | undefined): string =>
  node === undefined ? "any" : node === plan.root ? "everything" : node.schema.name;

describe("what an expression reads, and from how far up", () => {
  test.each([
    ["/m:r/e/n", "../k = 'x'", ["k<e"]],
    ["/m:r/e/n", "../../a", ["a<r"]],
    ["/m:r/e/n", ". = 'x'", ["n<n"]],
    ["/m:r/e", "k", ["k<e"]],
    ["/m:r/e", "l", ["l<e"]],
    ["/m:r/e", "count(../e) = 1", ["e<r"]],
    ["/m:r/e", "/r/e[k = current()/t]/n", ["e<any", "k<any", "n<any", "r<any", "t<e"]],
    ["/m:r/e", "deref(t)/../n", ["e<any", "k<any", "n<any", "r<any", "t<e"]],
    ["/m:r/e", "y", ["x<e", "y<e"]],
    ["/m:r/e", "c/a", ["a<e", "c<e", "n<e"]],
    ["/m:r", "b", ["a<r", "b<r"]],
    ["/m:r/e", "string(c)", ["a<e", "b<e", "c<e", "n<e"]],
    ["/m:r/e", "count(c)", ["c<e"]],
    ["/m:r/e/c/b", "following::*", ["everything<any"]],
    ["/m:other", "deref(id)", ["everything<any"]],
    ["/m:r/e", "../s/b", []],
    ["/m:r/s/b", "../../a", ["a<r"]],
    ["/m:r/e", "true() and 'x' = 'y'", []],
  ])("at %s: %s", (path, text, wanted) => {
    const { reads } = openXPath(text, { module: "m", plan, contextNode: nodeOf(path) });
    expect(reads.map(({ node, from }) => `${nameOf(node)}<${nameOf(from)}`).sort()).toEqual(wanted);
  });
});

/** A node that somebody set, told by names and keys. */
interface Place {
  readonly node: PlanNode;
  /** Of itself and of what is around it. */
  readonly line: ReadonlyMap<PlanNode, string>;
}

const names = ["a", "b", "c", "e", "k", "l", "n", "t", "x", "y"];
const words = ["1", "2", "3", "a", "b", "ab"];
const word = fc.constantFrom(...words);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const tree: fc.Arbitrary<Tree> = fc
  .record({
    r: some(
      fc.record({
        a: some(word),
        b: some(word),
        e: fc.uniqueArray(
          fc.record({
            k: word,
            n: some(word),
            t: some(word),
            c: some(fc.record({ a: some(word), b: some(word) })),
            way: some(fc.record({ x: word }) as fc.Arbitrary<object>),
            l: fc.uniqueArray(word, { maxLength: 2 }),
          }),
          { selector: ({ k }) => k, maxLength: 3 },
        ),
        s: some(fc.record({ b: some(word) })),
        p: some(fc.record({ a: some(word) })),
      }),
    ),
  })
  .map(({ r }) => {
    const e = r?.e.map(({ way, ...rest }) => ({ ...rest, ...way }));
    return fromJson(JSON.parse(JSON.stringify(r === undefined ? {} : { "m:r": { ...r, e } })) as Json, schema);
  });

const CONTEXTS = ["/m:r", "/m:r/a", "/m:r/e", "/m:r/e/n", "/m:r/e/l", "/m:r/e/c/a", "/m:r/s/b", "/m:r/p/a"];

test("CC-7950-8.1: a value does not change unless something changes that the expression reads", () => {
  const { boolean, nodes, number, string } = arbitraryExpression({
    names,
    words,
  });
  const reference = nodes.map((text) => `deref(${text})`);
  const text = fc.oneof(
    boolean,
    nodes,
    number,
    string,
    reference,
    fc.tuple(reference, fc.constantFrom(...names)).map(([from, to]) => `${from}/../${to}`),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...CONTEXTS), tree, tree, (expression, path, before, after) => {
      const contextNode = nodeOf(path);
      const { reads } = openXPath(expression, { module: "m", plan, contextNode });
      const changes = changesBetween(before, after);
      const old = valuesAt(expression, contextNode, before);
      for (const [place, { value, line }] of valuesAt(expression, contextNode, after)) {
        const known = old.get(place);
        if (known === undefined || known.value === value) continue;
        expect({
          expression,
          place,
          touched: changes.some((change) => reads.some((read) => touches(change, read, line))),
        }).toEqual({
          expression,
          place,
          touched: true,
        });
      }
    }),
    { numRuns: Number(process.env["XPATH_RUNS"] ?? 120), seed: Number(process.env["XPATH_SEED"] ?? 7950) },
  );
});

const touches = ({ node, line }: Place, read: Reading, context: ReadonlyMap<PlanNode, string>): boolean =>
  read.node === plan.root ||
  (read.node === node && (read.from === undefined || line.get(read.from) === context.get(read.from)));

/** The value at each instance of the context node, by its place. */
function valuesAt(expression: string, contextNode: PlanNode, data: Tree) {
  const parsed = parseXPath(expression);
  const configOnly = contextNode.schema.config;
  const values = new Map<string, { readonly value: string; readonly line: ReadonlyMap<PlanNode, string> }>();
  const visit = (node: DataNode, line: ReadonlyMap<PlanNode, string>): void => {
    if (node.plan === contextNode) {
      const value = evaluate(parsed, { node, module: "m", configOnly });
      const shown = typeof value === "object" ? value.map(placeOf).sort().join(" ") : String(value);
      values.set(placeOf(node), { value: shown, line });
    }
    for (const child of childPlans(node)) {
      for (const each of instancesOf(node, child)) visit(each, new Map([...line, [child, placeOf(each)]]));
    }
  };
  visit(openDataTree(data, plan).root, new Map([[plan.root, ""]]));
  return values;
}

function placeOf(node: DataNode): string {
  if (node.parent === undefined) return "";
  const above = placeOf(node.parent);
  if (node.text) return `${above}/text()`;
  return above + stepOf(node.plan, node.value);
}

function stepOf(node: PlanNode, value: Value | undefined): string {
  const { name } = node.schema;
  if (node.kind === "list") return `/${name}[${String((value as Tree).get(node.keys[0]!.sid))}]`;
  return node.kind === "leaf-list" ? `/${name}[${String(value)}]` : `/${name}`;
}

/** Places that came, went, changed or moved. */
function changesBetween(before: Tree, after: Tree): readonly Place[] {
  const [old, now] = [placesIn(before), placesIn(after)];
  const changed = (place: string): boolean => old.get(place)?.print !== now.get(place)?.print;
  return [...new Map([...old, ...now]).entries()].filter(([place]) => changed(place)).map(([, place]) => place);
}

function placesIn(data: Tree): ReadonlyMap<string, Place & { readonly print: string }> {
  const places = new Map<string, Place & { readonly print: string }>();
  const visit = (contents: Tree, parent: PlanNode, above: string, around: ReadonlyMap<PlanNode, string>): void => {
    for (const node of parent.children) {
      const value = contents.get(node.sid);
      if (value === undefined) continue;
      const entries = (node.kind === "list" || node.kind === "leaf-list" ? value : [value]) as readonly (
        | Tree
        | LeafValue
      )[];
      for (const [position, entry] of entries.entries()) {
        const place = above + stepOf(node, entry);
        const line = new Map([...around, [node, place]]);
        places.set(place, { node, line, print: `${position} ${node.leaf?.format(entry as LeafValue) ?? ""}` });
        if (entry instanceof Map) visit(entry as Tree, node, place, line);
      }
    }
  };
  visit(data, plan.root, "", new Map([[plan.root, ""]]));
  return places;
}
