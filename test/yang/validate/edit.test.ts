/** Edits and what they bring about elsewhere: conditions that change (RFC 7950 §8.2, §8.3.2), references, counts. */
import { expect, test } from "@jest/globals";
import type { Json } from "../../../gateway/yang/api.ts";
import {
  edit,
  findings,
  fromJson,
  type Instance,
  type JsonObject,
  parsePath,
  readTree,
  select,
  toJson,
} from "../../../gateway/yang/index.ts";
import { valueFromJson } from "../../../gateway/yang/json.ts";
import { editFindings, validateEdit } from "../../../gateway/yang/validate/index.ts";
import { moduleM, schemaOf } from "../compile/inline.ts";

const SCHEMA = schemaOf(
  moduleM(`
  container net {
    leaf mode { type enumeration { enum none; enum fixed; enum auto; } default none; }
    leaf address { when "../mode = 'fixed'"; type string; mandatory true; }
    leaf prefix { when "../address"; type uint8; }
    container lease { when "../mode = 'auto'"; leaf time { type uint8; } leaf left { config false; type uint8; } }
    list hint { when "../mode = 'auto'"; key n; leaf n { type uint8; } }
    leaf counter { config false; when "../mode = 'auto'"; type uint8; }
  }
  list port {
    key name;
    unique mac;
    max-elements 4;
    leaf name { type string; }
    leaf mac { type string; }
    leaf up { type leafref { path "../../port/name"; } }
    leaf speed { type uint8; must ". <= ../../cap" { error-app-tag over; } }
    leaf duplex { when "../speed > 1"; type boolean; }
  }
  leaf cap { type uint8; default 9; }
  container drive {
    choice way {
      case hand { leaf speed { type uint8; } }
      case clock { container plan { leaf from { type uint8; mandatory true; } leaf to { type uint8; } } }
    }
  }
  rpc go { input { leaf port { type leafref { path "/port/name"; } mandatory true; } leaf force { when "../port"; type empty; } must "force or not(port = 'root')"; } }
  container farm { list box { key id; leaf id { type uint8; } leaf full { type boolean; }
    action fill { input { leaf amount { type uint8; must "not(../../full = 'true')"; } } }
  } }
  notification gone { must "port"; leaf port { type leafref { path "/m:port/m:name"; } } leaf why { type string; must "../port"; } }`),
);

type Items = ReadonlyArray<readonly [path: string, value: Json | undefined]>;
const instances = (items: Items): readonly Instance[] =>
  items.map(([path, json]) => {
    const id = parsePath(path, SCHEMA);
    return { id, value: json === undefined ? undefined : valueFromJson(json, id.sid, SCHEMA) };
  });

const GONE: ReadonlyArray<readonly [title: string, before: JsonObject, items: Items, after: JsonObject]> = [
  [
    "CC-7950-8.2: a node goes when an edit elsewhere makes its condition false, and what depends on it goes too",
    { "m:net": { mode: "fixed", address: "a", prefix: 8 } },
    [["/m:net/mode", "none"]],
    { "m:net": { mode: "none" } },
  ],
  [
    "CC-7950-8.2: the default that comes back makes conditions false as well",
    { "m:net": { mode: "fixed", address: "a" } },
    [["/m:net/mode", undefined]],
    {},
  ],
  [
    "CC-7950-8.2: containers and lists go with all that is in them; state is not edited",
    { "m:net": { mode: "auto", lease: { time: 1, left: 2 }, hint: [{ n: 1 }], counter: 7 } },
    [["/m:net/mode", "none"]],
    { "m:net": { mode: "none", counter: 7 } },
  ],
  [
    "CC-7950-8.2: inside an entry",
    {
      "m:port": [
        { name: "a", speed: 2, duplex: true },
        { name: "b", speed: 2, duplex: true },
      ],
    },
    [["/m:port[name='a']/speed", 1]],
    {
      "m:port": [
        { name: "a", speed: 1 },
        { name: "b", speed: 2, duplex: true },
      ],
    },
  ],
  [
    "CC-7950-8.2: what was reported although its condition does not hold stays as reported",
    { "m:net": { mode: "none", address: "a", prefix: 8 } },
    [["/m:cap", 8]],
    { "m:net": { mode: "none", address: "a", prefix: 8 }, "m:cap": 8 },
  ],
  [
    "CC-7950-8.3.2: what the request itself sets stays, to be refused",
    { "m:net": { mode: "fixed", address: "a" } },
    [
      ["/m:net/mode", "auto"],
      ["/m:net/address", "b"],
    ],
    { "m:net": { mode: "auto", address: "b" } },
  ],
];

