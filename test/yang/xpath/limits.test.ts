import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../gateway/yang/codec/fault.ts";
import { TREE_STEP_LIMIT } from "../../../gateway/yang/xpath/data-node.ts";
import { STEP_LIMIT } from "../../../gateway/yang/xpath/run.ts";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const MODULE = moduleM(`
  container top {
    list e { key "k"; leaf k { type string; } leaf r { type leafref { path "/top/e/k"; } } leaf w { type string; } }
    list f { key "k"; leaf k { type union { type int32; type string; } } leaf w { type string; } }
    list g { key "k"; leaf k { type int32; } leaf w { type string; } }
    list h { config false; leaf k { type string; } leaf w { type string; } }
  }`);
const COUNT = 2000;
const numbers = Array.from({ length: COUNT }, (_, index) => index);
const long = {
  "m:top": {
    e: numbers.map((index) => ({ k: `k${index}`, r: `k${COUNT - 1 - index}`, w: `w${index}` })),
    f: [
      { k: 7, w: "seven" },
      { k: "x", w: "ex" },
    ],
    g: [{ k: 7, w: "seven" }],
    h: [
      { k: "x", w: "one" },
      { k: "x", w: "two" },
    ],
  },
};
const world = openWorld([MODULE], long);

test("CC-limits: all expressions on one tree have a limit together", () => {
  const view = openWorld([MODULE], long);
  const { tree } = view.root;
  expect(tree.stepsLeft).toBe(TREE_STEP_LIMIT);
  tree.stepsLeft = 2 * STEP_LIMIT;
  const costly = "count(/top/e[string-length(concat(k, w)) = 1])";
  let evaluations = 0;
  const code = faultOf(() => {
    for (; ; evaluations++) view.ask(costly);
  });
  expect(code).toBe("yang.too-complex");
  expect(evaluations).toBeGreaterThan(2);
  expect(evaluations).toBeLessThan((2 * STEP_LIMIT) / COUNT);
});

describe("CC-limits: a step limit ends what looks at everything for everything", () => {
  test.each([
    "//*[../*/*]",
    "//e[//e/w != w]",
    "//e[following-sibling::e[w = 'z']]",
    "//*[string-length(..) = 1]",
    "//e[not(translate(.., 'abc', 'def') = 'x')]",
    "//e[count(preceding::*) > 1000000]",
    "//e[../e[concat(w, k, w) = 'x']]",
    "//e[contains(concat(/, /), w)]",
    `string-length(${"translate(".repeat(60)}string(/)${", 'a', 'b')".repeat(60)})`,
    "//e[deref(../e/r)/../../e[w = 'x']]",
    "//e[../e | ../e/w | ../f | ../g]",
  ])("%s", (expression) => {
    expect(faultOf(() => openWorld([MODULE], long).ask(expression))).toBe("yang.too-complex");
  });

  test.each([
    ["count(//*)", 1 + 4 * COUNT + 2 * 3 + 3 + 2 * 3],
    ["count(/top/e[w != k])", COUNT],
    ["count(/top/e[deref(r)/../w != w])", COUNT],
    ["count(/top/e[k = /top/e/r])", COUNT],
    ["count(//e[//*])", COUNT],
    ["count(/top/e[w = /top/e/k])", 0],
    ["count(/top/e[count(/top/e) = string-length(w) or k = /top/e[w = /top/e[5]/w]/k])", 1],
    ["/top/e/w = /top/e/k", false],
  ])("honest work over a long list is done: %s", (expression, value) => {
    expect(STEP_LIMIT).toBeGreaterThan(COUNT);
    expect(shown(world.ask(expression))).toBe(value);
  });
});

describe("CC-XPath-2.4: entries that are found by their keys are those that the predicates choose", () => {
  test.each([
    ["/top/e[k = 'k77']/w", ["w=w77"]],
    ["/top/e[k = 'none']/w", []],
    ["/top/e[k = concat('k', 7)][1]/w", ["w=w7"]],
    ["/top/e[k = /top/e[3]/r]/w", ["w=w1997"]],
    ["/top/e[k = 'k7' and w = 'w7']/k", ["k=k7"]],
    ["/top/e[k = 'k7'][w = 'other']/k", []],
    ["/top/e[k = 'k7'][k = 'k8']/k", []],
    ["/top/e[k = /top/f/w]/k", []],
    ["/top/f[k = '7']/w", ["w=seven"]],
    ["/top/f[k = 7]/w", ["w=seven"]],
    ["/top/f[k = 'x']/w", ["w=ex"]],
    ["/top/g[k = 7]/w", ["w=seven"]],
    ["/top/g[k = '7']/w", ["w=seven"]],
    ["/top/g[k = '07']/w", []],
    ["/top/g[k = 'x']/w", []],
    ["/top/g[k = 7.0]/w", ["w=seven"]],
    ["/top/h[k = 'x']/w", ["w=one", "w=two"]],
  ])("%s", (expression, value) => expect(shown(world.ask(expression))).toEqual(value));
});

function faultOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}
