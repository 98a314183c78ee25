/** Reading, editing, merging and validating datastore trees (draft-ietf-core-comi-21 §3.1, §3.2; RFC 7950 §8). */
import { expect, test } from "@jest/globals";
import type { ReadQuery } from "../../gateway/yang/api.ts";
import { edit, merge, readTree, select } from "../../gateway/yang/datastore/index.ts";
import type { Instance, InstanceId, Tree, Value } from "../../gateway/yang/tree.ts";
import { validate, validateEdit } from "../../gateway/yang/validate/index.ts";
import { container, handSchema, IETF, leaf, leafList, list, SIDGATE, type Spec } from "../support/hand-schema.ts";
import { at, remove, set, tree } from "../support/trees.ts";

const server = (name: string, ...more: ReadonlyArray<readonly [number, Value]>): Tree => tree([1759, name], ...more);
const udp = (address: string): readonly [number, Value] => [1761, tree([1762, address])];
const system = (...pairs: ReadonlyArray<readonly [number, Value]>): Tree => tree([1700, tree(...pairs)]);
const ntp = (...servers: readonly Tree[]): Tree => system([1754, tree([1755, false], [1756, servers])]);
const key = (name: string, country: string): Tree => tree([1735, name], [1733, country], [1734, new Uint8Array([1])]);
const BOB = system([1701, tree([1730, [tree([1731, "bob"], [1732, [key("admin", "france"), key("admin", "peru")]])]])]);
const NTP = ntp(server("a", udp("1.1.1.1")), server("b", udp("2.2.2.2"), [1760, true]), server("c", udp("3.3.3.3")));

const q = (content: ReadQuery["content"], defaults: ReadQuery["defaults"]): ReadQuery => ({ content, defaults });
const ROOM = tree([
  60201,
  tree([60202, 2150n], [60204, 2000n], [60209, 1], [60210, [tree([60211, "06:00"], [60212, 1900n])]]),
]);

const SELECTS: ReadonlyArray<
  readonly [name: string, tree: Tree, id: InstanceId, query: ReadQuery, value: Value | undefined]
> = [
  ["a leaf", ROOM, at(60202), q("a", "t"), 2150n],
  ["a leaf that is not there and has no default", ROOM, at(60203), q("a", "t"), undefined],
  ["CC-F6: a leaf whose default is in use", tree(), at(60209), q("a", "t"), 2],
  ["CC-F6: a leaf that was set to its default", ROOM, at(60204), q("a", "t"), 2000n],
  ["an unknown SID", ROOM, at(65535), q("a", "t"), undefined],
  ["an rpc", ROOM, at(60001), q("a", "t"), undefined],
  [
    "CC-F6 CC-F7: a container, trimmed",
    ROOM,
    at(60201),
    q("a", "t"),
    tree([60202, 2150n], [60209, 1], [60210, [tree([60211, "06:00"], [60212, 1900n])]]),
  ],
  [
    "CC-F6: a container with its defaults",
    tree([60201, tree([60202, 1n])]),
    at(60201),
    q("a", "a"),
    tree([60202, 1n], [60204, 2000n], [60209, 2]),
  ],
  [
    "a container that is not there, with its defaults",
    tree(),
    at(60201),
    q("a", "a"),
    tree([60204, 2000n], [60209, 2]),
  ],
  ["a container that is not there, trimmed", tree(), at(60201), q("a", "t"), undefined],
  [
    "CC-F5: configuration only",
    ROOM,
    at(60201),
    q("c", "t"),
    tree([60209, 1], [60210, [tree([60211, "06:00"], [60212, 1900n])]]),
  ],
  ["state only", ROOM, at(60201), q("n", "t"), tree([60202, 2150n])],
  ["the query c speaks of what is below: a config leaf itself is answered", ROOM, at(60209), q("n", "t"), 1],
  ["a whole list", BOB, at(1732, "bob"), q("a", "t"), [key("admin", "france"), key("admin", "peru")]],
  [
    "a list entry by two keys, in the order of the key statement",
    BOB,
    at(1732, "bob", "admin", "peru"),
    q("a", "t"),
    key("admin", "peru"),
  ],
  ["a leaf in nested lists", BOB, at(1734, "bob", "admin", "peru"), q("a", "t"), new Uint8Array([1])],
  ["an entry that is not there", BOB, at(1730, "jack"), q("a", "t"), undefined],
  ["a leaf below a list without its key", BOB, at(1731), q("a", "t"), undefined],
  ["half of the keys of a list", BOB, at(1732, "bob", "admin"), q("a", "t"), undefined],
  ["more keys than there are lists", BOB, at(1730, "bob", "x"), q("a", "t"), undefined],
  ["a default inside an entry", NTP, at(1757, "a"), q("a", "t"), 0],
  ["no default below an entry that is not there", NTP, at(1757, "z"), q("a", "t"), undefined],
  ["no default below a presence container that is not there", tree(), at(1755), q("a", "t"), undefined],
  [
    "CC-F6: entries with their defaults",
    ntp(server("a")),
    at(1756),
    q("a", "a"),
    [server("a", [1757, 0], [1758, false], [1760, false])],
  ],
  ["a list without entries", tree(), at(1756), q("a", "t"), undefined],
];