test.each(GONE)("%s", (_title, before, items, after) => {
  const tree = fromJson(before, SCHEMA);
  const patch = instances(items);
  const edited = edit(tree, patch, SCHEMA);
  expect(toJson(edited, SCHEMA)).toEqual(after);
  expect(edit(edited, patch, SCHEMA)).toEqual(edited);
});

const VERDICTS: ReadonlyArray<
  readonly [title: string, before: JsonObject, items: Items, ...findings: ReadonlyArray<readonly [string, string]>]
> = [
  [
    "CC-7950-8.3.2: a node under a condition that does not hold is an unknown element",
    {},
    [["/m:net/address", "a"]],
    ["unknown-element", "/m:net/address"],
  ],
  [
    "CC-7950-8.3.2: so is one inside a container under such a condition",
    {},
    [["/m:net/lease/time", 1]],
    ["unknown-element", "/m:net/lease"],
  ],
  [
    "CC-7950-8.3.2: the condition counts as it is after the whole edit, in either order",
    {},
    [
      ["/m:net/lease/time", 1],
      ["/m:net/mode", "auto"],
    ],
  ],
  ...(
    [
      ["deletes it", "/m:drive/plan", undefined],
      ["deletes what is around it", "/m:drive", undefined],
      ["sets another case", "/m:drive/speed", 1],
    ] as const
  ).map(([how, path, value]): (typeof VERDICTS)[number] => [
    `CC-7950-7.6.5: a container of a case asks for its mandatory leaf no longer when the edit ${how}`,
    { "m:drive": { plan: { from: 1 } } },
    [[path, value]],
  ]),
  [
    "CC-7950-7.6.5: a container of a case asks for its mandatory leaf as soon as it is there",
    { "m:drive": { speed: 1 } },
    [["/m:drive/plan/to", 1]],
    ["missing-element", "/m:drive/plan/from"],
  ],
  [
    "CC-7950-7.6.5: it asks for it also when that leaf alone goes",
    { "m:drive": { plan: { from: 1, to: 2 } } },
    [["/m:drive/plan/from", undefined]],
    ["missing-element", "/m:drive/plan/from"],
  ],
  [
    "CC-7950-8.3.3: what a condition makes mandatory must come with it",
    {},
    [["/m:net/mode", "fixed"]],
    ["missing-element", "/m:net/address"],
  ],
  [
    "CC-7950-8.3.3: what was reported wrong does not stand in the way of other edits",
    { "m:net": { mode: "fixed" }, "m:port": [{ name: "a", speed: 99 }] },
    [["/m:port[name='b']", { name: "b", speed: 3 }]],
  ],
  [
    "CC-7950-7.5.3: a leaf that others are measured by",
    {
      "m:port": [
        { name: "a", speed: 5 },
        { name: "b", speed: 3 },
      ],
    },
    [["/m:cap", 4]],
    ["must-violation", "/m:port[name='a']/speed"],
  ],
  [
    "CC-7950-7.5.3: also when only its default remains",
    { "m:cap": 20, "m:port": [{ name: "a", speed: 15 }] },
    [["/m:cap", undefined]],
    ["must-violation", "/m:port[name='a']/speed"],
  ],
  [
    "CC-7950-9.9.3: the target of a leafref goes",
    { "m:port": [{ name: "a" }, { name: "b", up: "a" }] },
    [["/m:port[name='a']", undefined]],
    ["instance-required", "/m:port[name='b']/up"],
  ],
  [
    "CC-7950-9.9.3: it goes together with what refers to it",
    { "m:port": [{ name: "a" }, { name: "b", up: "a" }] },
    [["/m:port", undefined]],
  ],
  [
    "CC-7950-7.8.3: an entry becomes like another",
    {
      "m:port": [
        { name: "a", mac: "x" },
        { name: "b", mac: "y" },
      ],
    },
    [["/m:port[name='b']/mac", "x"]],
    ["data-not-unique", "/m:port"],
  ],
  [
    "CC-7950-7.7.6: one entry too many",
    { "m:port": ["a", "b", "c", "d"].map((name) => ({ name })) },
    [["/m:port[name='e']", { name: "e" }]],
    ["too-many-elements", "/m:port"],
  ],
];

test.each(VERDICTS)("%s", (_title, before, items, ...expected) => {
  const tree = fromJson(before, SCHEMA);
  const patch = instances(items);
  const edited = edit(tree, patch, SCHEMA);
  const found = editFindings(tree, edited, patch, SCHEMA);
  expect(found.map(({ code, facts }) => [code.slice("yang.".length), facts["path"]])).toEqual(expected);
});

