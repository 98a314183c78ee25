/** RFC 9595 §4 — .sid files as text and back, and the forms that older tools wrote. */
import { describe, expect, test } from "@jest/globals";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { sidFileName, sidFileText } from "../../../gateway/yang/sid/write.ts";
import { fileOf } from "./modules.ts";

const GOLDEN = `{
  "ietf-sid-file:sid-file": {
    "module-name": "m",
    "module-revision": "2026-01-01",
    "sid-file-version": 3,
    "sid-file-status": "unpublished",
    "description": "caf\\u00e9 \\ud83d\\ude00",
    "dependency-revision": [
      {
        "module-name": "t",
        "module-revision": "2020-01-01"
      }
    ],
    "assignment-range": [
      {
        "entry-point": "100",
        "size": "50"
      }
    ],
    "item": [
      {
        "namespace": "module",
        "identifier": "m",
        "sid": "100"
      },
      {
        "namespace": "data",
        "identifier": "/m:a",
        "status": "unstable",
        "sid": "9007199254740991"
      }
    ]
  }
}`;

test("CC-SID-5: the order of the members, by number, ASCII only, uint64 as strings, no line feed at the end", () => {
  const text = GOLDEN.replace('"size": "50"', '"size": "9007199254740892"');
  const file = readSidFile(text, "m.sid");
  expect(file).toMatchObject({ version: 3, status: "unpublished", description: "café 😀" });
  expect(sidFileText({ ...file, items: [...file.items].reverse() })).toBe(text);
});

test("CC-SID-5: lists without entries are left out", () => {
  const file = fileOf([], { ranges: [] });
  expect(Object.keys(JSON.parse(sidFileText(file))["ietf-sid-file:sid-file"])).toEqual([
    "module-name",
    "module-revision",
  ]);
});

test("CC-SID-5: the name of the file is that of the module with its revision", () => {
  expect(sidFileName({ module: "m", revision: "2026-01-01" })).toBe("m@2026-01-01.sid");
  expect(sidFileName({ module: "m", revision: "" })).toBe("m.sid");
});

describe("older forms", () => {
  const LABELS = JSON.stringify({
    "module-name": "m",
    "module-revision": "2017-01-01",
    "assignment-ranges": [{ "entry-point": 100, size: 50 }],
    items: [
      { type: "Module", label: "m", sid: 100 },
      { type: "Submodule", label: "s", sid: 101 },
      { type: "identity", label: "/base/i", sid: 102 },
      { type: "identity$base", label: "j", sid: 103 },
      { type: "feature", label: "f", sid: 104 },
      { type: "node", label: "/c/a", sid: 105 },
      { type: "rpc", label: "/r", sid: 106 },
      { type: "notification", label: "/m:n", sid: 107 },
    ],
  });
  const TYPES = JSON.stringify({
    "module-name": "m",
    "module-revision": "2026-01-01",
    "assignment-range": [{ "entry-point": 100, size: 50 }],
    item: [
      { namespace: "data", identifier: "/m:a", status: "unstable", sid: 100, type: "uint8" },
      { namespace: "data", identifier: "/m:b", status: "stable", sid: 101, type: { "0": "off", "1": "on" } },
      { namespace: "data", identifier: "/m:c", status: "2026-01-01", sid: 102, type: ["string", "uint8"] },
    ],
    "key-mapping": { "100": [101] },
  });

  test("CC-SID-8: type and label, without wrapper, with plain numbers (before draft -03)", () => {
    expect(readSidFile(LABELS, "m.sid").items.map(({ namespace, identifier }) => `${namespace} ${identifier}`)).toEqual(
      ["module m", "module s", "identity i", "identity j", "feature f", "data /m:c/a", "data /m:r", "data /m:n"],
    );
  });

  test("CC-SID-8: items with YANG types for pycoreconf, and the status that pyang 2.6 gave by revision", () => {
    expect(readSidFile(TYPES, "m.sid").items.map(({ status }) => status)).toEqual(["unstable", "stable", "stable"]);
  });
});
