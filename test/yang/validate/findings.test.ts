/** RFC 7950 §7-§9: whole datastores against modules written here; where each finding lies and which rule it names. */
import { expect, test } from "@jest/globals";
import { fromJson, type JsonObject } from "../../../gateway/yang/index.ts";
import { findings, validate } from "../../../gateway/yang/validate/index.ts";
import { moduleM, schemaOf } from "../compile/inline.ts";

type Row = readonly [
  title: string,
  body: string,
  data: JsonObject,
  ...findings: ReadonlyArray<readonly [code: string, path: string]>,
];

const LIMITS = `
  container c {
    presence "here";
    leaf type { type string; }
    leaf speed { type uint8; must ". < 10 or ../type = 'fast'" { error-message "too fast"; error-app-tag "speed"; } }
    leaf least { type uint8; default 3; must "not(../speed) or . <= ../speed"; }
    container deep { leaf on { type boolean; must "../../type"; } must "not(on) or ../speed"; }
    list item { key id; leaf id { type uint8; } leaf up { type uint8; } must "up > id"; }
    leaf-list even { type uint8; must ". mod 2 = 0"; }
    must "count(item) < 3";
  }`;

const WHENS = `
  container c {
    leaf kind { type enumeration { enum a; enum b; } }
    leaf of-a { when "../kind = 'a'"; type string; mandatory true; }
    leaf base { when "../kind = 'b'"; type uint8; default 7; }
    leaf above { type uint8; must "not(../base) or . > ../base"; }
    container box { when "../kind = 'b'"; leaf needed { type string; mandatory true; } }
    list row { when "../kind = 'b'"; key k; leaf k { type string; } }
    choice way {
      when "kind = 'b'";
      mandatory true;
      case x { leaf x1 { type string; mandatory true; } leaf x2 { type string; } }
      leaf y { type empty; }
    }
    uses g { when "kind = 'a'"; }
    leaf-list few { when "../kind = 'a'"; type string; min-elements 1; }
  }
  grouping g { leaf from-g { type string; } }
  augment "/c" { when "m:kind = 'b'"; leaf added { type string; } }`;

const CHOICES = `
  container c {
    presence "here";
    choice outer {
      mandatory true;
      case one {
        leaf a { type string; }
        choice inner { mandatory true; leaf b { type string; } leaf c { type string; } }
      }
      case two { container d { presence "here"; } }
      case three { leaf e { type string; mandatory true; } leaf f { type string; } leaf-list k { type string; } list l { key m; leaf m { type string; } } }
    }
    choice easy { default low; case low { leaf g { type uint8; default 1; } container h { leaf i { type string; } } } leaf j { type string; } }
  }`;

const ASKED_CHOICES = `
  container c {
    leaf off { type empty; }
    choice x {
      when "not(off)";
      mandatory true;
      case a { when "off = 1"; leaf a { type string; } }
      case b { when "off"; leaf b { type string; } }
    }
  }`;

const LISTS = `
  container c {
    list item {
      key "a b";
      min-elements 1;
      max-elements 3;
      unique "ip box/port";
      unique "name";
      leaf a { type string; }
      leaf b { type uint8; }
      leaf ip { type string; }
      leaf name { type string; }
      container box { leaf port { type uint16; default 80; } }
    }
    leaf-list tag { type string; max-elements 2; }
    leaf-list seen { config false; type string; }
    list log { config false; leaf text { type string; } }
  }`;

const REFERENCES = `
  identity shape;
  container top {
    list server {
      key name;
      leaf name { type string; }
      leaf rank { type uint8; default 5; }
      list port { key number; leaf number { type uint16; } leaf note { type string; } }
    }
    leaf-list words { type string; }
    leaf main { type leafref { path "../server/name"; } }
    leaf main-port { type leafref { path "../server[name = current()/../main]/port/number"; } }
    leaf port-note { type string; must "deref(../main-port)/../note = ."; }
    leaf rank { type leafref { path "/m:top/m:server/m:rank"; } }
    leaf word { type leafref { path "../words"; } }
    leaf loose { type leafref { path "../server/name"; require-instance false; } }
    leaf-list all { type leafref { path "../server/name"; } }
    leaf where { type instance-identifier; }
    leaf anywhere { type instance-identifier { require-instance false; } }
    leaf either { type union { type leafref { path "../server/name"; } type uint8; } }
    leaf other { type union { type leafref { path "../server/name"; } type uint64; } }
    leaf same { type leafref { path "../word"; } }
    leaf fixed { type leafref { path "../server/name"; } default "x"; }
  }`;