test("CC-7950-7.21.5 CC-F6: a default whose condition does not hold is not read", () => {
  const schema = schemaOf(
    moduleM(`container c {
      leaf kind { type uint8; }
      leaf speed { when "../kind = 1"; type uint8; default 7; }
      container box { when "../kind = 1"; leaf size { type uint8; default 3; } }
      list e { key k; leaf k { type uint8; } leaf d { when "../k = ../../kind"; type uint8; default 5; } }
    }`),
  );
  const read = (kind: number) => {
    const tree = fromJson({ "m:c": { kind, e: [{ k: 1 }, { k: 2 }] } }, schema);
    const speed = select(tree, parsePath("/m:c/speed", schema), schema);
    const size = select(tree, parsePath("/m:c/box/size", schema), schema);
    return [speed, size, toJson(readTree(tree, schema, { content: "a", defaults: "a" }), schema)];
  };
  const rest = { speed: 7, box: { size: 3 } };
  expect(read(1)).toEqual([7, 3, { "m:c": { kind: 1, ...rest, e: [{ k: 1, d: 5 }, { k: 2 }] } }]);
  expect(read(2)).toEqual([undefined, undefined, { "m:c": { kind: 2, e: [{ k: 1 }, { k: 2, d: 5 }] } }]);
});

test("validateEdit throws the first finding, with the module's own tag", () => {
  const tree = fromJson({ "m:port": [{ name: "a", speed: 5 }] }, SCHEMA);
  const patch = instances([["/m:cap", 4]]);
  expect(() => validateEdit(tree, edit(tree, patch, SCHEMA), patch, SCHEMA)).toThrow(
    expect.objectContaining({ code: "yang.must-violation", facts: expect.objectContaining({ mustTag: "over" }) }),
  );
});

/** Messages: alone, and beside the datastore that their expressions look at (§6.4.1). */
const DATASTORE: JsonObject = {
  "m:port": [{ name: "a" }, { name: "root" }],
  "m:farm": { box: [{ id: 1, full: true }, { id: 2 }] },
};
const MESSAGES: ReadonlyArray<
  readonly [
    title: string,
    scope: string,
    contents: JsonObject,
    datastore: boolean,
    keys: readonly number[],
    ...findings: ReadonlyArray<readonly [string, string]>,
  ]
> = [
  ["CC-7950-7.14.2: an input alone", "/m:go/input", { port: "zzz" }, false, []],
  ["CC-A6: an input without a mandatory leaf", "/m:go/input", {}, false, [], ["missing-input-parameter", "/m:go/port"]],
  [
    "CC-7950-6.4.1: a leafref out of an input into the datastore",
    "/m:go/input",
    { port: "zzz" },
    true,
    [],
    ["instance-required", "/m:go/port"],
  ],
  ["CC-7950-6.4.1: and one that leads somewhere", "/m:go/input", { port: "a" }, true, []],
  [
    "CC-7950-7.14.2: a must of the input itself",
    "/m:go/input",
    { port: "root" },
    false,
    [],
    ["must-violation", "/m:go"],
  ],
  ["CC-7950-7.14.2: that holds", "/m:go/input", { port: "root", force: [null] }, true, []],
  [
    "CC-7950-7.15: an action looks at the entry it belongs to",
    "/m:farm/box/fill/input",
    { amount: 1 },
    true,
    [1],
    ["must-violation", "/m:farm/box[id='1']/fill/amount"],
  ],
  ["CC-7950-7.15: at another entry", "/m:farm/box/fill/input", { amount: 1 }, true, [2]],
  ["CC-7950-7.15: without the datastore it cannot be told", "/m:farm/box/fill/input", { amount: 1 }, false, [1]],
  [
    "CC-7950-7.16: a notification whose musts do not hold, that of a leaf and its own",
    "/m:gone",
    { why: "x" },
    false,
    [],
    ["must-violation", "/m:gone/why"],
    ["must-violation", "/m:gone"],
  ],
  [
    "CC-7950-7.16 CC-7950-6.4.1: its own must sees its leafs, which are no configuration",
    "/m:gone",
    { port: "a" },
    true,
    [],
  ],
  ["CC-7950-7.16: a notification with its reference", "/m:gone", { port: "a", why: "x" }, true, []],
];

test.each(MESSAGES)("%s", (_title, scope, contents, datastore, keys, ...expected) => {
  const node = SCHEMA.byPath(scope)!;
  const tree = contentsOf(node.sid, contents);
  const around = datastore ? { datastore: fromJson(DATASTORE, SCHEMA), keys } : { keys };
  const found = findings(tree, SCHEMA, { scope: node, ...around });
  expect(found.map(({ code, facts }) => [code.slice("yang.".length), facts["path"]])).toEqual(expected);
});

function contentsOf(sid: number, contents: JsonObject) {
  const node = SCHEMA.bySid(sid)!;
  return new Map(
    Object.entries(contents).map(([name, json]) => {
      const child = node.children.find((each) => each.name === name)!;
      return [child.sid, valueFromJson(json, child.sid, SCHEMA)];
    }),
  );
}
