/** Bodies that do not fit their schema: code, error-tag, error-app-tag and the guilty node (draft §6). */
import { expect, test } from "@jest/globals";
import { fromHex } from "../../../gateway/base/index.ts";
import { DataError, decodeIdentifiers, decodeInstances, decodeTree } from "../../../gateway/yang/codec/index.ts";
import { fromJson } from "../../../gateway/yang/json.ts";
import { decodeInputOf } from "../../../gateway/yang/one-rpc.ts";
import type { InstanceId } from "../../../gateway/yang/tree.ts";
import { IETF, SIDGATE } from "../../support/hand-schema.ts";
import { at } from "../../support/trees.ts";

type Door = (bytes: Uint8Array) => unknown;
const tree: Door = (bytes) => decodeTree(bytes, SIDGATE);
const ietf: Door = (bytes) => decodeTree(bytes, IETF);
const patch: Door = (bytes) => decodeInstances(bytes, IETF);
const checkIn: Door = (bytes) => decodeInputOf(bytes, SIDGATE, 60001);
const fetch: Door = (bytes) => decodeIdentifiers(bytes, IETF);

type Row = readonly [
  name: string,
  door: Door,
  hex: string,
  code: string,
  tag: string,
  appTag: string,
  at: InstanceId,
  path: string,
];
const ROWS: readonly Row[] = [
  [
    "CC-V22: a SID that nobody has",
    tree,
    "a119ffff00",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(65535),
    "SID 65535",
  ],
  [
    "CC-V22: a child of another parent",
    tree,
    "a119eb29a12100",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(60199),
    "SID 60199",
  ],
  [
    "CC-V22: an rpc as data",
    tree,
    "a119ea61a0",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(60001),
    "/sidgate-node:check-in",
  ],
  [
    "CC-V22: an input leaf by itself",
    tree,
    "a119ea6301",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(60003),
    "/sidgate-node:check-in/report",
  ],
  [
    "CC-V22: a leaf of another type",
    tree,
    "a119eb29a102f5",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(60203),
    "/sidgate-building:room/humidity",
  ],
  [
    "CC-V22: a leaf out of its range",
    tree,
    "a119eb29a1021865",
    "yang.not-in-range",
    "invalid-value",
    "not-in-range",
    at(60203),
    "/sidgate-building:room/humidity",
  ],
  [
    "CC-V1: a container that is no map",
    tree,
    "a119eb2980",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(60201),
    "/sidgate-building:room",
  ],
  [
    "CC-V4: a list that is no array",
    tree,
    "a119eb29a109a0",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(60210),
    "/sidgate-building:room/period",
  ],
  [
    "CC-V4: a list entry without its key",
    tree,
    "a119eb29a10981a102c482211907d0",
    "yang.missing-key",
    "missing-element",
    "missing-key",
    at(60210),
    "/sidgate-building:room/period",
  ],
  [
    "CC-V22: a leaf of a list entry, its key after it",
    tree,
    "a119eb29a10981a2020001" + "6530363a3330",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(60212, "06:30"),
    "/sidgate-building:room/period[start='06:30']/set-point",
  ],
  [
    "CC-V22: a leaf in nested lists",
    ietf,
    "a11906c281a20163626f620281a301666672616e63650201036561646d696e",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(1734, "bob", "admin", "france"),
    "/ietf-system:system/authentication/user[name='bob']/authorized-key[name='admin'][country='france']/key-data",
  ],
  [
    "CC-M10: a name in a body of SIDs",
    tree,
    "a164726f6f6da0",
    "yang.malformed-message",
    "operation-failed",
    "malformed-message",
    at(0),
    "/",
  ],
  [
    "CC-V1: an array as the whole tree",
    tree,
    "80",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(0),
    "/",
  ],
  [
    "CC-M3: an item of the sequence that is no map",
    patch,
    "1906db",
    "yang.malformed-message",
    "operation-failed",
    "malformed-message",
    at(0),
    "/",
  ],
  [
    "CC-M3: an instance of a SID that nobody has",
    patch,
    "a119ffff00",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(65535),
    "SID 65535",
  ],
  [
    "CC-M3: an instance whose leaf is wrong",
    patch,
    "a1841906c463626f626561646d696e666672616e6365f5",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(1732, "bob", "admin", "france"),
    "/ietf-system:system/authentication/user[name='bob']/authorized-key[name='admin'][country='france']",
  ],
  [
    "CC-K6: an instance with some of its keys",
    patch,
    "a1831906c463626f626561646d696ea0",
    "yang.missing-key",
    "missing-element",
    "missing-key",
    at(1732),
    "/ietf-system:system/authentication/user/authorized-key",
  ],
  [
    "CC-K6: an identifier with the keys of the outer list alone",
    fetch,
    "821906c663626f62",
    "yang.missing-key",
    "missing-element",
    "missing-key",
    at(1734),
    "/ietf-system:system/authentication/user/authorized-key/key-data",
  ],
  [
    "CC-V19: a SID above 2^53",
    patch,
    "a11bffffffffffffffff00",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(0),
    "/",
  ],
  [
    "CC-M3: an entry of an instance whose leaf is wrong",
    patch,
    "a1821906dc6374696ca10400",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(1760, "til"),
    "/ietf-system:system/ntp/server[name='til']/prefer",
  ],
  [
    "CC-I3: an entry without key under the bare SID of its list",
    patch,
    "a11906dca104f5",
    "yang.missing-key",
    "missing-element",
    "missing-key",
    at(1756),
    "/ietf-system:system/ntp/server",
  ],
  [
    "CC-M2: an identifier that is neither SID nor array",
    fetch,
    "f5",
    "yang.malformed-message",
    "operation-failed",
    "malformed-message",
    at(0),
    "/",
  ],
  [
    "CC-K3: an identifier with a key of another type",
    fetch,
    "821906c201",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(1731),
    "/ietf-system:system/authentication/user/name",
  ],
  [
    "CC-A6: a check-in without its report number",
    checkIn,
    "a119ea61a10307",
    "yang.missing-input-parameter",
    "missing-element",
    "missing-input-parameter",
    at(60003),
    "/sidgate-node:check-in/report",
  ],
  [
    "CC-A6: a check-in with nothing in it",
    checkIn,
    "a119ea61f6",
    "yang.missing-input-parameter",
    "missing-element",
    "missing-input-parameter",
    at(60003),
    "/sidgate-node:check-in/report",
  ],
  [
    "CC-A3: an output leaf in the input",
    checkIn,
    "a119ea61a202010b00",
    "yang.unknown-element",
    "unknown-element",
    "",
    at(60012),
    "/sidgate-node:check-in/time",
  ],
  [
    "CC-A6: a sample without its age",
    checkIn,
    "a119ea61a202010681a102a0",
    "yang.missing-input-parameter",
    "missing-element",
    "missing-input-parameter",
    at(60008),
    "/sidgate-node:check-in/sample/age",
  ],
  [
    "a reading of the wrong type",
    checkIn,
    "a119ea61a2020105a118c3a101f5",
    "yang.invalid-datatype",
    "invalid-value",
    "invalid-datatype",
    at(60202),
    "/sidgate-building:room/temperature",
  ],
  [
    "CC-A1: a call of another rpc",
    checkIn,
    "a119ea62a10201",
    "yang.malformed-message",
    "operation-failed",
    "malformed-message",
    at(60001),
    "/sidgate-node:check-in",
  ],
];

