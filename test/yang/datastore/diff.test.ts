/** From one configuration to another in edits: few, small, and as an iPATCH can say them. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { configurationOf, diff, replacement } from "../../../gateway/yang/datastore/index.ts";
import {
  decodeInstances,
  edit,
  encodeInstances,
  formatInstanceId,
  fromJson,
  type JsonObject,
  type Schema,
  type Tree,
  toJson,
} from "../../../gateway/yang/index.ts";
import { ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { inDrill } from "../../support/drill.ts";
import { container, handSchema, leaf, leafList, list } from "../../support/hand-schema.ts";

const inCase = (name: string) => ({
  cases: [{ choice: "way", case: name, mandatory: false, isDefault: false }],
});
const HEATING = handSchema([
  container("h:heating", 100, [
    leaf("mode", 101, "string"),
    leaf("frost", 102, "empty"),
    leaf("flow", 103, "int32", { config: false }),
    leafList("day", 104, "string"),
    list("step", 110, ["id"], [leaf("id", 111, "uint8"), leaf("off", 112, "empty"), leaf("to", 113, "int32")], {
      orderedByUser: true,
    }),
    list(
      "room",
      120,
      ["id"],
      [leaf("id", 121, "uint8"), leaf("warm", 122, "boolean"), leaf("is", 123, "int32", { config: false })],
    ),
    container("limits", 130, [leaf("low", 131, "int32"), leaf("high", 132, "int32")]),
    container("eco", 140, [leaf("until", 141, "string")], { presence: true }),
    leaf("gas", 150, "string", inCase("gas")),
    container("pump", 151, [leaf("pace", 152, "int32")], inCase("pump")),
  ]),
  leaf("h:top", 160, "empty"),
]);

const tree = (json: JsonObject): Tree => fromJson({ "h:heating": json }, HEATING);
const said = (before: JsonObject, after: JsonObject): readonly string[] =>
  diff(tree(before), tree(after), HEATING).map(
    ({ id, value }) =>
      `${formatInstanceId(id, HEATING).replace("/h:heating", "")}${value === undefined ? " gone" : ""}`,
  );

const ROWS: ReadonlyArray<readonly [name: string, before: JsonObject, after: JsonObject, edits: readonly string[]]> = [
  ["nothing for the same", { mode: "a", room: [{ id: 1 }] }, { room: [{ id: 1 }], mode: "a" }, []],
  ["a leaf by itself", { mode: "a" }, { mode: "b" }, ["/mode"]],
  ["a leaf that goes", { mode: "a", day: ["x"] }, { day: ["x"] }, ["/mode gone"]],
  ["all of it", { mode: "a" }, {}, [" gone"]],
  ["state is passed over", { flow: 1, mode: "a" }, { mode: "a" }, []],
  ["a leaf-list as a whole", { day: ["x", "y"] }, { day: ["y"] }, ["/day"]],
  ["an empty leaf-list is none", { mode: "a", day: [] }, { mode: "a" }, []],
  ["a leaf inside a container", { limits: { low: 1, high: 2 } }, { limits: { low: 1, high: 3 } }, ["/limits/high"]],
  ["a container that comes", { mode: "a" }, { mode: "a", limits: { low: 1 } }, ["/limits"]],
  ["a container that empties goes", { mode: "a", limits: { low: 1 } }, { mode: "a", limits: {} }, ["/limits gone"]],
  ["a presence container stays empty", { eco: { until: "x" } }, { eco: {} }, ["/eco/until gone"]],
  [
    "entries by their keys",
    { room: [{ id: 1 }, { id: 2, warm: true, is: 7 }, { id: 3 }] },
    { room: [{ id: 3 }, { id: 2, warm: false }, { id: 4 }] },
    ["/room[id='1'] gone", "/room[id='2']/warm", "/room[id='4']"],
  ],
  [
    "a user-ordered list that keeps its order",
    { step: [{ id: 1 }, { id: 2, to: 1 }] },
    { step: [{ id: 2, to: 2 }, { id: 3 }] },
    ["/step[id='1'] gone", "/step[id='2']/to", "/step[id='3']"],
  ],
  [
    "a user-ordered list in another order",
    { step: [{ id: 1 }, { id: 2 }] },
    { step: [{ id: 2 }, { id: 1 }] },
    ["/step"],
  ],
  ["another case of a choice", { gas: "x" }, { pump: { pace: 1 } }, ["/pump"]],
  ["CC-I7: a leaf of type empty with what is around it", { mode: "a" }, { mode: "a", frost: [null] }, [""]],
  [
    "CC-I7: the same in an entry",
    { room: [{ id: 1 }], step: [{ id: 1 }] },
    { room: [{ id: 1 }], step: [{ id: 1, off: [null] }] },
    ["/step[id='1']"],
  ],
  ["a leaf of type empty that goes", { mode: "a", frost: [null] }, { mode: "a" }, ["/frost gone"]],
];

test.each(ROWS)("%s", (_name, before, after, edits) => {
  expect(said(before, after)).toEqual(edits);
  const edited = edit(tree(before), throughWire(diff(tree(before), tree(after), HEATING), HEATING), HEATING);
  expect(canonical(edited, HEATING)).toBe(canonical(tree(after), HEATING));
});

test("CC-I7: a leaf of type empty at the top cannot be set by an edit", () => {
  const after = fromJson({ "h:top": [null] }, HEATING);
  expect(() => diff(new Map(), after, HEATING)).toThrow(expect.objectContaining({ code: "yang.empty-at-top" }));
  expect(diff(after, new Map(), HEATING)).toEqual([{ id: { sid: 160, keys: [] }, value: undefined }]);
});

test("CC-G2: a replacement with state in it is refused", () => {
  const wanted = tree({ flow: 2 });
  expect(() => replacement(tree({}), wanted, HEATING)).toThrow(expect.objectContaining({ code: "yang.read-only" }));
});

test("CC-G5: what stands at the top of a replacement may lie deeper", () => {
  const wanted: Tree = new Map([[131, 4]]);
  expect(toJson(edit(new Map(), replacement(new Map(), wanted, HEATING), HEATING), HEATING)).toEqual({
    "h:heating": { limits: { low: 4 } },
  });
});

test("CC-G2: edits lead from any configuration to any other, also over the wire", () => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, after) => {
      const edits = diff(before, after, ZOO);
      expect(canonical(edit(before, edits, ZOO), ZOO)).toBe(canonical(after, ZOO));
      expect(canonical(edit(before, throughWire(edits, ZOO), ZOO), ZOO)).toBe(canonical(after, ZOO));
      expect(diff(after, after, ZOO)).toEqual([]);
    }),
    { numRuns: inDrill(100, 300) },
  );
});

/** What an edit does to a long list: most entries are the very same objects before and after. */
const entry = (sids: readonly [id: number, to: number], id: number, to: number): Tree =>
  new Map([
    [sids[0], id],
    [sids[1], to],
  ]);