test.each(SELECTS)("select: %s", (_name, from, id, query, value) => {
  const schema = id.sid > 60000 ? SIDGATE : IETF;
  expect(select(from, id, schema, query)).toEqual(value);
});

test("CC-G1: the whole datastore goes through the same queries", () => {
  expect(readTree(ROOM, SIDGATE, q("n", "t"))).toEqual(tree([60201, tree([60202, 2150n])]));
  expect(readTree(tree(), SIDGATE, q("a", "a"))).toEqual(tree([60201, tree([60204, 2000n], [60209, 2])]));
  expect(readTree(tree(), SIDGATE)).toEqual(tree());
});

const EDITS: ReadonlyArray<readonly [name: string, before: Tree, instances: readonly Instance[], after: Tree]> = [
  ["CC-I1: a leaf is created with the containers around it", tree(), [set(at(1741), "me")], system([1741, "me"])],
  [
    "CC-I1: a leaf is replaced",
    system([1741, "me"], [1752, "h"]),
    [set(at(1741), "you")],
    system([1741, "you"], [1752, "h"]),
  ],
  ["CC-I1: a leaf is deleted, its empty container too", system([1741, "me"]), [remove(at(1741))], tree()],
  [
    "CC-I2: what is absent is deleted without complaint",
    NTP,
    [remove(at(1741)), remove(at(1756, "z")), remove(at(1757, "z"))],
    NTP,
  ],
  [
    "CC-I3: [sid, key]: map adds an entry",
    ntp(server("a")),
    [set(at(1756, "b"), tree([1760, true]))],
    ntp(server("a"), server("b", [1760, true])),
  ],
  [
    "CC-I3: [sid, key]: map replaces an entry in its place",
    NTP,
    [set(at(1756, "b"), server("b"))],
    ntp(server("a", udp("1.1.1.1")), server("b"), server("c", udp("3.3.3.3"))),
  ],
  [
    "CC-I3: [sid, key]: null removes an entry",
    NTP,
    [remove(at(1756, "b"))],
    ntp(server("a", udp("1.1.1.1")), server("c", udp("3.3.3.3"))),
  ],
  [
    "CC-I3 CC-D7: sid: map takes the keys from the value",
    ntp(server("a")),
    [set(at(1756), server("t"))],
    ntp(server("a"), server("t")),
  ],
  [
    "CC-I3 CC-K8: sid: array is the whole list, in its order",
    NTP,
    [set(at(1756), [server("z"), server("a")])],
    ntp(server("z"), server("a")),
  ],
  ["CC-I3: sid: null removes the list", NTP, [remove(at(1756))], system([1754, tree([1755, false])])],
  [
    "CC-I6 CC-7950-7.7.7: entries keep the order of the request",
    ntp(),
    [set(at(1756), server("z")), set(at(1756), server("a"))],
    ntp(server("z"), server("a")),
  ],
  [
    "§3.2.3.1: set, remove and add",
    ntp(server("tac.nrc.ca")),
    [
      set(at(1755), true),
      remove(at(1756, "tac.nrc.ca")),
      set(at(1756), server("tic.nrc.ca", [1760, true], udp("132.246.11.231"))),
    ],
    system([1754, tree([1755, true], [1756, [server("tic.nrc.ca", [1760, true], udp("132.246.11.231"))]])]),
  ],
  [
    "a leaf in nested lists",
    BOB,
    [set(at(1734, "bob", "admin", "peru"), new Uint8Array([2]))],
    system([
      1701,
      tree([
        1730,
        [
          tree(
            [1731, "bob"],
            [1732, [key("admin", "france"), tree([1735, "admin"], [1733, "peru"], [1734, new Uint8Array([2])])]],
          ),
        ],
      ]),
    ]),
  ],
  [
    "a leaf of an entry that is not there creates the entry",
    tree(),
    [set(at(1760, "n"), true)],
    system([1754, tree([1756, [tree([1759, "n"], [1760, true])]])]),
  ],
  ["a key set to what it is", NTP, [set(at(1759, "b"), "b")], NTP],
  [
    "a container is replaced whole",
    system([1742, tree([1746, ["a"]])], [1741, "me"]),
    [set(at(1700), tree([1752, "h"]))],
    system([1752, "h"]),
  ],
  ["an empty presence container stays", tree(), [set(at(1754), tree())], system([1754, tree()])],
  [
    "replacing configuration leaves the state beside it",
    ROOM,
    [set(at(60201), tree([60209, 0]))],
    tree([60201, tree([60202, 2150n], [60209, 0])]),
  ],
  ["deleting configuration leaves the state beside it", ROOM, [remove(at(60201))], tree([60201, tree([60202, 2150n])])],
  [
    "a leaf-list is replaced",
    system([1742, tree([1746, ["a", "b"]])]),
    [set(at(1746), ["c"])],
    system([1742, tree([1746, ["c"]])]),
  ],
];
const schemaOf = (instances: readonly Instance[]) => (instances.some(({ id }) => id.sid > 60000) ? SIDGATE : IETF);

