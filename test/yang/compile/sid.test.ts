/** RFC 9595 — .sid files: what they bind, in both dialects and older forms, and what is refused. */
import { describe, expect, test } from "@jest/globals";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import type { Schema } from "../../../gateway/yang/index.ts";
import { bindSids } from "../../../gateway/yang/sid/bind.ts";
import { readSidFile, type SidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { compileTexts, moduleM, nodeAt, refusal } from "./inline.ts";

type Item = readonly [namespace: string, identifier: string, sid: string | number, status?: string];

const sidFile = (
  items: readonly Item[],
  ranges: ReadonlyArray<readonly [string, string]> = [["100", "50"]],
  module = "m",
) =>
  JSON.stringify({
    "ietf-sid-file:sid-file": {
      "module-name": module,
      "module-revision": "2026-01-01",
      "assignment-range": ranges.map(([entry, size]) => ({ "entry-point": entry, size })),
      item: items.map(([namespace, identifier, sid, status]) => ({
        namespace,
        identifier,
        sid,
        ...(status ? { status } : {}),
      })),
    },
  });

const MODEL = moduleM(`feature f; identity i; identity j { base i; }
  container c { choice k { case x { leaf a { type int8; } } leaf b { type int8; } } } rpc r;`);
const read = (items: readonly Item[]): SidFile => readSidFile(sidFile(items), "m.sid");
const bind = (...files: readonly SidFile[]): Schema => openSchema(bindSids(compileTexts([MODEL]), files));

const NODES: readonly Item[] = [
  ["module", "m", "100"],
  ["identity", "i", "101"],
  ["feature", "f", "102"],
  ["data", "/m:c", "110"],
];

describe("binding", () => {
  test("module, identities and nodes get their numbers", () => {
    const schema = bind(read([...NODES, ["identity", "j", "103"], ["data", "/m:r/input", "120"]]));
    expect(schema.modules[0]?.sid).toBe(100);
    expect(schema.identityBySid(103)?.name).toBe("m:j");
    expect(schema.bySid(120)).toBe(nodeAt(schema, "/m:r/input"));
    expect(nodeAt(schema, "/m:r/output").sid).toBeLessThan(0);
    expect(schema.bySid(101)).toBeUndefined();
  });

  test("paths of data nodes only", () => {
    const schema = bind(read([...NODES, ["data", "/m:c/a", "111"], ["data", "/m:c/b", "112"]]));
    expect([schema.bySid(111)?.name, schema.bySid(112)?.name]).toEqual(["a", "b"]);
  });

  test("paths with choices and cases, whose own numbers stand for no node", () => {
    const rows: readonly Item[] = [
      ...NODES,
      ["data", "/m:c/k", "111"],
      ["data", "/m:c/k/b", "112"],
      ["data", "/m:c/k/b/b", "113"],
      ["data", "/m:c/k/x", "114"],
      ["data", "/m:c/k/x/a", "115"],
    ];
    const schema = bind(read(rows));
    expect([111, 112, 113, 114, 115].map((sid) => schema.bySid(sid)?.name)).toEqual([
      undefined,
      undefined,
      "b",
      undefined,
      "a",
    ]);
  });

  test("CC-SID-8: the forms of older tools", () => {
    const old = JSON.stringify({
      "module-name": "m",
      "module-revision": "2017-01-01",
      "assignment-ranges": [{ "entry-point": 100, size: 50 }],
      items: [
        { type: "Module", label: "m", sid: 100 },
        { type: "identity$i", label: "i", sid: 101 },
        { type: "node", label: "/m:c/a", sid: 102 },
        { namespace: "data", identifier: "/m:c/b", sid: 103 },
      ],
    });
    const schema = bind(readSidFile(old, "old.sid"));
    expect([schema.identityBySid(101)?.name, schema.bySid(102)?.name, schema.bySid(103)?.name]).toEqual([
      "m:i",
      "a",
      "b",
    ]);
  });

  test("CC-SID-7: an item that a later revision removed may lead nowhere", () => {
    expect(bind(read([...NODES, ["data", "/m:gone", "111", "obsolete"]])).bySid(111)).toBeUndefined();
  });
});

describe("refusals", () => {
  const READING: ReadonlyArray<readonly [name: string, text: string, code: string, facts?: object]> = [
    ["no JSON", "{", "yang.sid-file"],
    ["no module name", "{}", "yang.sid-file"],
    ["CC-9595-4: a path for the name of a module", '{"module-name":"../../x"}', "yang.sid-file"],
    ["CC-9595-4: a path for a revision", '{"module-name":"m","module-revision":"../x"}', "yang.sid-file"],
    [
      "an item without number",
      '{"ietf-sid-file:sid-file":{"module-name":"m","item":[{"identifier":"/m:c"}]}}',
      "yang.sid-file",
    ],
    ["a number that is none", sidFile([["data", "/m:c", "x1"]]), "yang.sid-file"],
    ["SID 0, which is reserved", sidFile([["data", "/m:c", "0"]]), "yang.sid-too-large", { sid: "0" }],
    [
      "a SID beyond 2^53-1",
      sidFile([["data", "/m:c", "9007199254740992"]]),
      "yang.sid-too-large",
      { identifier: "/m:c" },
    ],
    ["a SID outside the ranges", sidFile([["data", "/m:c", "150"]]), "yang.sid-range", { sid: 150 }],
    [
      "one SID for two items",
      sidFile([
        ["data", "/m:c", "110"],
        ["identity", "i", "110"],
      ]),
      "yang.sid-duplicate",
      { identifier: "i" },
    ],
    [
      "two SIDs for one item",
      sidFile([
        ["data", "/m:c", "110"],
        ["data", "/m:c", "111"],
      ]),
      "yang.sid-duplicate",
      { identifier: "/m:c" },
    ],
  ];
  test.each(READING)("%s", (_name, text, code, facts = {}) => {
    expect(refusal(() => readSidFile(text, "m.sid"))).toMatchObject({ code, file: "m.sid", ...facts });
  });

  const BINDING: ReadonlyArray<readonly [name: string, items: readonly Item[], identifier: string]> = [
    ["a path that leads nowhere", [["data", "/m:c/zzz", "111"]], "/m:c/zzz"],
    ["an identity that is not there", [["identity", "zzz", "111"]], "zzz"],
    ["a feature that is not there", [["feature", "zzz", "111"]], "zzz"],
  ];
  test.each(BINDING)("%s", (_name, items, identifier) => {
    expect(refusal(() => bind(read(items)))).toMatchObject({ code: "yang.sid-identifier", identifier, module: "m" });
  });

  test("CC-9595-4: ranges of two files that overlap", () => {
    const other = readSidFile(sidFile([], [["149", "10"]], "o"), "o.sid");
    expect(refusal(() => bind(read(NODES), other))).toMatchObject({
      code: "yang.sid-overlap",
      file: "o.sid",
      range: "149-158",
      otherFile: "m.sid",
      otherRange: "100-149",
    });
  });
});

test("CC-models-names: a module without a file keeps its nodes, under numbers that are no SIDs", () => {
  const schema = bind();
  expect(schema.roots.map(({ sid }) => sid < 0)).toEqual(schema.roots.map(() => true));
  expect(schema.roots.map(({ sid }) => schema.bySid(sid))).toEqual(schema.roots);
});
