/**
 * The errors of draft-ietf-core-comi-21 §6, each as a datagram in and a datagram out, through the engine and the handler:
 * every error-tag and error-app-tag (dossier 2.7), and every CoAP code of a refusal. What is refused leaves the datastore
 * and the journal as they were.
 */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type NodeId, StoreError } from "../../gateway/base/index.ts";
import { MOST_WAITING } from "../../gateway/service/mailbox/index.ts";
import { decodeCbor, encodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { ERROR_APP_TAGS, ERROR_TAGS } from "../../gateway/southbound/coreconf/index.ts";
import { MOST } from "../../gateway/southbound/coreconf/limits.ts";
import { memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { decodeUint, dottedCode, type Message, type MethodName, OPTION } from "../../gateway/wire/coap/index.ts";
import { encodeTree, fixedSchema } from "../../gateway/yang/index.ts";
import { con, type Line, type Stage, stage } from "../support/lockstep.ts";
import { bytes, hex, openServices, type Services, StandingClock } from "../support/services.ts";
import { SID_OF_GONE, sidIn, workshopSchema } from "../support/workshop.ts";

const schema = await workshopSchema();
const sid = (path: string): number => sidIn(schema, path);

let journal = memoryJournal();
let services: Services;
let node: NodeId;
let script: Stage;
/** Whom the requests come from: a manager who may nothing, or as in lab mode one who may everything. */
let user: string | undefined;

beforeEach(async () => {
  user = undefined;
  journal = memoryJournal();
  services = await openServices({
    schemas: fixedSchema(schema),
    managers: ["boss"],
    operations: [{ path: "/test-workshop:ring", run: () => undefined }],
    on: { clock: new StandingClock(), journal, state: memoryState() },
  });
  node = await services.join("room-1");
  script = await stage({
    handler: (peer, request) =>
      services.handler(
        user === undefined ? peer : { ...peer, identity: { kind: "oscore", id: "01", name: user } },
        request,
      ),
  });
});
afterEach(() => script.engine.close());

type Plain = number | string | null | readonly Plain[] | { readonly [child: string]: Plain };
type Edit = readonly [id: string | readonly [string, ...Plain[]], value: Plain];

/** {path: value} as {SID: value}, children by their deltas; a path with keys as [SID, keys…]. */
function sequence(edits: readonly Edit[]): Uint8Array {
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

interface Expected {
  readonly code: string;
  /** Absent where the answer has no body. */
  readonly tag?: keyof typeof ERROR_TAGS;
  readonly appTag?: keyof typeof ERROR_APP_TAGS;
  /** As CBOR: a SID, or [SID, keys…]. */
  readonly at?: () => unknown;
}
type Row = readonly [title: string, lines: () => readonly Line[], expected: Expected, before?: () => Promise<unknown>];

/** One datagram; `path`: the node's datastore unless it is said. */
const ask = (
  method: MethodName,
  format?: number,
  payload: Uint8Array = new Uint8Array(),
  path = `n/${node}/c`,
): Line => {
  const line = con(method, path).payload(payload);
  return format === undefined ? line : line.contentFormat(format);
};
const patch =
  (...edits: readonly Edit[]) =>
  (): readonly Line[] => [ask("iPATCH", 142, sequence(edits))];
const patched = (payload: string) => (): readonly Line[] => [ask("iPATCH", 142, bytes(payload))];
const call =
  (...edits: readonly Edit[]) =>
  (): readonly Line[] => [ask("POST", 142, sequence(edits), "c")];
const RING = encodeCbor(new Map([[sid("ring"), new Map([[sid("ring/input/times") - sid("ring"), 1]])]]));
const bench = (id: number, more: { readonly [leaf: string]: Plain } = {}): Plain => ({ id, owner: "me", ...more });
const failed = (appTag?: Expected["appTag"], at?: () => unknown): Expected => ({
  code: "4.00",
  tag: "operation-failed",
  ...(appTag === undefined ? {} : { appTag }),
  ...(at === undefined ? {} : { at }),
});
const tagged = (tag: Expected["tag"], appTag: Expected["appTag"], at: () => unknown): Expected => ({
  ...failed(appTag, at),
  ...(tag === undefined ? {} : { tag }),
});

/** What a 4.00 says: each error-tag and each error-app-tag. */
const TAGS: readonly Row[] = [
  [
    "CC-error-operation-failed CC-error-malformed-message: a body that ends too early",
    patched("a1 19eeb0"),
    failed("malformed-message"),
  ],
  [
    "CC-error-malformed-message CC-D10: a FETCH that is no sequence of identifiers",
    () => [ask("FETCH", 141, bytes("a0"))],
    failed("malformed-message"),
  ],
  [
    "CC-error-data-not-unique: two benches with one serial",
    patch(["shop/bench", [bench(1, { serial: "x" }), bench(2, { serial: "x" })]]),
    failed("data-not-unique", () => sid("shop/bench")),
  ],
  [
    "CC-error-too-many-elements: four benches",
    patch(["shop/bench", [bench(1), bench(2), bench(3), bench(4)]]),
    failed("too-many-elements", () => sid("shop/bench")),
  ],
  [
    "CC-error-too-few-elements: a crew of one",
    patch(["shop/crew", { chief: "a", member: ["b"], day: null }]),
    failed("too-few-elements", () => sid("shop/crew/member")),
  ],
  ["CC-error-must-violation: a load of 50", patch(["shop/load", 50]), failed("must-violation", () => sid("shop/load"))],
  [
    "CC-error-duplicate: the same bench twice in a list",
    patch(["shop/bench", [bench(1), bench(1)]]),
    failed("duplicate", () => [sid("shop/bench"), 1]),
  ],
  [
    "CC-error-invalid-value: another key than the identifier has",
    patch([["shop/bench/id", 1], 2]),
    tagged("invalid-value", undefined, () => [sid("shop/bench/id"), 1]),
  ],
  [
    "CC-error-invalid-datatype: text for a number",
    patch(["shop/speed", "fast"]),
    tagged("invalid-value", "invalid-datatype", () => sid("shop/speed")),
  ],
  [
    "CC-error-not-in-range: 11 of 10",
    patch(["shop/speed", 11]),
    tagged("invalid-value", "not-in-range", () => sid("shop/speed")),
  ],
  [
    "CC-error-invalid-length: four characters",
    patch(["shop/code", "abcd"]),
    tagged("invalid-value", "invalid-length", () => sid("shop/code")),
  ],
  [
    "CC-error-pattern-test-failed: capitals",
    patch(["shop/code", "A"]),
    tagged("invalid-value", "pattern-test-failed", () => sid("shop/code")),
  ],
  [
    "CC-error-missing-element: a bench without its owner",
    patch(["shop/bench", { id: 1 }]),
    tagged("missing-element", undefined, () => [sid("shop/bench/owner"), 1]),
  ],
  [
    "CC-error-missing-key CC-D7: a bench without its id",
    patch(["shop/bench", { owner: "me" }]),
    tagged("missing-element", "missing-key", () => sid("shop/bench")),
  ],
  [
    "CC-error-missing-key CC-D8: a key that is deleted",
    patch([["shop/bench/id", 1], null]),
    tagged("missing-element", "missing-key", () => [sid("shop/bench/id"), 1]),
  ],
  [
    "CC-error-missing-input-parameter CC-A6: a call without its input",
    call(["ring", {}]),
    tagged("missing-element", "missing-input-parameter", () => sid("ring/input/times")),
  ],
  [
    "CC-error-unknown-element: a condition that is false",
    patch(["shop/only-a", "x"]),
    tagged("unknown-element", undefined, () => sid("shop/only-a")),
  ],
  [
    "CC-error-unknown-element: a module that is not here",
    patched("a1 1a000f4240 01"),
    tagged("unknown-element", undefined, () => 1_000_000),
  ],
  [
    "CC-error-unknown-element: a feature that is off",
    () => [ask("iPATCH", 142, encodeCbor(new Map([[SID_OF_GONE, "x"]])))],
    tagged("unknown-element", undefined, () => SID_OF_GONE),
  ],
  [
    "CC-error-bad-element: two cases of a choice",
    patch(["shop", { "by-hand": "x", "by-motor": "y" }]),
    tagged("bad-element", undefined, () => sid("shop/by-motor")),
  ],
  [
    "CC-error-data-missing CC-error-instance-required CC-D11: a reference to a bench that is not there",
    patch(["shop/main", 7]),
    tagged("data-missing", "instance-required", () => sid("shop/main")),
  ],
  [
    "CC-error-missing-choice CC-D12: a crew without a shift",
    patch(["shop/crew", { chief: "a", member: ["b", "c"] }]),
    tagged("data-missing", "missing-choice", () => sid("shop/crew")),
  ],
];

const asGuest = async (): Promise<void> => {
  const { access, ledger } = services;
  if (access === undefined) throw new RangeError("it was asked for");
  await ledger.record("datastore.edited", { root: "gateway", patch: access.patch(access.config), actor: "test" });
  user = "guest";
};
const edited = (): Promise<unknown> => accepted(ask("iPATCH", 142, sequence([["shop/speed", 3]])));
const refusal = (code: string, tag?: Expected["tag"], at?: () => unknown): Expected => ({
  code,
  ...(tag === undefined ? {} : { tag }),
  ...(at === undefined ? {} : { at }),
});
/** Entries of a list, one edit each. */
const periods = (count: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_, minute) => {
      const start = `${String(Math.trunc(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
      const key = `65${hex(Buffer.from(start))}`;
      return bytes(`a1 82 19eb32 ${key} a2 01 ${key} 02 c48221190834`);
    }),
  );
/** A body in blocks of 1024 bytes. */
const inBlocks = (line: () => Line, body: Uint8Array): readonly Line[] =>
  Array.from({ length: Math.ceil(body.length / 1024) }, (_, num) =>
    line()
      .block1(num, (num + 1) * 1024 < body.length ? 1 : 0, 1024)
      .payload(body.subarray(num * 1024, (num + 1) * 1024)),
  );

/** Each code of a refusal. What concerns the message alone (RFC 7252, RFC 7959), and 5.xx, has no body. */
const CODES: readonly Row[] = [
  ["CC-code-4.00: a constraint does not hold", patch(["shop/load", 50]), failed("must-violation")],
  [
    "CC-code-4.00: more in one request than it may have",
    () => [ask("FETCH", 141, Buffer.alloc(MOST.identifiers + 1, 1))],
    refusal("4.00", "error"),
  ],
  [
    "CC-code-4.01 CC-error-error: an edit of what one may not edit",
    patch(["shop/speed", 3]),
    refusal("4.01", "error", () => sid("shop/speed")),
    asGuest,
  ],
  [
    "CC-code-4.01: a call that one may not make",
    () => [ask("POST", 142, RING, "c")],
    refusal("4.01", "error", () => sid("ring")),
    asGuest,
  ],
  [
    "CC-code-4.01: a node that never joined",
    () => [ask("GET", undefined, undefined, "c").query("ep=nobody")],
    refusal("4.01", "error"),
  ],
  ["CC-code-4.02: a query that nobody knows", () => [ask("GET").query("depth=1")], refusal("4.02", "error")],
  [
    "CC-code-4.02 CC-F5: `c` with iPATCH",
    () => [ask("iPATCH", 142, sequence([["shop/speed", 3]])).query("c=c")],
    refusal("4.02", "error"),
  ],
  ["CC-code-4.02 CC-F5: `c` twice", () => [ask("GET").query("c=c").query("c=c")], refusal("4.02", "error")],
  [
    "CC-code-4.02: a condition with a call",
    () => [ask("POST", 142, RING, "c")].map((line) => line.option(OPTION.ifNoneMatch, bytes(""))),
    refusal("4.02", "error"),
  ],
  ["CC-code-4.02: a critical option that nobody knows", () => [ask("GET").option(2049, bytes("01"))], refusal("4.02")],
  [
    "CC-code-4.04 CC-D4: a resource that is not there",
    () => [ask("GET", undefined, undefined, "x")],
    refusal("4.04", "error"),
  ],
  [
    "CC-code-4.04: a node that is not there",
    () => [ask("GET", undefined, undefined, "n/n-0000/c")],
    refusal("4.04", "error"),
  ],
  [
    "CC-code-4.04 CC-error-unknown-element: a call of no module",
    () => [ask("POST", 142, bytes("a1 1a000f4240 f6"), "c")],
    refusal("4.04", "unknown-element"),
  ],
  [
    "CC-code-4.04 CC-error-unknown-element: data of the gateway in a node",
    patched("a1 19eb8d a1 01 61 78"),
    refusal("4.04", "unknown-element"),
  ],
  [
    "CC-code-4.05 CC-error-error: an edit of state",
    patch(["shop/made", 7]),
    refusal("4.05", "error", () => sid("shop/made")),
  ],
  ["CC-code-4.05 CC-A5: FETCH of an rpc", () => [ask("FETCH", 141, encodeCbor(sid("ring")))], refusal("4.05", "error")],
  ["CC-code-4.05 CC-A5: iPATCH of an rpc", patch(["ring", {}]), refusal("4.05", "error")],
  [
    "CC-code-4.05 CC-D4: a method that is not supported",
    () => [ask("PATCH", 142, bytes("a0"))],
    refusal("4.05", "error"),
  ],
  ["CC-code-4.06: a format that cannot be had", () => [ask("GET").accept(50)], refusal("4.06", "error")],
  ["CC-code-4.08: a block after a gap", () => [ask("PUT", 140).block1(1, 0, 64).payload(bytes("a0"))], refusal("4.08")],
  [
    "CC-code-4.09 CC-error-operation-failed: a datastore that is there already",
    () => [ask("POST", 140, sequence([["shop/speed", 4]]))],
    refusal("4.09", "operation-failed"),
    edited,
  ],
  [
    "CC-code-4.12 CC-error-operation-failed: the state of before",
    () => [ask("iPATCH", 142, sequence([["shop/speed", 4]])).option(OPTION.ifMatch, bytes("0102030405060708"))],
    refusal("4.12", "operation-failed"),
    edited,
  ],
  [
    "CC-code-4.13: a size that is too large",
    () => [ask("PUT", 140).size1(1_048_577).block1(0, 1, 16).payload(new Uint8Array(16))],
    refusal("4.13"),
  ],
  [
    "CC-code-4.13: a body that is too large",
    () => inBlocks(() => ask("PUT", 140), new Uint8Array(MOST.bodyBytes + 1)),
    refusal("4.13", "error"),
  ],
  [
    "CC-code-4.15 CC-D4 CC-D5: a content format that is none of the method's",
    () => [ask("POST", 60, bytes("a0"))],
    refusal("4.15", "error"),
  ],
  ["CC-code-4.15: none at all", () => [ask("FETCH", undefined, encodeCbor(sid("shop")))], refusal("4.15", "error")],
  [
    "CC-code-4.22 CC-error-operation-failed: an edit that no node could ever take",
    () => {
      const crew = { chief: "a", member: Array.from({ length: 200 }, (_, index) => `somebody ${index}`), day: null };
      return inBlocks(() => ask("iPATCH", 142), sequence([["shop/crew", crew]]));
    },
    refusal("4.22", "operation-failed"),
  ],
  [
    "CC-code-5.03: more edits than may wait for a node",
    patch(["shop/speed", 4]),
    refusal("5.03"),
    async () => {
      for (const line of inBlocks(() => ask("iPATCH", 142), periods(MOST_WAITING))) await accepted(line);
    },
  ],
  [
    "CC-code-5.03: a journal that takes nothing any more",
    patch(["shop/speed", 4]),
    refusal("5.03"),
    async () => {
      journal.append = () => {
        throw new StoreError("store.write-failed", { what: "the journal", reason: "ENOSPC" });
      };
    },
  ],
];

async function answerTo(line: Line): Promise<Message> {
  await script.node.sends(line);
  return script.node.receives();
}

async function accepted(line: Line): Promise<void> {
  expect(dottedCode((await answerTo(line)).code)).toMatch(/^2/);
}

const formatOf = ({ options }: Message): number | undefined => {
  const said = options.find(({ number }) => number === OPTION.contentFormat);
  return said && decodeUint(said.value);
};
const treeNow = (): string => hex(encodeTree(services.registry.get(node).tree, schema));

async function refuse(
  lines: () => readonly Line[],
  expected: Expected,
  before?: () => Promise<unknown>,
): Promise<void> {
  await before?.();
  const [tree, facts] = [treeNow(), journal.last];
  const sent = lines();
  for (const line of sent.slice(0, -1)) expect(dottedCode((await answerTo(line)).code)).toBe("2.31");
  const message = await answerTo(sent.at(-1)!);
  expect([treeNow(), journal.last]).toEqual([tree, facts]);
  expect(dottedCode(message.code)).toBe(expected.code);
  if (expected.tag === undefined) {
    expect(hex(message.payload)).toBe("");
    return;
  }
  expect(formatOf(message)).toBe(140);
  const [[container, error] = [], another] = decodeCbor(message.payload) as Map<number, Map<number, unknown>>;
  expect([container, another]).toEqual([1024, undefined]);
  expect([error?.get(4), error?.get(1)]).toEqual([
    ERROR_TAGS[expected.tag],
    expected.appTag === undefined ? undefined : ERROR_APP_TAGS[expected.appTag],
  ]);
  if (expected.at !== undefined) expect(error?.get(2)).toEqual(expected.at());
  expect(typeof error?.get(3)).toBe("string");
}

test.each([...TAGS, ...CODES].map(([title, ...row]) => [title, row] as const))("%s", (_title, row) => refuse(...row));

/** A PUT has members at its root, and neither entries without their list nor identifiers with keys. */
const isMember = (payload: Uint8Array): boolean => {
  const [[key, value] = []] = decodeCbor(payload) as Map<unknown, unknown>;
  return typeof key === "number" && !(key === sid("shop/bench") && value instanceof Map);
};
const PUTS = TAGS.filter(([title]) => !/malformed|missing-input/.test(title));

test.each(PUTS)("by PUT as well: %s", async (_title, lines, { code, tag, appTag }) => {
  const payload = lines()[0]?.payloadBytes ?? new Uint8Array();
  if (!isMember(payload)) return;
  await refuse(() => [ask("PUT", 140, payload)], {
    code,
    ...(tag === undefined ? {} : { tag }),
    ...(appTag === undefined ? {} : { appTag }),
  });
});

test.each([
  ["CC-D9 CC-I7: null deletes a leaf of type empty", null, undefined],
  ["CC-I7: the container around it sets it", { lit: null }, null],
])("%s", async (_title, value, expected) => {
  await accepted(ask("iPATCH", 142, sequence([value === null ? ["shop/lit", null] : ["shop", value as Plain]])));
  const shop = services.registry.get(node).tree.get(sid("shop"));
  expect(shop instanceof Map ? shop.get(sid("shop/lit")) : undefined).toBe(expected);
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
  const shown = new Set([...TAGS, ...CODES].flatMap(([, , { tag, appTag }]) => [tag, appTag]));
  for (const name of Object.keys({ ...ERROR_TAGS, ...ERROR_APP_TAGS })) expect([...shown]).toContain(name);
});
