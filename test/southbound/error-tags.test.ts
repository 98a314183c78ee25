/** draft-ietf-core-comi-21 §6 — each error-tag and error-app-tag, from the data that earns it to the bytes that say it. */
import { expect, test } from "@jest/globals";
import { fromHex } from "../../gateway/base/index.ts";
import { decodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { ERROR_APP_TAGS, ERROR_TAGS, errorResponse } from "../../gateway/southbound/coreconf/error-body.ts";
import {
  decodeTree,
  EMPTY_TREE,
  edit,
  fromJson,
  type JsonObject,
  parsePath,
  validate,
} from "../../gateway/yang/index.ts";
import { moduleM, numberedSchema } from "../yang/compile/inline.ts";

const SCHEMA = numberedSchema(
  moduleM(`container top {
      leaf few { type uint8 { range 1..5; } must ". != 3"; }
      leaf short { type string { length 1..2; pattern "[a-z]*"; } }
      list item { key k; unique v; max-elements 2; leaf k { type uint8; } leaf v { type string; } }
      container box { presence p; leaf-list tag { type string; min-elements 1; } leaf need { type string; mandatory true; } }
      choice way { leaf here { type empty; } leaf there { type empty; } }
      container pick { presence p; choice one { mandatory true; leaf x { type int8; } } }
      leaf ref { type leafref { path "../item/k"; } }
      leaf state { config false; type uint8; }
    }
    rpc go { input { leaf need { type uint8; mandatory true; } } }`),
);
const sidOf = (path: string): number => SCHEMA.byPath(path)!.sid;

const top = (json: JsonObject) => (): void => validate(fromJson({ "m:top": json }, SCHEMA), SCHEMA);
const body = (hex: string) => (): unknown => decodeTree(fromHex(hex) ?? new Uint8Array(), SCHEMA);
const put = (path: string, value: number) => (): unknown =>
  edit(EMPTY_TREE, [{ id: parsePath(path, SCHEMA), value }], SCHEMA);
const call = (): void => validate(EMPTY_TREE, SCHEMA, SCHEMA.byPath("/m:go/input"));

type Row = readonly [
  title: string,
  run: () => unknown,
  tag: keyof typeof ERROR_TAGS,
  appTag: keyof typeof ERROR_APP_TAGS | undefined,
  node: string | readonly [list: string, key: number] | undefined,
];
const ROWS: readonly Row[] = [
  [
    "CC-error-operation-failed CC-error-malformed-message: a body that ends too early",
    body("a119ea60"),
    "operation-failed",
    "malformed-message",
    undefined,
  ],
  [
    "CC-error-data-not-unique: two entries alike in what is unique",
    top({
      item: [
        { k: 1, v: "x" },
        { k: 2, v: "x" },
      ],
    }),
    "operation-failed",
    "data-not-unique",
    "/m:top/item",
  ],
  [
    "CC-error-too-many-elements: an entry above max-elements",
    top({ item: [{ k: 1 }, { k: 2 }, { k: 3 }] }),
    "operation-failed",
    "too-many-elements",
    "/m:top/item",
  ],
  [
    "CC-error-too-few-elements: fewer values than min-elements",
    top({ box: { need: "x" } }),
    "operation-failed",
    "too-few-elements",
    "/m:top/box/tag",
  ],
  [
    "CC-error-must-violation: a must that does not hold",
    top({ few: 3 }),
    "operation-failed",
    "must-violation",
    "/m:top/few",
  ],
  [
    "CC-error-duplicate: an entry twice",
    top({ item: [{ k: 1 }, { k: 1 }] }),
    "operation-failed",
    "duplicate",
    "/m:top/item",
  ],
  [
    "CC-error-invalid-value: another key than the identifier has",
    () =>
      edit(
        fromJson({ "m:top": { item: [{ k: 1 }] } }, SCHEMA),
        [{ id: { sid: sidOf("/m:top/item/k"), keys: [1] }, value: 2 }],
        SCHEMA,
      ),
    "invalid-value",
    undefined,
    ["/m:top/item/k", 1],
  ],
  [
    "CC-error-invalid-value CC-error-invalid-datatype: a text for a number",
    top({ few: "x" }),
    "invalid-value",
    "invalid-datatype",
    "/m:top/few",
  ],
  ["CC-error-not-in-range: a number outside its range", top({ few: 6 }), "invalid-value", "not-in-range", "/m:top/few"],
  [
    "CC-error-invalid-length: a text that is too long",
    top({ short: "abc" }),
    "invalid-value",
    "invalid-length",
    "/m:top/short",
  ],
  [
    "CC-error-pattern-test-failed: a text against its pattern",
    top({ short: "A" }),
    "invalid-value",
    "pattern-test-failed",
    "/m:top/short",
  ],
  [
    "CC-error-missing-element: a mandatory leaf that is not there",
    top({ box: { tag: ["x"] } }),
    "missing-element",
    undefined,
    "/m:top/box/need",
  ],
  [
    "CC-error-missing-key: an entry without its key",
    top({ item: [{ v: "x" }] }),
    "missing-element",
    "missing-key",
    "/m:top/item",
  ],
  [
    "CC-error-missing-input-parameter: a mandatory leaf of an input",
    call,
    "missing-element",
    "missing-input-parameter",
    "/m:go/input/need",
  ],
  ["CC-error-unknown-element: a name that nobody has", top({ many: 1 }), "unknown-element", undefined, "/m:top"],
  [
    "CC-error-bad-element: two cases of a choice",
    top({ here: [null], there: [null] }),
    "bad-element",
    undefined,
    "/m:top/there",
  ],
  [
    "CC-error-data-missing CC-error-instance-required CC-D11: a leafref that leads nowhere",
    top({ ref: 1 }),
    "data-missing",
    "instance-required",
    "/m:top/ref",
  ],
  [
    "CC-error-missing-choice CC-D12: a mandatory choice without a case",
    top({ pick: {} }),
    "data-missing",
    "missing-choice",
    "/m:top/pick",
  ],
  ["CC-error-error: state that somebody sets, with 4.05", put("/m:top/state", 1), "error", undefined, "/m:top/state"],
];

test.each(ROWS)("%s", (_title, run, tag, appTag, node) => {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  const { code, contentFormat, payload } = errorResponse(error, SCHEMA) ?? {};
  expect([code, contentFormat]).toEqual([tag === "error" ? "4.05" : "4.00", 140]);
  const [[container, said] = []] = decodeCbor(payload ?? new Uint8Array()) as Map<number, Map<number, unknown>>;
  expect(container).toBe(1024);
  expect(said?.get(4)).toBe(ERROR_TAGS[tag]);
  expect(said?.get(1)).toBe(appTag && ERROR_APP_TAGS[appTag]);
  expect(said?.get(2)).toEqual(
    node === undefined ? undefined : typeof node === "string" ? sidOf(node) : [sidOf(node[0]), node[1]],
  );
  expect(said?.get(3)).toEqual(expect.any(String));
});

test("CC-error-sids: each tag has the number of the draft's own .sid file, and a row above", () => {
  expect(Object.entries({ ...ERROR_TAGS, ...ERROR_APP_TAGS }).sort(([, a], [, b]) => a - b)).toEqual([
    ["bad-element", 1001],
    ["data-missing", 1002],
    ["data-not-unique", 1003],
    ["duplicate", 1004],
    ["error", 1005],
    ["instance-required", 1008],
    ["invalid-datatype", 1009],
    ["invalid-length", 1010],
    ["invalid-value", 1011],
    ["malformed-message", 1012],
    ["missing-choice", 1013],
    ["missing-element", 1014],
    ["missing-input-parameter", 1015],
    ["missing-key", 1016],
    ["must-violation", 1017],
    ["not-in-range", 1018],
    ["operation-failed", 1019],
    ["pattern-test-failed", 1020],
    ["too-few-elements", 1021],
    ["too-many-elements", 1022],
    ["unknown-element", 1023],
  ]);
  const shown = new Set(ROWS.flatMap(([, , tag, appTag]) => [tag, appTag]));
  for (const name of Object.keys({ ...ERROR_TAGS, ...ERROR_APP_TAGS })) expect([...shown]).toContain(name);
});