test.each(ROWS)("%s", (_name, door, bytes, code, tag, appTag, id, path) => {
  try {
    door(fromHex(bytes)!);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect(error.facts).toMatchObject({ tag, appTag, path });
    expect(error.code).toBe(code);
    expect(error.at).toEqual(id);
  }
  expect.assertions(3);
});

test.each([
  ["CC-V22: the same leaf twice", "a119eb29a202010203"],
  ["CC-V22: the same leaf as delta and with tag 47", "a119eb29a20201d82f19eb2b03"],
])("%s is a duplicate key", (_name, bytes) => {
  expect(() => decodeTree(fromHex(bytes)!, SIDGATE)).toThrow(expect.objectContaining({ code: "cbor.duplicate-key" }));
});

test.each([
  ["a node", "a2 1906a5 f6 1906a5 f6"],
  ["a node, between others and without a length", "bf 1906a5 f6 1906b8 f6 1906a5 f6 ff"],
  ["a list entry", "a2 821905fd6161 f6 821905fd6161 f6"],
])("CC-V22 CC-M3: %s twice in one map of a sequence is a duplicate key", (_name, bytes) => {
  expect(() => patch(fromHex(bytes.replaceAll(" ", ""))!)).toThrow(
    expect.objectContaining({ code: "cbor.duplicate-key" }),
  );
});

const JSON_ROWS: ReadonlyArray<
  readonly [name: string, json: Parameters<typeof fromJson>[0], code: string, at: InstanceId]
> = [
  ["CC-7951-4: a name that nobody has", { "sidgate-building:roof": {} }, "yang.unknown-element", at(0)],
  ["CC-7951-4: a name without its module at the top", { room: {} }, "yang.unknown-element", at(0)],
  ["a member that nobody has", { "sidgate-building:room": { wind: 1 } }, "yang.unknown-element", at(60201)],
  ["a leaf out of range", { "sidgate-building:room": { humidity: 101 } }, "yang.not-in-range", at(60203)],
  [
    "the same leaf under two names",
    { "sidgate-building:room": { humidity: 1, "sidgate-building:humidity": 1 } },
    "yang.duplicate",
    at(60203),
  ],
  [
    "a leaf of an entry",
    { "sidgate-building:room": { period: [{ start: "06:30", "set-point": "99" }] } },
    "yang.not-in-range",
    at(60212, "06:30"),
  ],
  ["CC-7951-5.4: an entry without key", { "sidgate-building:room": { period: [{}] } }, "yang.missing-key", at(60210)],
];

test.each(JSON_ROWS)("%s, refused in JSON", (_name, json, code, id) => {
  expect(() => fromJson(json, SIDGATE)).toThrow(expect.objectContaining({ code, at: id }));
});
