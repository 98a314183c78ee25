/** RFC 7950 §6.4.1, §10.4, §7.8: what a name means where several modules meet; where each finding lies. */
import { expect, test } from "@jest/globals";
import { fromJson, type JsonObject } from "../../../gateway/yang/index.ts";
import { findings } from "../../../gateway/yang/validate/index.ts";
import { moduleM, schemaOf } from "../compile/inline.ts";

const other = (name: string, body: string): string =>
  `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix p; import m { prefix m; } ${body} }`;

/** The module that adds stands first, so that its nodes have the smaller numbers. */
const LISTS = [
  other("a", `augment /m:item { leaf id { type string; } leaf port { type uint8; } leaf far { type uint8; } }`),
  moduleM(`list item { key id; unique port; leaf id { type uint8; } leaf port { type uint8; } }
    leaf ref { type leafref { path "/item/id"; } } leaf ask { type uint8; must "/item[id = current()]"; }`),
];

const SHAPES = [
  moduleM(`identity shape; identity round { base shape; }
    grouping g { leaf is { type identityref { base shape; } } leaf any { type empty; must "derived-from ( ../is , 'shape')"; }
      leaf own { type empty; must "derived-from-or-self(../is, 'm:round')"; } leaf equal { type empty; must "../is = 'm:round'"; } }`),
  other("user", `identity round { base m:shape; } identity shape; uses m:g;`),
];

/** Its prefix is not its name. */
const LONG = [
  `module long { yang-version 1.1; namespace "urn:l"; prefix l; identity base; identity one { base base; }
    leaf text { type string; must ". = 'l:two'"; } leaf id { type identityref { base base; } must ". = 'l:one'"; } }`,
];

const ROWS: ReadonlyArray<
  readonly [
    title: string,
    modules: readonly string[],
    data: JsonObject,
    ...findings: ReadonlyArray<readonly [code: string, path: string]>,
  ]
> = [
  [
    "CC-7950-7.8.2: a leaf of the same name that another module has added is no key",
    LISTS,
    {
      "m:item": [
        { id: 1, "a:id": "x" },
        { id: 2, "a:id": "x" },
      ],
      "m:ref": 1,
      "m:ask": 2,
    },
  ],
  [
    "CC-7950-7.8.2: nor does it tell entries apart",
    LISTS,
    {
      "m:item": [
        { id: 1, "a:id": "x" },
        { id: 1, "a:id": "y" },
      ],
    },
    ["duplicate", "/m:item"],
  ],
  [
    "CC-7950-7.8.3: nor need it be unique",
    LISTS,
    {
      "m:item": [
        { id: 1, "a:port": 5 },
        { id: 2, "a:port": 5 },
      ],
    },
  ],
  [
    "CC-7950-7.8.3: while the one of the list itself must",
    LISTS,
    {
      "m:item": [
        { id: 1, port: 5 },
        { id: 2, port: 5 },
      ],
    },
    ["data-not-unique", "/m:item"],
  ],
  [
    "CC-7950-10.4.1: an identity without prefix is of the module that wrote the expression (differs: yanglint 2.1.30 looks in the module that uses the grouping)",
    SHAPES,
    { "user:is": "user:round", "user:any": [null] },
  ],
  ["CC-7950-10.4.2: one with a prefix too", SHAPES, { "user:is": "m:round", "user:own": [null], "user:equal": [null] }],
  [
    "CC-7950-10.4.2: another one of the same name is another one",
    SHAPES,
    { "user:is": "user:round", "user:own": [null], "user:equal": [null] },
    ["must-violation", "/user:equal"],
    ["must-violation", "/user:own"],
  ],
  ["CC-7950-6.4.1: a literal that names an identity is found by whatever prefix", LONG, { "long:id": "one" }],
  ["CC-7950-6.4.1: a literal that only looks like one stays as it is", LONG, { "long:text": "l:two" }],
];

test.each(ROWS)("%s", (_title, modules, data, ...expected) => {
  const schema = schemaOf(...modules);
  const found = findings(fromJson(data, schema), schema);
  const told = found.map(({ code, facts }) => [code.slice("yang.".length), facts["path"]]);
  expect(told.sort()).toEqual(expected);
});
