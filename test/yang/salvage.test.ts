/** Stored data read with a schema that was changed since: what still fits, and what is named as left out. */
import { expect, test } from "@jest/globals";
import { encodeTree, salvageTree } from "../../gateway/yang/index.ts";
import { container, handSchema, leaf, list } from "../support/hand-schema.ts";
import { tree } from "../support/trees.ts";

const room = (level: "uint8" | "uint16") =>
  container("v:room", 100, [leaf("level", 101, level), leaf("name", 102, "string")]);
const timer = list("v:timer", 200, ["id"], [leaf("id", 201, "uint8"), leaf("on", 202, "boolean")]);
const BEFORE = handSchema([room("uint16"), timer]);
const NARROWED = handSchema([room("uint8"), timer]);
const REMOVED = handSchema([timer]);
const BUSY = handSchema([room("uint16"), list("v:timer", 200, ["id"], [leaf("id", 201, "string")])]);

const ROOM = tree([101, 1000], [102, "attic"]);
const TIMERS = [tree([201, 1], [202, true])];
const STORED = encodeTree(tree([100, ROOM], [200, TIMERS]), BEFORE);

test.each([
  ["nothing when the schema is the same", BEFORE, tree([100, ROOM], [200, TIMERS]), []],
  ["a container whose leaf was narrowed", NARROWED, tree([200, TIMERS]), [100]],
  ["a container whose module was removed", REMOVED, tree([200, TIMERS]), [100]],
  ["a list whose key has another type, and a leaf that is gone", BUSY, tree([100, ROOM]), [200]],
  ["everything when no module is left", handSchema([]), tree(), [100, 200]],
])("left out is %s", (_name, schema, kept, dropped) => {
  const salvaged = salvageTree(STORED, schema);
  expect(salvaged.tree).toEqual(kept);
  expect(salvaged.dropped.map(({ sid }) => sid)).toEqual(dropped);
  for (const { reason } of salvaged.dropped) expect(reason).not.toBe("");
});

test.each([
  ["nothing at all", "", "cbor.truncated"],
  ["no map", "83010203", "cbor.type"],
  ["a key that is neither SID nor name", "a1 4161 01", "cbor.type"],
  ["the same member by name and by SID", "a2 66763a726f6f6d a0 1864 a0", "cbor.duplicate-key"],
  ["an end inside a member that is left out", "a1 1903e8 a2 01", "cbor.truncated"],
  ["an end inside a member that fits", "a1 1864 a1 01", "cbor.truncated"],
  ["the same member twice", "a2 1903e8 01 1903e8 01", "cbor.duplicate-key"],
  ["bytes behind the map", "a0 00", "cbor.trailing"],
  ["noise", "ffffffff", "cbor.type"],
])("refused is %s", (_name, hex, code) => {
  expect(() => salvageTree(Buffer.from(hex.replaceAll(" ", ""), "hex"), BEFORE)).toThrow(
    expect.objectContaining({ code }),
  );
});

test("what was stored by name is read by name, and by its SID once it has one", () => {
  const unnumbered = handSchema([
    container("v:room", -1, [leaf("level", -2, "uint16"), leaf("name", 102, "string")]),
    list("v:timer", -3, ["id"], [leaf("id", -4, "uint8"), leaf("on", -5, "boolean")]),
  ]);
  const stored = encodeTree(
    tree([-1, tree([-2, 1000], [102, "attic"])], [-3, [tree([-4, 1], [-5, true])]]),
    unnumbered,
    "any",
  );
  expect(salvageTree(stored, unnumbered).tree).toEqual(
    tree([-1, tree([-2, 1000], [102, "attic"])], [-3, [tree([-4, 1], [-5, true])]]),
  );
  expect(salvageTree(stored, BEFORE).tree).toEqual(tree([100, ROOM], [200, TIMERS]));
  const { tree: kept, dropped } = salvageTree(stored, handSchema([timer]));
  expect(kept).toEqual(tree([200, TIMERS]));
  expect(dropped).toEqual([{ sid: undefined, reason: expect.any(String), bytes: expect.any(Uint8Array) }]);
});