test.each(EDITS)("edit: %s", (_name, before, instances, after) => {
  const schema = schemaOf(instances);
  const edited = edit(before, instances, schema);
  expect(edited).toEqual(after);
  expect(edit(edited, instances, schema)).toEqual(after); // RFC 8132 §3: an iPATCH is idempotent
});

const EDIT_FAULTS: ReadonlyArray<
  readonly [name: string, instances: readonly Instance[], code: string, at: InstanceId]
> = [
  ["a leaf of state", [set(at(60202), 1n)], "yang.read-only", at(60202)],
  ["state inside a container", [set(at(60201), tree([60209, 1], [60202, 1n]))], "yang.read-only", at(60202)],
  ["deleting state", [remove(at(60101))], "yang.read-only", at(60101)],
  ["an rpc", [set(at(60001), tree())], "yang.read-only", at(60001)],
  ["an unknown SID", [set(at(65535), 1)], "yang.unknown-element", at(65535)],
  ["a list entry without key", [set(at(60210), tree([60212, 1900n]))], "yang.missing-key", at(60210)],
  ["a leaf below a list without key", [set(at(60212), 1900n)], "yang.missing-key", at(60212)],
  ["a key is deleted", [remove(at(60211, "06:00"))], "yang.missing-key", at(60211, "06:00")],
  ["a key is changed", [set(at(60211, "06:00"), "07:00")], "yang.invalid-value", at(60211, "06:00")],
  [
    "a value with another key",
    [set(at(60210, "06:00"), tree([60211, "07:00"]))],
    "yang.invalid-value",
    at(60211, "06:00"),
  ],
  [
    "an entry twice in a whole list",
    [set(at(60210), [tree([60211, "06:00"]), tree([60211, "06:00"])])],
    "yang.duplicate",
    at(60210, "06:00"),
  ],
  ["more keys than there are lists", [set(at(60209, "x"), 1)], "yang.unknown-element", at(60209, "x")],
];

