/**
 * pycoreconf (Python) as second codec, for the types that it has right: RFC 9254 §6 says otherwise for its decimal64 (a
 * float), bits and instance-identifier (text), empty ([null]) and enumerations in unions (no tag).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import { openSchema } from "../../gateway/yang/compile/open-schema.ts";
import {
  decodeTree,
  encodeTree,
  fromJson,
  type Json,
  type JsonObject,
  type LeafType,
  type Schema,
  type SchemaNode,
} from "../../gateway/yang/index.ts";
import { Dice } from "../fuzz/dice.ts";
import { compileTexts } from "../yang/compile/inline.ts";
import { RandomDocuments } from "../yang/random/document-of.ts";
import { answers, pythonOf } from "./peers/python.ts";

const PYCORECONF = pythonOf("pycoreconf");
const folder = mkdtempSync(join(tmpdir(), "sidgate-pycoreconf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PLAIN = `module plain {
  yang-version 1.1; namespace "urn:plain"; prefix p;
  identity base; identity one { base base; } identity two { base one; }
  container top {
    leaf i8 { type int8; } leaf i64 { type int64; } leaf u32 { type uint32; } leaf u64 { type uint64; }
    leaf flag { type boolean; } leaf text { type string; } leaf raw { type binary; }
    leaf kind { type enumeration { enum a; enum b { value 70; } enum c { value -3; } } }
    leaf who { type identityref { base base; } }
    leaf-list numbers { type uint16; } leaf-list names { type string; }
    container inner { leaf deep { type int32; } container far { leaf deeper { type uint8; } } }
    list row { key "id name"; leaf name { type string; } leaf v { type int32; } leaf id { type uint16; }
      list cell { key "x"; leaf x { type uint8; } leaf words { type string; } } }
    leaf ref { type leafref { path "../row/v"; } }
    choice way { case left { leaf l { type int16; } } case right { container r { leaf far { type boolean; } } } }
  }
}`;

const ODD = `module odd { yang-version 1.1; namespace "urn:odd"; prefix o;
  container top { leaf d { type decimal64 { fraction-digits 2; } } leaf b { type bits { bit x; bit y; } } leaf e { type empty; }
    leaf i { type instance-identifier; } }
}`;

function numberedSchema(text: string): Schema {
  const { image } = compileTexts([text]);
  return openSchema({
    ...image,
    nodes: image.nodes.map((node, i) => ({ ...node, sid: 60_000 + (i % 5 === 2 ? 500 - i : i) })),
    identities: image.identities.map((identity, i) => ({ ...identity, sid: 61_000 + i })),
  });
}

/** The .sid file as ltn22/pyang extends it: types of leaves, and keys of lists by SID. */
function sidFileOf(schema: Schema): string {
  const item: unknown[] = [...schema.identities.values()].map(({ name, sid }) => ({
    namespace: "identity",
    identifier: name.replace(/^.*:/, ""),
    sid: String(sid),
  }));
  const keyMapping: { [sid: string]: readonly number[] } = {};
  const visit = (node: SchemaNode, path: string): void => {
    const identifier = `${path}/${node.parent === undefined ? `${node.module}:` : ""}${node.name}`;
    const type = node.type && { type: plainType(node.type) };
    item.push({ namespace: "data", identifier, sid: String(node.sid), ...type });
    if (node.keys) {
      keyMapping[node.sid] = node.keys.flatMap((key) => node.children.find(({ name }) => name === key)?.sid ?? []);
    }
    for (const child of node.children) visit(child, identifier);
  };
  for (const root of schema.roots) visit(root, "");
  return JSON.stringify({ "ietf-sid-file:sid-file": { "module-name": "plain", "key-mapping": keyMapping, item } });
}

const plainType = (type: LeafType): unknown =>
  type.base === "leafref" && type.target !== undefined
    ? plainType(type.target)
    : type.enums === undefined
      ? type.base
      : Object.fromEntries(type.enums.map(({ name, value }) => [String(value), name]));

(PYCORECONF === undefined ? test.skip : test)(
  "CC-V1 CC-V4 CC-V5 CC-V9 CC-V10 CC-V12 CC-V13 CC-V15 CC-V16: pycoreconf reads our trees and we read its (needs pycoreconf)",
  () => {
    const schema = numberedSchema(PLAIN);
    const sidFile = join(folder, "plain.sid");
    writeFileSync(sidFile, sidFileOf(schema));
    const documents = new RandomDocuments(schema, new Dice(5), { state: false, size: 40 });
    const rows = Array.from({ length: 100 }, () => documents.next() as Json);
    const trees = rows.map((json) => fromJson(json, schema));
    const lines = [
      ...rows.map((json) => JSON.stringify({ json })),
      ...trees.map((tree) => JSON.stringify({ hex: toHex(encodeTree(tree, schema)) })),
    ];
    const told = answers(PYCORECONF ?? "", "yang-pycoreconf.py", [sidFile], lines) as { hex?: string; json?: Json }[];
    expect(told).toHaveLength(2 * rows.length);
    for (const [i, tree] of trees.entries()) {
      expect(decodeTree(fromHex(told[i]?.hex ?? "") ?? new Uint8Array(), schema)).toEqual(tree);
      expect(fromJson(told[rows.length + i]?.json ?? null, schema)).toEqual(tree);
    }
  },
);

const DIFFERENT: ReadonlyArray<readonly [title: string, top: JsonObject, ours: string, theirs: string]> = [
  [
    "CC-V11: differs: decimal64 is tag 4 and keeps its digits (RFC 9254 §6.3); pycoreconf writes a float",
    { d: "2.57" },
    "01c48221190101",
    "01fb40048f5c28f5c28f",
  ],
  [
    "CC-V14: differs: bits are bytes (RFC 9254 §6.7); pycoreconf writes their names",
    { b: "x y" },
    "1901f24103",
    "1901f263782079",
  ],
  ["CC-V12: differs: empty is null (RFC 9254 §6.11); pycoreconf writes [null]", { e: [null] }, "03f6", "0381f6"],
  [
    "CC-K1: differs: an instance-identifier has the form by SIDs among SIDs (RFC 9254 §6.13.1); pycoreconf writes its text",
    { i: "/odd:top/d" },
    "0419ea61",
    "046a2f6f64643a746f702f64",
  ],
];
(PYCORECONF === undefined ? test.skip : test).each(DIFFERENT)("%s (needs pycoreconf)", (_title, top, ours, theirs) => {
  const schema = numberedSchema(ODD);
  const sidFile = join(folder, "odd.sid");
  writeFileSync(sidFile, sidFileOf(schema));
  const json: JsonObject = { "odd:top": top };
  const [told] = answers(PYCORECONF ?? "", "yang-pycoreconf.py", [sidFile], [JSON.stringify({ json })]) as {
    hex: string;
  }[];
  const head = "a119ea60a1"; // {60000: {
  expect([toHex(encodeTree(fromJson(json, schema), schema)), told?.hex]).toEqual([head + ours, head + theirs]);
});
