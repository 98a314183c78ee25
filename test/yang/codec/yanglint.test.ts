/** Differential: libyang accepts the JSON that we write, and both refuse the same JSON (needs libyang-tools). */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded } from "../../../gateway/base/index.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import { fromJson, toJson } from "../../../gateway/yang/json.ts";
import type { SchemaNode } from "../../../gateway/yang/schema.ts";
import { validate } from "../../../gateway/yang/validate/index.ts";
import { arbitraryTree } from "../../support/arbitrary-tree.ts";
import { schemaOf } from "../compile/inline.ts";

const YANGLINT = "/usr/bin/yanglint";
const compare = existsSync(YANGLINT) ? test : test.skip;

const MODULE = `module z {
  yang-version 1.1; namespace "urn:z"; prefix z;
  identity base; identity one { base base; } identity two { base one; } identity other;
  container top {
    leaf small { type int8; }
    leaf port { type uint16 { range "1..10 | 20"; } }
    leaf counter { type uint64; }
    leaf offset { type int64; }
    leaf ratio { type decimal64 { fraction-digits 4; } }
    leaf word { type string { length "1..3"; pattern "[^aeiou]*"; } }
    leaf name { type string; }
    leaf flag { type boolean; }
    leaf kind { type enumeration { enum a; enum b; enum c; } }
    leaf alarms { type bits { bit x; bit y { position 7; } bit z { position 60; } } }
    leaf key { type binary; }
    leaf who { type identityref { base base; } }
    leaf empty { type empty; }
    leaf any-of { type union { type uint8; type enumeration { enum unbounded; } type boolean; } }
    leaf-list words { type string; max-elements 4; }
    list row { key "id name"; unique v; leaf name { type string; } leaf id { type uint16; } leaf v { type int32; } }
    choice way { leaf left { type empty; } container right { presence "r"; leaf far { type uint8; mandatory true; } } }
    leaf row-ref { type leafref { path "../row/id"; } }
    leaf where { type instance-identifier; }
  }
}`;

/** The compiled module with SIDs, which no .sid file gives here. */
function numbered() {
  const schema = schemaOf(MODULE);
  let next = 1;
  const number = (node: SchemaNode): SchemaNode => ({ ...node, sid: next++, children: node.children.map(number) });
  const identities = new Map([...schema.identities].map(([name, identity]) => [name, { ...identity, sid: next++ }]));
  return {
    ...schema,
    identities,
    roots: schema.roots.map(number),
    derivedFrom: schema.derivedFrom.bind(schema),
    identityBySid: (sid: number) => [...identities.values()].find((identity) => identity.sid === sid),
  };
}
const SCHEMA = numbered();

const folder = mkdtempSync(join(tmpdir(), "sidgate-yanglint-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "z.yang"), MODULE);

function yanglintAccepts(json: Json): boolean {
  const file = join(folder, "data.json");
  writeFileSync(file, JSON.stringify(json));
  return spawnSync(YANGLINT, ["-t", "data", join(folder, "z.yang"), file], { stdio: "ignore" }).status === 0;
}

function weAccept(json: Json): boolean {
  try {
    validate(fromJson(json, SCHEMA), SCHEMA);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}

const ROWS: ReadonlyArray<readonly [name: string, top: Json, accepted: boolean]> = [
  ["nothing", {}, true],
  ["a range", { port: 20 }, true],
  ["between two ranges", { port: 15 }, false],
  ["a number that is too large", { small: 128 }, false],
  ["a 64-bit number as a string", { counter: "18446744073709551615" }, true],
  ["2^64", { counter: "18446744073709551616" }, false],
  ["a decimal", { ratio: "-0.5" }, true],
  ["a decimal that is too fine", { ratio: "0.00001" }, false],
  ["a decimal that is too large", { ratio: "922337203685477.5808" }, false],
  ["a pattern", { word: "xyz" }, true],
  ["a pattern that does not match", { word: "xay" }, false],
  ["a length", { word: "xyzx" }, false],
  ["a control character", { name: "\u001b[0m" }, false],
  ["an enum nobody has", { kind: "d" }, false],
  ["bits", { alarms: "x z" }, true],
  ["a bit nobody has", { alarms: "w" }, false],
  ["bad base64", { key: "*" }, false],
  ["a derived identity", { who: "z:two" }, true],
  ["the base identity itself", { who: "z:base" }, false],
  ["an identity of another base", { who: "z:other" }, false],
  ["empty", { empty: [null] }, true],
  ["a union by its second member", { "any-of": "unbounded" }, true],
  ["a union that nothing takes", { "any-of": "x" }, false],
  ["too many values", { words: ["a", "b", "c", "d", "e"] }, false],
  ["a value twice", { words: ["a", "a"] }, false],
  ["an entry without a key", { row: [{ id: 1 }] }, false],
  [
    "an entry twice",
    {
      row: [
        { id: 1, name: "a" },
        { id: 1, name: "a" },
      ],
    },
    false,
  ],
  [
    "entries that differ in one key",
    {
      row: [
        { id: 1, name: "a" },
        { id: 1, name: "b" },
      ],
    },
    true,
  ],
  [
    "two equal unique leaves",
    {
      row: [
        { id: 1, name: "a", v: 1 },
        { id: 2, name: "b", v: 1 },
      ],
    },
    false,
  ],
  ["two cases of a choice", { left: [null], right: { far: 1 } }, false],
  ["a case without its mandatory leaf", { right: {} }, false],
  ["a leafref", { row: [{ id: 1, name: "a" }], "row-ref": 1 }, true],
  ["a leafref that leads nowhere", { row: [{ id: 1, name: "a" }], "row-ref": 2 }, false],
  ["an instance-identifier", { row: [{ id: 1, name: "a" }], where: "/z:top/row[id='1'][name='a']" }, true],
  ["an instance-identifier that leads nowhere", { where: "/z:top/row[id='1'][name='a']" }, false],
  ["a member nobody has", { nothing: 1 }, false],
];

compare.each(ROWS)("CC-7951-6 CC-7950-9: yanglint and we agree (needs libyang-tools): %s", (_name, top, accepted) => {
  const json: Json = { "z:top": top };
  expect({ we: weAccept(json), yanglint: yanglintAccepts(json) }).toEqual({ we: accepted, yanglint: accepted });
});

compare("CC-7951-4 CC-7951-5 CC-7951-6: yanglint agrees about random trees (needs libyang-tools)", () => {
  const [whole] = SCHEMA.roots;
  const names = new Set([
    "small",
    "counter",
    "offset",
    "ratio",
    "name",
    "flag",
    "kind",
    "alarms",
    "key",
    "empty",
    "any-of",
    "row",
    "left",
  ]);
  const roots = [{ ...whole!, children: whole!.children.filter(({ name }) => names.has(name)) }];
  const trees = fc.sample(arbitraryTree(roots), { numRuns: 40, seed: 20261121 });
  for (const tree of trees) {
    const json = toJson(tree, SCHEMA);
    expect([json, yanglintAccepts(json)]).toEqual([json, weAccept(json)]);
  }
  expect(trees.filter((tree) => weAccept(toJson(tree, SCHEMA))).length).toBeGreaterThan(20);
});
