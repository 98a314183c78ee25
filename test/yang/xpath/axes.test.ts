import { describe, expect, test } from "@jest/globals";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const MODULE = moduleM(`
  container top {
    leaf z { type string; }
    list e { key "k"; leaf k { type string; } leaf v { type int32; } container c { presence "p"; leaf d { type string; } } }
    leaf-list l { type string; }
    leaf a { type string; }
  }
  container last { leaf y { type string; } }`);
const OTHER = `module o { yang-version 1.1; namespace "urn:o"; prefix o; import m { prefix m; }
  augment "/m:top" { leaf a { type string; } leaf b { type string; } } }`;
const world = openWorld([MODULE, OTHER], {
  "m:top": {
    z: "Z",
    e: [{ k: "1", v: 10, c: { d: "D1" } }, { k: "2" }, { k: "3", v: 30, c: { d: "D3" } }],
    l: ["p", "q"],
    a: "A",
    "o:a": "OA",
    "o:b": "OB",
  },
  "m:last": { y: "Y" },
});
const at = (context: string, expression: string) => shown(world.ask(expression, context));

describe("CC-XPath-2.2: axes, in document order", () => {
  test.each([
    ["/m:top", "child::e", ["e[1]", "e[2]", "e[3]"]],
    ["/m:top", "child::*", ["z=Z", "e[1]", "e[2]", "e[3]", "l=p", "l=q", "a=A", "a=OA", "b=OB"]],
    ["/m:top/e/c/d", "parent::c/parent::e", ["e[1]"]],
    ["/m:top/e/c/d", "parent::e", []],
    ["/m:top/e/c/d", "..", ["c"]],
    ["/m:top/e", "self::e", ["e[1]"]],
    ["/m:top/e", "self::l", []],
    ["/m:top/e/c/d", "ancestor::*", ["top", "e[1]", "c"]],
    ["/m:top/e/c/d", "ancestor::node()", ["/", "top", "e[1]", "c"]],
    ["/m:top/e/c/d", "ancestor-or-self::*", ["top", "e[1]", "c", "d=D1"]],
    ["/m:top", "descendant::d", ["d=D1", "d=D3"]],
    ["/m:top/e", "descendant::*", ["k=1", "v=10", "c", "d=D1"]],
    ["/m:top/e", "descendant-or-self::*", ["e[1]", "k=1", "v=10", "c", "d=D1"]],
    ["/m:top/e", "following-sibling::*", ["e[2]", "e[3]", "l=p", "l=q", "a=A", "a=OA", "b=OB"]],
    ["/m:top/e", "following-sibling::e[1]", ["e[2]"]],
    ["/m:top/a", "preceding-sibling::*", ["z=Z", "e[1]", "e[2]", "e[3]", "l=p", "l=q"]],
    ["/m:top/l", "preceding-sibling::e[1]", ["e[3]"]],
    ["/m:top/l", "following-sibling::l", ["l=q"]],
    ["/m:top/o:b", "following::*", ["last", "y=Y"]],
    ["/m:top/l", "following::*", ["l=q", "a=A", "a=OA", "b=OB", "last", "y=Y"]],
    ["/m:last", "preceding::d", ["d=D1", "d=D3"]],
    ["/m:last/y", "preceding::d[1]", ["d=D3"]],
    ["/m:top/a", "preceding::*[1]", ["l=q"]],
    ["/m:top", "attribute::*", []],
    ["/m:top", "@x", []],
    ["/m:top", "namespace::*", []],
    ["/m:top", "/..", []],
    ["/m:top", "/following-sibling::*", []],
    ["/m:top", "/self::node()", ["/"]],
    ["/m:top", "/self::*", []],
  ])("at %s: %s", (context, expression, value) => {
    expect(at(context, expression)).toEqual(value);
  });

  test("CC-XPath-2.2: an axis, its reverse and the node itself part the document", () => {
    const all = shown(world.ask("//*"));
    expect(Array.isArray(all) && all.length).toBe(21);
    for (const node of ["/m:top/e", "/m:top/e/c/d", "/m:top/l", "/m:last"]) {
      const parts = at(node, "ancestor::* | preceding::* | self::* | descendant::* | following::*");
      expect(parts).toEqual(all);
    }
  });
});