const change = fc.record({
  kind: fc.constantFrom("delete", "replace", "append", "insert", "swap"),
  at: fc.nat(30),
  to: fc.nat(9),
});

test.each([
  ["the user", 110, [111, 113]],
  ["the system", 120, [121, 123]],
] as const)("edits lead from a list that %s orders to any that shares entries with it", (_who, list, sids) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(change, { maxLength: 5 }), (length, changes) => {
      const before = Array.from({ length }, (_, id) => entry(sids, id, 0));
      let next = 100;
      const after = changes.reduce((entries, { kind, at, to }) => {
        const place = at % (entries.length + 1);
        const there = entries[place];
        if (kind === "append") return entries.concat([entry(sids, next++, to)]);
        if (kind === "insert") return entries.toSpliced(place, 0, entry(sids, next++, to));
        if (there === undefined) return entries;
        if (kind === "delete") return entries.toSpliced(place, 1);
        if (kind === "swap") return entries.toSpliced(place, 1).concat([there]);
        return entries.with(place, entry(sids, Number(there.get(sids[0])), to));
      }, before);
      const root = (entries: readonly Tree[]): Tree => new Map([[100, new Map([[list, entries]])]]);
      const made = edit(root(before), diff(root(before), root(after), HEATING), HEATING);
      expect(canonical(made, HEATING)).toBe(canonical(root(after), HEATING));
    }),
    { numRuns: inDrill(100, 300) },
  );
});

test("one edit of a long list is found without a look at all the others", () => {
  const before = Array.from({ length: 50_000 }, (_, id) => entry([111, 113], id, 0));
  const root = (entries: readonly Tree[]): Tree => new Map([[100, new Map([[110, entries]])]]);
  const was = root(before);
  const after = root(before.with(40_000, entry([111, 113], 40_000, 7)));
  const started = process.cpuUsage();
  for (let i = 0; i < 50; i++) expect(diff(was, after, HEATING)).toHaveLength(1);
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
});

const throughWire = (edits: ReturnType<typeof diff>, schema: Schema) =>
  decodeInstances(encodeInstances(edits, schema, "any"), schema, "input", "any");

/** A list without entries, or a container with nothing but such; one that is empty by itself is there by its presence. */
const holdsNothing = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object" || value === null) return false;
  const members = Object.values(value);
  return members.length > 0 && members.every(holdsNothing);
};

/** The configuration; entries of lists that the system orders, and values of leaf-lists, in one order. */
function canonical(of: Tree, schema: Schema): string {
  const bySystem = ["room", "row"];
  const ordered = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) {
      const items = value.map((item) => ordered(item, ""));
      return bySystem.includes(name) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
    }
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).filter(([, inner]) => !holdsNothing(inner));
    return Object.fromEntries(
      members.map(([key, inner]) => [key, ordered(inner, key)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  };
  const configuration = configurationOf(of, schema);
  return JSON.stringify(ordered(toJson(configuration, schema), ""));
}
