import { describe, expect, test } from "@jest/globals";
import { planNode, planOf } from "../../../gateway/yang/codec/plan.ts";
import { fromJson } from "../../../gateway/yang/json.ts";
import { EMPTY_TREE, type Tree } from "../../../gateway/yang/tree.ts";
import { openXPath } from "../../../gateway/yang/xpath/compiled.ts";
import { type DataNode, instancesOf, placeMessage } from "../../../gateway/yang/xpath/data-node.ts";
import { conditionsOf, openDataTree } from "../../../gateway/yang/xpath/when.ts";
import { moduleM, nodeAt, schemaOf } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const DEFAULTS = moduleM(`
  container top {
    leaf mode { type string; default "auto"; }
    leaf-list level { type int32; default 1; default 2; }
    container plain { leaf x { type int32; default 5; } container deep { leaf y { type int32; default 6; } } }
    container asked { presence "p"; leaf x { type int32; default 5; } }
    list e { key "k"; leaf k { type string; } leaf v { type int32; default 7; } }
    choice c {
      default one;
      case one { leaf one { type int32; default 11; } container in-one { leaf i { type int32; default 12; } } }
      case two { leaf two { type int32; default 22; } leaf two-b { type int32; } }
    }
    leaf far { when "../mode = 'manual'"; type int32; default 8; }
    leaf near { when "../mode = 'auto'"; type int32; default 9; }
    container when-box { when "../mode = 'manual'"; leaf w { type int32; default 3; } }
    leaf circle-a { when "../circle-b"; type int32; default 1; }
    leaf circle-b { when "../circle-a"; type int32; default 1; }
  }`);

describe("CC-7950-6.4.1 CC-7950-7.7.2: default values in use and containers without presence are in the accessible tree", () => {
  const empty = openWorld([DEFAULTS], {});
  const filled = openWorld([DEFAULTS], {
    "m:top": {
      mode: "manual",
      level: [5],
      plain: { x: 50 },
      asked: {},
      e: [{ k: "1" }, { k: "2", v: 70 }],
      "two-b": 1,
    },
  });
  test.each([
    ["/top/mode", ["mode=auto"], ["mode=manual"]],
    ["/top/level", ["level=1", "level=2"], ["level=5"]],
    ["/top/plain/x", ["x=5"], ["x=50"]],
    ["/top/plain/deep/y", ["y=6"], ["y=6"]],
    ["/top/asked", [], ["asked"]],
    ["/top/asked/x", [], ["x=5"]],
    ["/top/e/v", [], ["v=7", "v=70"]],
    ["//v/..", [], ["e[1]", "e[2]"]],
  ])("%s", (expression, without, set) => {
    expect(shown(empty.ask(expression))).toEqual(without);
    expect(shown(filled.ask(expression))).toEqual(set);
  });

  test.each([
    ["/top/one", ["one=11"], []],
    ["/top/in-one/i", ["i=12"], []],
    ["/top/two", [], ["two=22"]],
  ])("CC-7950-7.9.3: %s is there by default only in its case", (expression, without, set) => {
    expect(shown(empty.ask(expression))).toEqual(without);
    expect(shown(filled.ask(expression))).toEqual(set);
  });

  test.each([
    ["/top/far", [], ["far=8"]],
    ["/top/near", ["near=9"], []],
    ["/top/when-box/w", [], ["w=3"]],
  ])("CC-7950-7.6.1: %s is there by default only when its condition holds", (expression, without, set) => {
    expect(shown(empty.ask(expression))).toEqual(without);
    expect(shown(filled.ask(expression))).toEqual(set);
  });

  test("CC-7950-7.6.1: defaults whose conditions wait for each other are not there", () => {
    expect(shown(empty.ask("/top/circle-a | /top/circle-b"))).toEqual([]);
  });

  test("a place that is walked to twice is one node", () => {
    expect(empty.ask("count(/top/plain/x | /top/plain/deep/../x | //x | /top/level | //level)")).toBe(3);
  });
});

const MESSAGES = moduleM(`
  container top {
    leaf limit { type int32; }
    container state { config false; leaf load { type int32; } }
    list e { key "k"; leaf k { type string; }
      action reset { input { leaf after { type int32; default 3; } } output { leaf done { type int32; } } }
      notification alarm { leaf why { type string; } }
    }
  }
  rpc run { input { leaf speed { type int32; } container opt { leaf slow { type int32; default 1; } } }
            output { leaf took { type int32; } } }
  notification gone { leaf since { type int32; } }`);