const ROWS: readonly Row[] = [
  ["CC-7950-7.5.3: a must that holds", LIMITS, { "m:c": { speed: 9 } }],
  ["CC-7950-7.5.3: a must that does not hold", LIMITS, { "m:c": { speed: 10 } }, ["must-violation", "/m:c/speed"]],
  ["CC-7950-7.5.3: it may look at its surroundings", LIMITS, { "m:c": { speed: 10, type: "fast" } }],
  [
    "CC-7950-7.5.3 CC-7950-6.4.1: a default value in use must fulfil it too",
    LIMITS,
    { "m:c": { speed: 2 } },
    ["must-violation", "/m:c/least"],
  ],
  [
    "CC-7950-7.5.3: of a container that is there and of one that is implied",
    LIMITS,
    { "m:c": { deep: { on: true } } },
    ["must-violation", "/m:c/deep"],
    ["must-violation", "/m:c/deep/on"],
  ],
  [
    "CC-7950-7.5.3: of each entry of a list, and of each value of a leaf-list once",
    LIMITS,
    {
      "m:c": {
        item: [
          { id: 1, up: 2 },
          { id: 2, up: 1 },
        ],
        even: [2, 3],
      },
    },
    ["must-violation", "/m:c/even"],
    ["must-violation", "/m:c/item[id='2']"],
  ],
  [
    "CC-7950-7.5.3: of a container about its list",
    LIMITS,
    { "m:c": { item: [1, 2, 3].map((id) => ({ id, up: 9 })) } },
    ["must-violation", "/m:c"],
  ],
  [
    "CC-7950-10.2.1: a pattern out of the data that is none is a finding",
    `leaf p { type string; must "re-match('a', .)"; }`,
    { "m:p": "(" },
    ["must-violation", "/m:p"],
  ],
  ["CC-7950-7.5.3: nothing is asked below a presence container that is not there", LIMITS, {}],
  ["CC-7950-7.21.5: what has no condition that holds is not asked for", WHENS, {}],
  [
    "CC-7950-7.21.5: it is when the condition holds",
    WHENS,
    { "m:c": { kind: "a" } },
    ["missing-element", "/m:c/of-a"],
    ["too-few-elements", "/m:c/few"],
  ],
  [
    "CC-7950-7.21.5 CC-D12: a choice with a condition, and a container without presence",
    WHENS,
    { "m:c": { kind: "b" } },
    ["missing-choice", "/m:c"],
    ["missing-element", "/m:c/box/needed"],
  ],
  [
    "CC-7950-8.3.2: what is there although its condition does not hold",
    WHENS,
    { "m:c": { kind: "a", "of-a": "x", few: ["x"], box: {}, row: [{ k: "1" }], y: [null], added: "x" } },
    ["unknown-element", "/m:c/added"],
    ["unknown-element", "/m:c/box"],
    ["unknown-element", "/m:c/row"],
    ["unknown-element", "/m:c/y"],
  ],
  [
    "CC-7950-7.13 CC-7950-7.21.5: the condition of a uses",
    WHENS,
    { "m:c": { kind: "b", y: [null], box: { needed: "x" }, "from-g": "x" } },
    ["unknown-element", "/m:c/from-g"],
  ],
  [
    "CC-7950-7.6.1: a default under a condition that does not hold is no value",
    WHENS,
    { "m:c": { kind: "a", "of-a": "x", few: ["x"], above: 1 } },
  ],
  [
    "CC-7950-7.6.1: under one that holds it is",
    WHENS,
    { "m:c": { kind: "b", y: [null], box: { needed: "x" }, above: 1 } },
    ["must-violation", "/m:c/above"],
  ],
  ["CC-D12: a mandatory choice without a case", CHOICES, { "m:c": {} }, ["missing-choice", "/m:c"]],
  [
    "CC-7950-7.9.4: a mandatory choice inside the case that is there",
    CHOICES,
    { "m:c": { a: "x" } },
    ["missing-choice", "/m:c"],
  ],
  ["CC-7950-7.9.4: with its case", CHOICES, { "m:c": { a: "x", b: "y" } }],
  [
    "CC-7950-7.9.4: a mandatory leaf of the case that is there",
    CHOICES,
    { "m:c": { f: "x" } },
    ["missing-element", "/m:c/e"],
  ],
  [
    "CC-7950-7.9: two cases at once, two levels deep",
    CHOICES,
    { "m:c": { b: "x", c: "y", d: {} } },
    ["bad-element", "/m:c/c"],
    ["bad-element", "/m:c/d"],
  ],
  ["CC-7950-7.9.3: the default case counts for nothing beside another", CHOICES, { "m:c": { d: {}, j: "x" } }],
  [
    "CC-7950-7.9.4: a mandatory choice none of whose cases may be there is missing all the same",
    ASKED_CHOICES,
    {},
    ["missing-choice", "/m:c"],
  ],
  ["CC-7950-7.9.4 CC-7950-7.21.5: unless its own condition does not hold", ASKED_CHOICES, { "m:c": { off: [null] } }],
  [
    "CC-7950-7.21.5: the case that may not be there does not stand for the choice",
    ASKED_CHOICES,
    { "m:c": { a: "x" } },
    ["unknown-element", "/m:c/a"],
  ],
  [
    "CC-7951-5.3 CC-7951-5.4 CC-7950-7.9: a list without entries is not there, and chooses no case",
    CHOICES,
    { "m:c": { d: {}, k: [], l: [] } },
  ],
  ["CC-7950-7.7.5: too few entries", LISTS, {}, ["too-few-elements", "/m:c/item"]],
  [
    "CC-7950-7.7.6: too many entries and values",
    LISTS,
    { "m:c": { item: [1, 2, 3, 4].map((b) => ({ a: "x", b })), tag: ["a", "b", "c"] } },
    ["too-many-elements", "/m:c/item"],
    ["too-many-elements", "/m:c/tag"],
  ],
  [
    "CC-7950-7.8.2: keys twice",
    LISTS,
    {
      "m:c": {
        item: [
          { a: "x", b: 1 },
          { a: "x", b: 2 },
          { a: "x", b: 1 },
        ],
      },
    },
    ["duplicate", "/m:c/item"],
  ],
  [
    "CC-7950-7.7: values of configuration twice, those of state may be",
    LISTS,
    { "m:c": { item: [{ a: "x", b: 1 }], tag: ["a", "a"], seen: ["b", "b"], log: [{ text: "a" }, { text: "a" }] } },
    ["duplicate", "/m:c/tag"],
  ],
  [
    "CC-7950-7.8.3: unique over several leaves, one by its default",
    LISTS,
    {
      "m:c": {
        item: [
          { a: "x", b: 1, ip: "1" },
          { a: "x", b: 2, ip: "1", box: { port: 80 } },
        ],
      },
    },
    ["data-not-unique", "/m:c/item"],
  ],
  [
    "CC-7950-7.8.3: entries that lack one of the leaves, and such that differ",
    LISTS,
    {
      "m:c": {
        item: [
          { a: "x", b: 1, ip: "1" },
          { a: "x", b: 2 },
          { a: "y", b: 2, ip: "1", box: { port: 81 } },
        ],
      },
    },
  ],
  [
    "CC-7950-9.9 CC-D11: a leafref that leads nowhere",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], main: "y", all: ["x", "z"] } },
    ["instance-required", "/m:top/all"],
    ["instance-required", "/m:top/main"],
  ],
  ["CC-7950-9.9.3: require-instance false", REFERENCES, { "m:top": { server: [{ name: "x" }], loose: "y" } }],
  [
    "CC-7950-9.9: to a value of a leaf-list",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], words: ["a"], word: "a" } },
  ],
  [
    "CC-7950-9.9: to a leafref",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], words: ["a", "b"], word: "a", same: "b" } },
    ["instance-required", "/m:top/same"],
  ],
  [
    "CC-7950-9.9: a default value that leads nowhere",
    REFERENCES,
    { "m:top": { server: [{ name: "z" }] } },
    ["instance-required", "/m:top/fixed"],
  ],
  [
    "CC-7950-9.9.2: a predicate chooses among the entries",
    REFERENCES,
    {
      "m:top": {
        server: [
          { name: "x", port: [{ number: 1 }] },
          { name: "y", port: [{ number: 2 }] },
        ],
        main: "x",
        "main-port": 2,
      },
    },
    ["instance-required", "/m:top/main-port"],
  ],
  [
    "CC-7950-10.3.1: a must through deref()",
    REFERENCES,
    {
      "m:top": {
        server: [
          {
            name: "x",
            port: [
              { number: 1, note: "n" },
              { number: 2, note: "o" },
            ],
          },
        ],
        main: "x",
        "main-port": 1,
        "port-note": "n",
      },
    },
  ],
  [
    "CC-7950-10.3.1: and one that says something else",
    REFERENCES,
    {
      "m:top": {
        server: [
          {
            name: "x",
            port: [
              { number: 1, note: "n" },
              { number: 2, note: "o" },
            ],
          },
        ],
        main: "x",
        "main-port": 1,
        "port-note": "o",
      },
    },
    ["must-violation", "/m:top/port-note"],
  ],
  ["CC-7950-9.9: a default in use can be the target", REFERENCES, { "m:top": { server: [{ name: "x" }], rank: 5 } }],
  [
    "CC-7950-9.9: but only as long as it is in use",
    REFERENCES,
    { "m:top": { server: [{ name: "x", rank: 4 }], rank: 5 } },
    ["instance-required", "/m:top/rank"],
  ],
  [
    "CC-7950-9.13: instance-identifiers",
    REFERENCES,
    {
      "m:top": { server: [{ name: "x" }], where: "/m:top/server[name='x']/rank", anywhere: "/m:top/server[name='y']" },
    },
  ],
  [
    "CC-7950-9.13 CC-D11: one that leads nowhere",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], where: "/m:top/server[name='y']" } },
    ["instance-required", "/m:top/where"],
  ],
  [
    "CC-7950-9.12: a leafref in a union must lead somewhere",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], either: "y" } },
    ["instance-required", "/m:top/either"],
  ],
  [
    "CC-7950-9.12: unless another member takes the value",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], other: "12" } },
  ],
  [
    "CC-7950-9.12: a number goes to the member that takes one",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], either: 7 } },
  ],
  [
    "CC-7950-9.12 CC-7951-6.10: a text with digits is no number for another member",
    REFERENCES,
    { "m:top": { server: [{ name: "x" }], either: "7" } },
    ["instance-required", "/m:top/either"],
  ],
  [
    "CC-7950-8.1: state is the business of the node that reports it",
    `container c { config false; leaf a { type string; mandatory true; } leaf b { type string; must "../a"; } }`,
    { "m:c": { b: "x" } },
  ],
];