test.each(EDIT_FAULTS)("edit refuses %s and changes nothing", (_name, instances, code, id) => {
  const before = structuredClone(ROOM);
  const all = [set(at(60209), 0), ...instances];
  expect(() => edit(ROOM, all, SIDGATE)).toThrow(expect.objectContaining({ code, at: id }));
  expect(ROOM).toEqual(before);
});

const MERGES: ReadonlyArray<readonly [name: string, before: Tree, fragment: Tree, after: Tree]> = [
  [
    "state and configuration alike",
    ROOM,
    tree([60201, tree([60202, 1n], [60203, 40])]),
    tree([
      60201,
      tree([60202, 1n], [60204, 2000n], [60209, 1], [60210, [tree([60211, "06:00"], [60212, 1900n])]], [60203, 40]),
    ]),
  ],
  ["into nothing", tree(), ROOM, ROOM],
  ["a node deep in the schema at the top", tree(), tree([60202, 7n]), tree([60201, tree([60202, 7n])])],
  [
    "list entries by key",
    ROOM,
    tree([60201, tree([60210, [tree([60211, "06:00"], [60212, 1n]), tree([60211, "09:00"], [60212, 2n])]])]),
    tree([
      60201,
      tree(
        [60202, 2150n],
        [60204, 2000n],
        [60209, 1],
        [60210, [tree([60211, "06:00"], [60212, 1n]), tree([60211, "09:00"], [60212, 2n])]],
      ),
    ]),
  ],
];

test.each(MERGES)("merge: %s", (_name, before, fragment, after) => {
  const copy = structuredClone(before);
  expect(merge(before, fragment, SIDGATE)).toEqual(after);
  expect(before).toEqual(copy);
});

test.each([
  ["an rpc's leaf", tree([60003, 1])],
  ["a leaf of a list entry without its list", tree([60212, 1n])],
  ["an unknown SID", tree([65535, 1])],
])("merge refuses %s", (_name, fragment) => {
  expect(() => merge(ROOM, fragment, SIDGATE)).toThrow(expect.objectContaining({ code: "yang.unknown-element" }));
});

const choice = (name: string, mandatory = false, isDefault = false): Partial<Spec> => ({
  cases: [{ choice: "transport", case: name, mandatory, isDefault }],
});
const RULES = handSchema([
  container(
    "v:top",
    100,
    [
      leaf("must-be", 101, "string", { mandatory: true }),
      list(
        "item",
        110,
        ["id"],
        [
          leaf("id", 111, "uint8"),
          leaf("address", 112, "string"),
          leaf("port", 113, "uint16", { defaults: ["80"] }),
          leaf("next", 114, { base: "leafref", path: "../../item/id", target: { base: "uint8" } }),
          leaf("home", 115, {
            base: "leafref",
            path: "/v:top/v:item[v:id=current()]/v:id",
            target: { base: "uint8" },
            requireInstance: false,
          }),
        ],
        { maxElements: 3, unique: [["address", "port"]] },
      ),
      leafList("tag", 120, "string", { minElements: 1 }),
      leafList("seen", 121, "string", { config: false }),
      leaf("udp", 130, "uint16", choice("udp", true)),
      leaf("tcp", 131, "uint16", choice("tcp", true)),
      leaf("tls", 132, "boolean", { ...choice("tcp", true), mandatory: true }),
      leaf("node", 140, "instance-identifier"),
      leaf("state", 141, "string", { config: false, mandatory: true }),
    ],
    { presence: true },
  ),
  container("v:free", 200, [container("inner", 201, [leaf("needed", 202, "string", { mandatory: true })])]),
]);
const FREE: readonly [number, Value] = [200, tree([201, tree([202, "x"])])];
const top = (...pairs: ReadonlyArray<readonly [number, Value]>): Tree =>
  tree(FREE, [100, new Map([[101, "x"], [120, ["t"]], [130, 1], ...pairs] as ReadonlyArray<readonly [number, Value]>)]);