describe("CC-7950-6.4.1: which tree an expression sees", () => {
  const schema = schemaOf(MESSAGES);
  const plan = planOf(schema);
  const nodeOf = (path: string) => planNode(plan, nodeAt(schema, path));
  const datastore = fromJson({ "m:top": { limit: 9, state: { load: 4 }, e: [{ k: "1" }, { k: "2" }] } }, schema);
  const leafTree = (path: string, value: number | string): Tree => new Map([[nodeOf(path).sid, value]]);
  const entry = (root: DataNode): DataNode =>
    instancesOf(instancesOf(root, nodeOf("/m:top"))[0]!, nodeOf("/m:top/e"))[1]!;

  const CASES: ReadonlyArray<readonly [path: string, parent: "root" | "entry", leaf: string, value: number | string]> =
    [
      ["/m:run/input", "root", "/m:run/input/speed", 8],
      ["/m:run/output", "root", "/m:run/output/took", 8],
      ["/m:gone", "root", "/m:gone/since", 8],
      ["/m:top/e/reset/input", "entry", "/m:top/e/reset/input/after", 8],
      ["/m:top/e/reset/output", "entry", "/m:top/e/reset/output/done", 8],
      ["/m:top/e/alarm", "entry", "/m:top/e/alarm/why", "hot"],
    ];
  const ask = (expression: string, [path, place, leaf, value]: (typeof CASES)[number]) => {
    const { root } = openDataTree(datastore, plan);
    const message = placeMessage(place === "root" ? root : entry(root), nodeOf(path), leafTree(leaf, value));
    const context = instancesOf(message, nodeOf(leaf))[0]!;
    const compiled = openXPath(expression, { module: "m", plan, contextNode: nodeOf(leaf) });
    return compiled.type === "nodes" ? shown(compiled.nodes(context)) : compiled.boolean(context);
  };

  test.each([
    ["/run/speed", 0, ["speed=8"]],
    ["/run/took", 0, []],
    ["/run/took", 1, ["took=8"]],
    ["/run/speed", 1, []],
    ["..", 0, ["input"]],
    ["name(..) = 'm:run'", 0, true],
    ["../..", 0, ["/"]],
    ["../opt/slow", 0, ["slow=1"]],
    ["/top/limit", 0, ["limit=9"]],
    ["/top/state/load", 0, ["load=4"]],
    ["/gone/since", 2, ["since=8"]],
    ["/gone", 0, []],
    ["/run", 2, []],
    ["../../k", 3, ["k=2"]],
    ["/top/e/reset/after", 3, ["after=8"]],
    ["/top/e[k='1']/reset", 3, []],
    ["../../reset/done", 4, ["done=8"]],
    ["../../alarm/why", 5, ["why=hot"]],
    ["/alarm", 5, []],
    ["//speed", 0, ["speed=8"]],
    ["//why", 5, ["why=hot"]],
    ["count(//*) = 10", 2, true],
    ["contains(/run, '8')", 0, true],
    ["/*[last()]", 0, ["input"]],
  ])("%s", (expression, row, value) => expect(ask(expression, CASES[row]!)).toEqual(value));

  test.each([
    ["/m:top/limit", "/top/state/load", []],
    ["/m:top/limit", "//load", []],
    ["/m:top/limit", "../*", ["limit=9", "e[1]", "e[2]"]],
    ["/m:top/state/load", "/top/limit", ["limit=9"]],
    ["/m:top/state/load", "../load", ["load=4"]],
  ])("at %s, which is configuration or state: %s", (path, expression, value) => {
    const { root } = openDataTree(datastore, plan);
    const compiled = openXPath(expression, { module: "m", plan, contextNode: nodeOf(path) });
    const top = instancesOf(root, nodeOf("/m:top"))[0]!;
    const state = instancesOf(top, nodeOf("/m:top/state"))[0]!;
    const context = instancesOf(path === "/m:top/limit" ? top : state, nodeOf(path))[0]!;
    expect(shown(compiled.nodes(context))).toEqual(value);
  });

  test("a message that stands alone has an empty datastore around it", () => {
    const { root } = openDataTree(EMPTY_TREE, plan);
    const message = placeMessage(root, nodeOf("/m:run/input"), leafTree("/m:run/input/speed", 8));
    const compiled = openXPath("/run/speed | /top/limit", {
      module: "m",
      plan,
      contextNode: nodeOf("/m:run/input/speed"),
    });
    expect(shown(compiled.nodes(instancesOf(message, nodeOf("/m:run/input/speed"))[0]!))).toEqual(["speed=8"]);
  });
});

