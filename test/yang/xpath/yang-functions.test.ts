import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../gateway/yang/codec/fault.ts";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const OTHER = `module o { yang-version 1.1; namespace "urn:o"; prefix o; import m { prefix mm; }
  identity fast { base mm:ethernet; } identity odd { base mm:kind; } }`;
const MODULE = moduleM(`
  identity kind; identity ethernet { base kind; } identity radio { base kind; }
  identity cable { base kind; }
  container top {
    leaf name { type string; }
    leaf type { type identityref { base kind; } }
    leaf own { type identityref { base kind; } }
    leaf same-own { type leafref { path "../own"; } }
    leaf-list owns { type identityref { base kind; } }
    list kinds { key "kind"; leaf kind { type identityref { base kind; } } }
    leaf mixed { type union { type int32; type identityref { base kind; } type enumeration { enum on { value 7; } }
      type bits { bit p; bit q; } } }
    leaf-list mixes { type union { type int32; type identityref { base kind; } type enumeration { enum on { value 7; } }
      type bits { bit p; bit q; } } }
    leaf level { type enumeration { enum low { value 3; } enum high { value 30; } } }
    leaf-list levels { type enumeration { enum low { value 3; } enum high { value 30; } } ordered-by user; }
    leaf flags { type bits { bit a; bit b; bit c; } }
    leaf same-level { type leafref { path "../level"; } }
    leaf same-type { type leafref { path "../type"; } }
    leaf same-flags { type leafref { path "../flags"; } }
    list e { key "k"; leaf k { type string; } leaf color { type string; } leaf n { type int32; } }
    list pair { key "a b"; leaf a { type int32; } leaf b { type int32; } leaf v { type string; } }
    leaf ref { type leafref { path "/top/e/k"; } }
    leaf color-ref { type leafref { path "../e[k = current()/../ref]/color"; } }
    leaf pair-ref { type leafref { path "/top/pair/a"; } }
    leaf n-ref { type leafref { path "../e/n"; require-instance false; } }
    leaf id { type instance-identifier; }
    leaf id-leaf { type instance-identifier; }
    leaf id-list { type instance-identifier { require-instance false; } }
    leaf id-gone { type instance-identifier { require-instance false; } }
    leaf either { type union { type leafref { path "../e/k"; } type string; } }
  }`);
const world = openWorld([MODULE, OTHER], {
  "m:top": {
    name: "eth0",
    type: "o:fast",
    own: "radio",
    "same-own": "radio",
    owns: ["ethernet", "radio", "o:fast", "o:odd", "m:cable"],
    kinds: [{ kind: "radio" }, { kind: "o:fast" }],
    mixed: "on",
    mixes: [5, "m:radio", "p q"],
    level: "high",
    levels: ["low", "high"],
    flags: "a c",
    "same-level": "high",
    "same-type": "o:fast",
    "same-flags": "a c",
    e: [
      { k: "1", color: "red", n: 4 },
      { k: "2", color: "blue", n: 5 },
      { k: "3", color: "red", n: 4 },
    ],
    pair: [
      { a: 1, b: 1, v: "v11" },
      { a: 1, b: 2, v: "v12" },
      { a: 2, b: 1, v: "v21" },
    ],
    ref: "3",
    "color-ref": "red",
    "pair-ref": 1,
    "n-ref": 4,
    id: "/m:top/e[k='2']",
    "id-leaf": "/m:top/e[k='2']/n",
    "id-gone": "/m:top/e[k='9']/n",
    either: "2",
  },
});
const ask = (expression: string) => shown(world.ask(expression, "/m:top"));
const rows = (table: ReadonlyArray<readonly [string, unknown]>) =>
  test.each(table.map(([expression, value]) => [expression, value]))("%s", (expression, value) =>
    expect(ask(String(expression))).toEqual(value),
  );

describe("CC-7950-10.1.1: current()", () => {
  rows([
    ["current()", ["top"]],
    ["e[k = current()/ref]", ["e[3]"]],
    ["e[current()/name]/k", ["k=1", "k=2", "k=3"]],
    ["e/k[../../name = current()/name]", ["k=1", "k=2", "k=3"]],
    ["current()/../top/name", ["name=eth0"]],
    ["current()[name]/ref", ["ref=3"]],
  ]);
});

describe("CC-7950-10.2.1: re-match()", () => {
  rows([
    ["re-match('1.22.333', '\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}')", true],
    ["re-match('aax', 'a*')", false],
    ["re-match(name, 'eth[0-9]+')", true],
    ["re-match(name, 'th0')", false],
    ["re-match(none, '')", true],
    ["e[re-match(k, '[12]')]", ["e[1]", "e[2]"]],
  ]);
  test("a pattern that is none is a fault in the data, which may have given it", () => {
    expect(() => ask("re-match('a', '(')")).toThrow(Fault);
  });
});

describe("CC-7950-10.3.1: deref()", () => {
  rows([
    ["deref(ref)", ["k=3"]],
    ["deref(ref)/../color", ["color=red"]],
    ["deref(color-ref)", ["color=red"]],
    ["deref(color-ref)/../k", ["k=3"]],
    ["deref(pair-ref)/../v", ["v=v11", "v=v12"]],
    ["deref(n-ref)/../k", ["k=1", "k=3"]],
    ["deref(id)", ["e[2]"]],
    ["deref(id)/k", ["k=2"]],
    ["deref(id-leaf)", ["n=5"]],
    ["deref(id-gone)", []],
    ["deref(id-list)", []],
    ["deref(either)/..", ["e[2]"]],
    ["deref(name)", []],
    ["deref(none)", []],
    ["deref(e)", []],
    ["deref(same-level)", ["level=high"]],
  ]);
});

describe("CC-7950-10.4.1: derived-from()", () => {
  rows([
    ["derived-from(type, 'm:ethernet')", true],
    ["derived-from(type, 'm:kind')", true],
    ["derived-from(type, 'ethernet')", true],
    ["derived-from(type, 'o:fast')", false],
    ["derived-from(type, 'm:radio')", false],
    ["derived-from(type, 'o:odd')", false],
    ["derived-from(type, 'm:nothing')", false],
    ["derived-from(same-type, 'm:ethernet')", true],
    ["derived-from(mixes, 'm:kind')", true],
    ["derived-from(mixed, 'm:kind')", false],
    ["derived-from(name, 'm:kind')", false],
    ["derived-from(none, 'm:kind')", false],
    ["derived-from(type | name, 'm:kind')", true],
    ["derived-from(level, 'm:kind')", false],
  ]);
});

describe("CC-7950-10.4.2: derived-from-or-self()", () => {
  rows([
    ["derived-from-or-self(type, 'o:fast')", true],
    ["derived-from-or-self(type, 'm:ethernet')", true],
    ["derived-from-or-self(type, 'm:radio')", false],
    ["derived-from-or-self(mixes, 'm:radio')", true],
    ["derived-from-or-self(none, 'm:radio')", false],
  ]);
});

describe("CC-7950-9.10.3: the text of an identity has the name of its module", () => {
  rows([
    ["string(type)", "o:fast"],
    ["type = 'o:fast'", true],
    ["type = 'fast'", false],
    ["string(mixes[2])", "m:radio"],
  ]);
});

// OpenConfig writes its conditions so: `when "../config/type = 'ACL_IPV4'"`.
describe("CC-7951-6.8: without a prefix, a text means an identity of the leaf's module", () => {
  rows([
    ["own = 'radio'", true],
    ["'radio' = own", true],
    ["own = 'ethernet'", false],
    ["own != 'radio'", false],
    ["own != 'ethernet'", true],
    ["same-own = 'radio'", true],
    ["mixes[2] = 'radio'", true],
    ["own > 'radio'", false],
    ["type != 'fast'", true],
    ["string(own) = 'radio'", false],
    ["own = name", false],
    ["owns = 'radio'", true],
    ["owns = 'ethernet'", true],
    ["owns = 'odd'", false],
    ["count(kinds[kind = 'radio'])", 1],
    ["count(kinds[kind = 'm:radio'])", 1],
    ["count(kinds[kind = 'fast'])", 0],
    ["(own | name) = 'eth0'", true],
  ]);
});

describe("CC-7950-10.5.1: enum-value()", () => {
  rows([
    ["enum-value(level)", 30],
    ["enum-value(same-level)", 30],
    ["enum-value(levels)", 3],
    ["levels[enum-value(.) > 10]", ["levels=high"]],
    ["enum-value(mixed)", 7],
    ["enum-value(mixes)", Number.NaN],
    ["enum-value(name)", Number.NaN],
    ["enum-value(none)", Number.NaN],
    ["enum-value(e)", Number.NaN],
  ]);
});

describe("CC-7950-10.6.1: bit-is-set()", () => {
  rows([
    ["bit-is-set(flags, 'a')", true],
    ["bit-is-set(flags, 'b')", false],
    ["bit-is-set(same-flags, 'c')", true],
    ["bit-is-set(mixes[3], 'q')", true],
    ["bit-is-set(mixes, 'q')", false],
    ["bit-is-set(flags, 'a c')", false],
    ["bit-is-set(flags, '')", false],
    ["bit-is-set(name, 'eth0')", false],
    ["bit-is-set(none, 'a')", false],
  ]);
});