const without = (sid: number, ...pairs: ReadonlyArray<readonly [number, Value]>): Tree => {
  const whole = new Map(top(...pairs));
  const inner = new Map(whole.get(100) as Tree);
  inner.delete(sid);
  return whole.set(100, inner);
};
const item = (id: number, ...pairs: ReadonlyArray<readonly [number, Value]>): Tree => tree([111, id], ...pairs);

const DUPLICATES: ReadonlyArray<readonly [name: string, before: Tree, fragment: Tree, at: InstanceId]> = [
  ["a list that is new", tree(), tree([100, tree([110, [item(1), item(2), item(1)]])]), at(110)],
  ["a list that is known", top([110, [item(1)]]), tree([100, tree([110, [item(1), item(1)]])]), at(110)],
  ["a list at the top of the report", tree(), tree([110, [item(1), item(1)]]), at(110)],
  ["a leaf-list of configuration", tree(), tree([100, tree([120, ["a", "b", "a"]])]), at(120)],
];

test.each(DUPLICATES)("merge refuses an entry twice in %s", (_name, before, fragment, id) => {
  expect(() => merge(before, fragment, RULES)).toThrow(expect.objectContaining({ code: "yang.duplicate", at: id }));
});

test("merge finds an entry twice in a list inside an entry, and names that", () => {
  const twice = system([
    1701,
    tree([1730, [tree([1731, "bob"], [1732, [key("admin", "peru"), key("admin", "peru")]])]]),
  ]);
  expect(() => merge(tree(), twice, IETF)).toThrow(
    expect.objectContaining({ code: "yang.duplicate", at: at(1732, "bob") }),
  );
});

test("a leaf-list of state may repeat itself in a report", () => {
  const report = tree([100, tree([121, ["a", "a"]])]);
  expect(merge(tree(), report, RULES)).toEqual(report);
});

const FINDINGS: ReadonlyArray<readonly [name: string, tree: Tree, code: string, at: InstanceId]> = [
  ["a mandatory leaf is missing", without(101), "yang.missing-element", at(101)],
  ["a mandatory leaf in containers that are not there", tree(), "yang.missing-element", at(202)],
  ["no case of a mandatory choice", without(130), "yang.missing-choice", at(100)],
  ["two cases of a choice", top([131, 2], [132, true]), "yang.bad-element", at(131)],
  ["a mandatory leaf of the case that is there", without(130, [131, 2]), "yang.missing-element", at(132)],
  ["too many entries", top([110, [item(1), item(2), item(3), item(4)]]), "yang.too-many-elements", at(110)],
  ["too few values", without(120), "yang.too-few-elements", at(120)],
  ["an entry twice", top([110, [item(1), item(1)]]), "yang.duplicate", at(110)],
  ["a value twice", top([120, ["t", "t"]]), "yang.duplicate", at(120)],
  [
    "entries that agree in all unique leaves, one by its default",
    top([110, [item(1, [112, "a"]), item(2, [112, "a"], [113, 80])]]),
    "yang.data-not-unique",
    at(110),
  ],
  ["a leafref that leads nowhere", top([110, [item(1, [114, 9])]]), "yang.instance-required", at(114, 1)],
  ["an instance-identifier that leads nowhere", top([140, at(110, 7)]), "yang.instance-required", at(140)],
];

test.each(FINDINGS)("validate: %s", (_name, data, code, id) => {
  expect(() => validate(data, RULES)).toThrow(expect.objectContaining({ code, at: id }));
});

test.each<readonly [string, Tree]>([
  ["what the schema asks for, and no state", top()],
  [
    "references that lead somewhere, entries that differ",
    top([110, [item(1, [114, 2], [112, "a"]), item(2, [112, "a"], [113, 81])]], [140, at(110, 2)]),
  ],
  ["a reference that need not exist", top([110, [item(1, [115, 9])]])],
  ["state that repeats itself", top([121, ["a", "a"]])],
  ["a case with its mandatory leaf", without(130, [131, 2], [132, false])],
])("validate accepts %s", (_name, data) => {
  expect(() => validate(data, RULES)).not.toThrow();
});

