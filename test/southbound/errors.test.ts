/** The errors of draft-ietf-core-comi-21 §6, each as a datagram in and a datagram out. */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import { decodeCbor, encodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { ERROR_APP_TAGS, ERROR_TAGS } from "../../gateway/southbound/coreconf/index.ts";
import type { ImageStore } from "../../gateway/store/index.ts";
import { decodeUint, dottedCode, type MethodName, OPTION } from "../../gateway/wire/coap/index.ts";
import { encodeTree, fixedSchema } from "../../gateway/yang/index.ts";
import { con, stage } from "../support/lockstep.ts";
import { bytes, hex, openServices, type Services } from "../support/services.ts";
import { SID_OF_GONE, sidIn, workshopSchema } from "../support/workshop.ts";

const NO_IMAGES: ImageStore = {
  receive: () => Promise.reject(new RangeError("no images here")),
  open: () => undefined,
  remove: async () => undefined,
  close: async () => undefined,
};
const schema = await workshopSchema();
const sid = (path: string): number => sidIn(schema, path);
let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices({ images: NO_IMAGES, schemas: fixedSchema(schema) });
  node = await services.join("room-1");
});

type Tag = keyof typeof ERROR_TAGS;
type AppTag = keyof typeof ERROR_APP_TAGS;
type Plain = number | string | null | readonly Plain[] | { readonly [child: string]: Plain };
interface Expected {
  readonly code: string;
  readonly tag: Tag;
  readonly appTag?: AppTag;
  /** As CBOR: a SID, or [SID, keys…]. */
  readonly at?: unknown;
}

/** {path: value} as {SID: value}, children by their deltas; a path with keys as [SID, keys…]. */
function sequence(
  edits: ReadonlyArray<readonly [id: string | readonly [string, ...Plain[]], value: Plain]>,
): Uint8Array {
  return Buffer.concat(
    edits.map(([id, value]) => {
      const path = typeof id === "string" ? id : id[0];
      const key = typeof id === "string" ? sid(path) : [sid(path), ...id.slice(1)];
      return encodeCbor(new Map([[key, members(value, path)]]) as never);
    }),
  );
}

function members(value: Plain, path: string): unknown {
  if (Array.isArray(value)) return value.map((item: Plain) => members(item, path));
  if (typeof value !== "object" || value === null) return value;
  return new Map(
    Object.entries(value).map(([name, inner]) => {
      const below = `${path}/${name}`;
      return [sid(below) - sid(path), members(inner as Plain, below)];
    }),
  );
}

async function refused(method: MethodName, payload: Uint8Array, format: number | undefined, path = `n/${node}/c`) {
  const script = await stage({ handler: services.handler });
  const line = con(method, path).payload(payload);
  const before = hex(encodeTree(services.registry.get(node).tree, schema));
  const facts = services.journal.last;
  await script.node.sends(format === undefined ? line : line.contentFormat(format));
  const message = await script.node.receives();
  await script.engine.close();
  expect(hex(encodeTree(services.registry.get(node).tree, schema))).toBe(before);
  expect(services.journal.last).toBe(facts);
  return message;
}

async function check(
  method: MethodName,
  payload: Uint8Array,
  format: number | undefined,
  expected: Expected,
  path?: string,
) {
  const message = await refused(method, payload, format, path);
  expect(dottedCode(message.code)).toBe(expected.code);
  const formatSaid = message.options.find(({ number }) => number === OPTION.contentFormat);
  expect(formatSaid && decodeUint(formatSaid.value)).toBe(140);
  const body = decodeCbor(message.payload) as Map<number, Map<number, unknown>>;
  const error = body.get(1024) ?? new Map();
  expect([...body.keys()]).toEqual([1024]);
  expect([error.get(4), error.get(1)]).toEqual([
    ERROR_TAGS[expected.tag],
    expected.appTag === undefined ? undefined : ERROR_APP_TAGS[expected.appTag],
  ]);
  if (expected.at !== undefined) expect(error.get(2)).toEqual(expected.at);
  expect(typeof error.get(3)).toBe("string");
}

const bench = (id: number, more: { readonly [leaf: string]: Plain } = {}): Plain => ({ id, owner: "me", ...more });
type Row = readonly [
  title: string,
  edits: Parameters<typeof sequence>[0],
  tag: Tag,
  appTag: AppTag | undefined,
  at: () => unknown,
];