describe("CC-XPath-2.3: node tests", () => {
  test.each([
    ["a", ["a=A"]],
    ["m:a", ["a=A"]],
    ["o:a", ["a=OA"]],
    ["o:*", ["a=OA", "b=OB"]],
    ["b", []],
    ["e/node()", ["k=1", "v=10", "c", "k=2", "k=3", "v=30", "c"]],
    ["e/k/node()", ["text()=1", "text()=2", "text()=3"]],
    ["e/k/text()/..", ["k=1", "k=2", "k=3"]],
    ["text()", []],
    ["comment()", []],
    ["processing-instruction('x')", []],
    ["e/comment() | e/processing-instruction()", []],
  ])("%s", (expression, value) => expect(at("/m:top", expression)).toEqual(value));
});

describe("CC-XPath-2.4: predicates count along the axis, and choose one after the other", () => {
  test.each([
    ["e[2]", ["e[2]"]],
    ["e[last()]", ["e[3]"]],
    ["e[position() > 1]", ["e[2]", "e[3]"]],
    ["e[v][2]", ["e[3]"]],
    ["e[2][v]", []],
    ["e[k = '3']", ["e[3]"]],
    ["e['3' = k]", ["e[3]"]],
    ["e[k = 3]", ["e[3]"]],
    ["e[k = '3'][1]", ["e[3]"]],
    ["e[1][k = '3']", []],
    ["e[k = '3' and v = 30]", ["e[3]"]],
    ["e[k = '3' and v = 31]", []],
    ["e[k = '3' or k = '1']", ["e[1]", "e[3]"]],
    ["e[k = /top/e/k]", ["e[1]", "e[2]", "e[3]"]],
    ["e[k = /top/none]", []],
    ["e[m:k = '2']", ["e[2]"]],
    ["e[o:k = '2']", []],
    ["e[k = true()]", ["e[1]", "e[2]", "e[3]"]],
    ["e[3]/ancestor-or-self::*[1]", ["e[3]"]],
    ["e[3]/preceding-sibling::*[1]", ["e[2]"]],
    ["(e[3]/preceding-sibling::*)[1]", ["z=Z"]],
    ["(e/k)[2]", ["k=2"]],
    ["e/k[1]", ["k=1", "k=2", "k=3"]],
    ["e/c[1]/d", ["d=D1", "d=D3"]],
    ["//d[1]", ["d=D1", "d=D3"]],
    ["//e[1]", ["e[1]"]],
    ["(//d)[1]", ["d=D1"]],
    ["/descendant::d[1]", ["d=D1"]],
    ["e[0]", []],
    ["e[1.5]", []],
    ["l[. = 'q']", ["l=q"]],
    ["l['q']", ["l=p", "l=q"]],
    ["l['']", []],
    ["e[c][c/d = 'D3']/k", ["k=3"]],
    ["e[not(v)]", ["e[2]"]],
  ])("%s", (expression, value) => expect(at("/m:top", expression)).toEqual(value));
});

describe("CC-XPath-2.5: short forms", () => {
  test.each([
    ["//c/d", ["d=D1", "d=D3"]],
    [".//d", ["d=D1", "d=D3"]],
    ["e//d", ["d=D1", "d=D3"]],
    ["//.", undefined],
    ["//e/..//y", []],
    ["/", ["/"]],
    ["/top", ["top"]],
    ["./e/./k", ["k=1", "k=2", "k=3"]],
    ["e/../a", ["a=A"]],
    ["e/c/../k", ["k=1", "k=3"]],
    ["e/c/d/../../v", ["v=10", "v=30"]],
    ["(e | l)/..", ["top"]],
    ["l | e | z", ["z=Z", "e[1]", "e[2]", "e[3]", "l=p", "l=q"]],
    ["(e | e/c)//d", ["d=D1", "d=D3"]],
    ["e/c/ancestor::*", ["top", "e[1]", "e[3]"]],
    ["(e/c | e)/*", ["k=1", "v=10", "c", "d=D1", "k=2", "k=3", "v=30", "c", "d=D3"]],
  ])("%s", (expression, value) => {
    const found = at("/m:top", expression);
    if (value === undefined) expect(found).toEqual(shown(world.ask("/descendant-or-self::node()")));
    else expect(found).toEqual(value);
  });
});