describe("CC-7950-7.10: the contents of anydata are nodes too", () => {
  const module = moduleM(`
    container top { leaf a { type string; default "d"; } list e { key "k"; leaf k { type string; } } }
    container log { anydata what; anyxml raw; }`);
  const world = openWorld([module], {
    "m:log": { what: { "m:top": { e: [{ k: "1" }, { k: "2" }] } } },
  });
  test.each([
    ["/log/what/top/e/k", ["k=1", "k=2"]],
    ["/log/what/top/e[k='2']", ["e[2]"]],
    ["//e", ["e[1]", "e[2]"]],
    ["/log/what//k[. = '2']/ancestor::*", ["log", "what", "top", "e[2]"]],
    ["/log/what/*/e[2]/preceding-sibling::*", ["a=d", "e[1]"]],
    ["/log/raw", []],
  ])("%s", (expression, value) => expect(shown(world.ask(expression))).toEqual(value));

  test("below a node in it defaults are in use as elsewhere; that there is a node nobody set cannot be told", () => {
    expect(shown(world.ask("/log/what/top/a"))).toEqual(["a=d"]);
    expect(shown(world.ask("/log/what/log"))).toEqual([]);
  });
});

describe("CC-7950-7.21.5: conditions", () => {
  const MODULE = moduleM(`
    container top {
      leaf mode { type string; }
      leaf own { when ". = '' and not(text()) and count(../own) = 1 and ../mode = 'x'"; type string; }
      leaf-list many { when "count(../many) = 1"; type string; }
      container box { when "not(*)"; leaf inside { type string; } }
      choice c { when "not(a) and not(b) and mode = 'x'"; leaf a { type string; } leaf b { type string; } }
      choice d { case e { when "not(e1)"; leaf e1 { type string; } leaf e2 { type string; } } leaf f { type string; } }
      uses g { when "mode = 'x'"; }
    }
    grouping g { leaf g1 { type string; } }
    augment "/top" { when "mode = 'x' and not(aug)"; leaf aug { type string; } }
    leaf high { when "/top/mode = 'x'"; type string; }
    uses h { when "top/mode = 'x'"; }
    grouping h { leaf h1 { type string; } }`);
  const data = {
    "m:top": { mode: "x", own: "o", many: ["1", "2"], box: { inside: "i" }, a: "a", e1: "e", g1: "g", aug: "u" },
  };
  const holds = (mode: string, path: string): boolean => {
    const world = openWorld([MODULE], { "m:top": { ...data["m:top"], mode } });
    const node = world.node(path);
    const parent = node.parent === world.plan.root ? world.root : world.all("/m:top")[0]!;
    return conditionsOf(node, world.plan)?.hold(parent) ?? true;
  };

  test.each([
    ["a node's own condition sees a dummy in its place, without value", "/m:top/own"],
    ["one dummy stands for all values of a leaf-list", "/m:top/many"],
    ["a dummy has no children", "/m:top/box"],
    ["a choice's condition is asked at the data parent, without the choice", "/m:top/a"],
    ["it holds for each node of the choice", "/m:top/b"],
    ["a case's condition is asked without the case", "/m:top/e1"],
    ["that of a uses is asked at the parent", "/m:top/g1"],
    ["that of an augment is asked at its target, without what it adds", "/m:top/aug"],
    ["absolute paths lead from the root", "/m:high"],
    ["above a top-level node is the root", "/m:h1"],
    ["what has no condition may be there", "/m:top/mode"],
  ])("%s", (_name, path) => {
    expect(holds("x", path)).toBe(true);
  });

  test.each(["/m:top/own", "/m:top/a", "/m:top/g1", "/m:top/aug", "/m:high", "/m:h1"])(
    "%s may not be there when the mode is another",
    (path) => expect(holds("y", path)).toBe(false),
  );

  test("what does not hold is told as the module has it", () => {
    const world = openWorld([MODULE], { "m:top": { mode: "y" } });
    expect(conditionsOf(world.node("/m:top/g1"), world.plan)?.broken(world.all("/m:top")[0]!)).toBe("mode = 'x'");
  });
});