const EDITS: readonly Row[] = [
  [
    "CC-error-data-not-unique: two benches with one serial",
    [["shop/bench", [bench(1, { serial: "x" }), bench(2, { serial: "x" })]]],
    "operation-failed",
    "data-not-unique",
    () => sid("shop/bench"),
  ],
  [
    "CC-error-too-many-elements: four benches",
    [["shop/bench", [bench(1), bench(2), bench(3), bench(4)]]],
    "operation-failed",
    "too-many-elements",
    () => sid("shop/bench"),
  ],
  [
    "CC-error-too-few-elements: a crew of one",
    [["shop/crew", { chief: "a", member: ["b"], day: null }]],
    "operation-failed",
    "too-few-elements",
    () => sid("shop/crew/member"),
  ],
  [
    "CC-error-must-violation: a load of 50",
    [["shop/load", 50]],
    "operation-failed",
    "must-violation",
    () => sid("shop/load"),
  ],
  [
    "CC-error-duplicate: the same bench twice in a list",
    [["shop/bench", [bench(1), bench(1)]]],
    "operation-failed",
    "duplicate",
    () => [sid("shop/bench"), 1],
  ],
  [
    "CC-error-invalid-datatype: text for a number",
    [["shop/speed", "fast"]],
    "invalid-value",
    "invalid-datatype",
    () => sid("shop/speed"),
  ],
  ["CC-error-not-in-range: 11 of 10", [["shop/speed", 11]], "invalid-value", "not-in-range", () => sid("shop/speed")],
  [
    "CC-error-invalid-length: four characters",
    [["shop/code", "abcd"]],
    "invalid-value",
    "invalid-length",
    () => sid("shop/code"),
  ],
  [
    "CC-error-pattern-test-failed: capitals",
    [["shop/code", "A"]],
    "invalid-value",
    "pattern-test-failed",
    () => sid("shop/code"),
  ],
  [
    "CC-error-missing-key CC-D7: a bench without its id",
    [["shop/bench", { owner: "me" }]],
    "missing-element",
    "missing-key",
    () => sid("shop/bench"),
  ],
  [
    "CC-error-missing-key CC-D8: a key that is deleted",
    [[["shop/bench/id", 1], null]],
    "missing-element",
    "missing-key",
    () => [sid("shop/bench/id"), 1],
  ],
  [
    "CC-error-missing-element: a bench without its owner",
    [["shop/bench", { id: 1 }]],
    "missing-element",
    undefined,
    () => [sid("shop/bench/owner"), 1],
  ],
  [
    "CC-error-unknown-element: a condition that is false",
    [["shop/only-a", "x"]],
    "unknown-element",
    undefined,
    () => sid("shop/only-a"),
  ],
  [
    "CC-error-bad-element: two cases of a choice",
    [["shop", { "by-hand": "x", "by-motor": "y" }]],
    "bad-element",
    undefined,
    () => sid("shop/by-motor"),
  ],
  [
    "CC-error-instance-required CC-D11: a reference to a bench that is not there",
    [["shop/main", 7]],
    "data-missing",
    "instance-required",
    () => sid("shop/main"),
  ],
  [
    "CC-error-missing-choice CC-D12: a crew without a shift",
    [["shop/crew", { chief: "a", member: ["b", "c"] }]],
    "data-missing",
    "missing-choice",
    () => sid("shop/crew"),
  ],
];

test.each(EDITS)("%s", async (_title, edits, tag, appTag, at) => {
  await check("iPATCH", sequence(edits), 142, {
    code: "4.00",
    tag,
    ...(appTag === undefined ? {} : { appTag }),
    at: at(),
  });
});

test.each(EDITS)("by PUT as well: %s", async (_title, edits, tag, appTag) => {
  const [id, value] = edits[0]!;
  if (typeof id !== "string") return; // an identifier with keys is no member of a root map
  if (id === "shop/bench" && !Array.isArray(value)) return; // nor is an entry without its list
  await check("PUT", sequence([[id, value]]), 140, { code: "4.00", tag, ...(appTag === undefined ? {} : { appTag }) });
});

const OTHERS: ReadonlyArray<
  readonly [
    title: string,
    method: MethodName,
    format: number | undefined,
    payload: () => Uint8Array,
    expected: Expected,
    path?: string,
  ]