test.each(ROWS)("%s", (_title, body, data, ...expected) => {
  const schema = schemaOf(moduleM(body));
  const found = findings(fromJson(data, schema), schema);
  const told = found.map(({ code, facts }) => [code.slice("yang.".length), facts["path"]]);
  expect(told.sort()).toEqual(expected);
});

test("CC-7950-8.1: state that must be complete", () => {
  const schema = schemaOf(
    moduleM(
      `container c { config false; leaf a { type string; mandatory true; } leaf b { type string; must "../a"; } }`,
    ),
  );
  const found = findings(fromJson({ "m:c": { b: "x" } }, schema), schema, { complete: true });
  expect(found.map(({ code }) => code)).toEqual(["yang.missing-element", "yang.must-violation"]);
});

test("CC-7950-7.5.4: a finding speaks the module's words, carries its tag and names the rule", () => {
  const schema = schemaOf(moduleM(LIMITS));
  const [finding] = findings(fromJson({ "m:c": { speed: 10 } }, schema), schema);
  expect(finding).toMatchObject({
    rule: "RFC 7950 §7.5.3",
    facts: { what: "too fast", mustTag: "speed", tag: "operation-failed", appTag: "must-violation" },
  });
});

test.each([
  [
    "CC-7950-9.2.4 CC-7950-7.5.4: a range speaks the module's words",
    "uint8 { range 1..5 { error-message even; error-app-tag r; } }",
    6,
    "not-in-range",
    "r",
    "even",
  ],
  [
    "CC-7950-9.4.4 CC-7950-7.5.4: a length speaks the module's words",
    "string { length 1..2 { error-message long; error-app-tag l; } }",
    "abc",
    "invalid-length",
    "l",
    "long",
  ],
  [
    "CC-7950-9.4.5 CC-7950-7.5.4: a pattern speaks the module's words",
    "string { pattern 'a*' { error-message odd; error-app-tag p; } }",
    "b",
    "pattern-test-failed",
    "p",
    "odd",
  ],
])("%s", (_id, type, value, code, mustTag, what) => {
  const schema = schemaOf(moduleM(`leaf x { type ${type} }`));
  expect(() => fromJson({ "m:x": value }, schema)).toThrow(
    expect.objectContaining({ code: `yang.${code}`, facts: expect.objectContaining({ mustTag, what }) }),
  );
});

test("what is enough is enough, and validate throws the first", () => {
  const schema = schemaOf(moduleM(LISTS));
  const tree = fromJson({ "m:c": { item: [1, 2, 3, 4].map((b) => ({ a: "x", b })), tag: ["a", "b", "c"] } }, schema);
  expect(findings(tree, schema, { limit: 1 })).toHaveLength(1);
  expect(() => validate(tree, schema)).toThrow(expect.objectContaining({ code: "yang.too-many-elements" }));
});