test("the contents of an input are checked as a message", () => {
  const input = SIDGATE.bySid(60002);
  expect(() => validate(tree([60004, 1]), SIDGATE, input)).toThrow(
    expect.objectContaining({ code: "yang.missing-input-parameter", at: at(60003) }),
  );
});

const NEEDY = handSchema([
  container("v:home", 300, [
    list(
      "lamp",
      310,
      ["id"],
      [leaf("id", 311, "uint8"), leaf("mode", 312, "string", { mandatory: true }), leaf("level", 313, "uint8")],
      { maxElements: 2 },
    ),
    leaf("name", 320, "string", { mandatory: true }),
    leaf("near", 321, { base: "leafref", path: "../lamp/id", target: { base: "uint8" } }),
  ]),
]);
const lamp = (id: number, ...pairs: ReadonlyArray<readonly [number, Value]>): Tree => tree([311, id], ...pairs);
const home = (...pairs: ReadonlyArray<readonly [number, Value]>): Tree => tree([300, tree(...pairs)]);
/** As a node reported it: lamp 1 has no mode, and the home no name. */
const REPORTED = home([310, [lamp(1), lamp(2, [312, "on"])]]);

test.each<readonly [string, Tree, readonly Instance[]]>([
  ["a leaf elsewhere", REPORTED, [set(at(321), 2)]],
  ["another leaf of the incomplete entry", REPORTED, [set(at(313, 1), 5)]],
  ["the leaf that was missing", REPORTED, [set(at(312, 1), "on")]],
  ["the incomplete entry goes", REPORTED, [remove(at(310, 1))]],
  ["another entry, its key in the identifier", REPORTED, [set(at(310, 2), lamp(2, [312, "off"]))]],
  ["another entry, its key in the value", REPORTED, [set(at(310), lamp(2, [312, "off"]))]],
  ["an entry of too many goes", home([310, [lamp(1), lamp(2), lamp(3), lamp(4)]]), [remove(at(310, 4))]],
])("what a node left out does not stand in the way: %s", (_name, before, instances) => {
  expect(() => validateEdit(before, edit(before, instances, NEEDY), instances, NEEDY)).not.toThrow();
});

const GUILTY: ReadonlyArray<readonly [name: string, instances: readonly Instance[], code: string, at: InstanceId]> = [
  ["an entry that stays incomplete", [set(at(310, 1), lamp(1))], "yang.missing-element", at(312, 1)],
  ["an incomplete entry by its value", [set(at(310), lamp(2))], "yang.missing-element", at(312, 2)],
  ["a whole list with an incomplete entry", [set(at(310), [lamp(1)])], "yang.missing-element", at(312, 1)],
  ["a whole container without a mandatory leaf", [set(at(300), tree())], "yang.missing-element", at(320)],
  ["a mandatory leaf goes", [remove(at(312, 2))], "yang.missing-element", at(312, 2)],
  [
    "a leaf makes an entry without the others",
    [remove(at(310, 1)), set(at(313, 7), 1)],
    "yang.missing-element",
    at(312, 7),
  ],
  ["one entry too many", [set(at(310, 3), lamp(3, [312, "on"]))], "yang.too-many-elements", at(310)],
  ["a reference that leads nowhere", [set(at(321), 9)], "yang.instance-required", at(321)],
  ["what a reference leads to goes", [set(at(321), 2), remove(at(310, 2))], "yang.instance-required", at(321)],
];

test.each(GUILTY)("what an edit brings about is refused: %s", (_name, instances, code, id) => {
  expect(() => validateEdit(REPORTED, edit(REPORTED, instances, NEEDY), instances, NEEDY)).toThrow(
    expect.objectContaining({ code, at: id }),
  );
});