> = [
  [
    "CC-error-malformed-message: a body that ends too early",
    "iPATCH",
    142,
    () => bytes("a1 19eeb0"),
    { code: "4.00", tag: "operation-failed", appTag: "malformed-message" },
  ],
  [
    "CC-error-malformed-message CC-D10: a FETCH that is no sequence of identifiers",
    "FETCH",
    141,
    () => bytes("a0"),
    { code: "4.00", tag: "operation-failed", appTag: "malformed-message" },
  ],
  [
    "CC-error-unknown-element: a module that is not here",
    "iPATCH",
    142,
    () => bytes("a1 1a000f4240 01"),
    { code: "4.00", tag: "unknown-element", at: 1_000_000 },
  ],
  [
    "CC-error-unknown-element: a feature that is off",
    "iPATCH",
    142,
    () => encodeCbor(new Map([[SID_OF_GONE, "x"]])),
    { code: "4.00", tag: "unknown-element" },
  ],
  [
    "CC-error-missing-input-parameter CC-A6: a call without its input",
    "POST",
    142,
    () => sequence([["ring", {}]]),
    { code: "4.00", tag: "missing-element", appTag: "missing-input-parameter" },
    "c",
  ],
  [
    "CC-error-error: state cannot be edited (4.05)",
    "iPATCH",
    142,
    () => sequence([["shop/made", 7]]),
    { code: "4.05", tag: "error" },
  ],
  [
    "CC-error-error CC-A5: FETCH of an rpc (4.05)",
    "FETCH",
    141,
    () => encodeCbor(sid("ring")),
    { code: "4.05", tag: "error" },
  ],
  [
    "CC-error-error CC-A5: iPATCH of an rpc (4.05)",
    "iPATCH",
    142,
    () => sequence([["ring", {}]]),
    { code: "4.05", tag: "error" },
  ],
  [
    "CC-error-error CC-D4: a resource that is not there (4.04)",
    "GET",
    undefined,
    () => bytes(""),
    { code: "4.04", tag: "error" },
    "x",
  ],
  [
    "CC-error-error CC-D4: a method that is not supported (4.05)",
    "PATCH",
    142,
    () => bytes("a0"),
    { code: "4.05", tag: "error" },
  ],
  [
    "CC-error-error CC-D4 CC-D5: another content format (4.15)",
    "POST",
    60,
    () => bytes("a0"),
    { code: "4.15", tag: "error" },
  ],
  [
    "CC-error-unknown-element: an rpc of no module (4.04)",
    "POST",
    142,
    () => bytes("a1 1a000f4240 f6"),
    { code: "4.04", tag: "unknown-element" },
  ],
];

test.each(
  OTHERS.map(
    ([title, method, format, payload, expected, path]) => [title, { method, format, payload, expected, path }] as const,
  ),
)("%s", async (_title, { method, format, payload, expected, path }) => {
  if (path === "c" && method === "POST") {
    const operations = [{ path: "/test-workshop:ring", run: () => undefined }];
    services = await openServices({ images: NO_IMAGES, schemas: fixedSchema(schema), operations });
    node = await services.join("room-1");
  }
  await check(method, payload(), format, expected, path);
});

test("CC-error-error: an edit that no node could ever take is 4.22", async () => {
  const members = Array.from({ length: 200 }, (_, index) => `somebody ${index}`);
  await check("iPATCH", sequence([["shop/crew", { chief: "a", member: members, day: null }]]), 142, {
    code: "4.22",
    tag: "operation-failed",
  });
});

test.each([
  ["CC-D9 CC-I7: null deletes a leaf of type empty", null, undefined],
  ["CC-I7: the container around it sets it", { lit: null }, null],
])("%s", async (_title, value, expected) => {
  const script = await stage({ handler: services.handler });
  const edits = sequence([value === null ? ["shop/lit", null] : ["shop", value as Plain]]);
  await script.node.sends(con("iPATCH", `n/${node}/c`).contentFormat(142).payload(edits));
  expect(dottedCode((await script.node.receives()).code)).toBe("2.04");
  await script.engine.close();
  const shop = services.registry.get(node).tree.get(sid("shop"));
  expect(shop instanceof Map ? shop.get(sid("shop/lit")) : undefined).toBe(expected);
});

test("the table of error-tags and app-tags has the numbers of ietf-coreconf, and every one of them has a row above", () => {
  expect(Object.values(ERROR_TAGS)).toEqual([1001, 1002, 1005, 1011, 1014, 1019, 1023]);
  const shown = new Set([...EDITS.map(([, , , appTag]) => appTag), ...OTHERS.map(([, , , , { appTag }]) => appTag)]);
  expect(Object.keys(ERROR_APP_TAGS).filter((name) => !shown.has(name as AppTag))).toEqual([]);
});
