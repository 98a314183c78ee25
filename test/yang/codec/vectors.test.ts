/**
 * Every entry of the two collections of published examples, both ways, in CBOR and in JSON, where the machine has them;
 * codec.test.ts and forms.test.ts hold the figures that must be here without. The documents order maps as they like, so
 * what we write is compared with their bytes in canonical order.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import { CborWriter, CORECONF, decodeItems, writeItem } from "../../../gateway/wire/cbor/index.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  type Form,
} from "../../../gateway/yang/codec/index.ts";
import { fromJson, toJson, valueFromJson, valueToJson } from "../../../gateway/yang/json.ts";
import { formatInstanceId, parsePath } from "../../../gateway/yang/path.ts";
import type { LeafType, Schema } from "../../../gateway/yang/schema.ts";
import type { Instance, InstanceId } from "../../../gateway/yang/tree.ts";
import {
  action,
  anydata,
  bits,
  container,
  enums,
  handSchema,
  IETF,
  input,
  leaf,
  list,
  notification,
  output,
} from "../../support/hand-schema.ts";

const folder = (name: string): string => fileURLToPath(new URL(`../../../../shared/vectors/${name}`, import.meta.url));
const read = <T>(name: string): readonly T[] =>
  existsSync(folder(name)) ? JSON.parse(readFileSync(folder(name), "utf8")) : [];

interface Example {
  readonly id: string;
  readonly title: string;
  readonly json: Json;
  readonly hex: string;
  readonly keys?: Form;
  readonly valueOnly?: boolean;
}
const EXAMPLES = read<Example>("rfc9254.json");

const canonical = (hex: string): string => {
  const writer = new CborWriter();
  for (const item of decodeItems(fromHex(hex)!, CORECONF)) writeItem(writer, item);
  return toHex(writer.finish());
};

const ALARM_STATE: LeafType = {
  base: "bits",
  bits: ["unknown", "under-repair", "critical", "major", "minor", "warning", "indeterminate"].map((name, index) => ({
    name,
    position: name === "warning" ? 8 : name === "indeterminate" ? 128 : index,
  })),
};
const STATUS: LeafType = {
  base: "enumeration",
  enums: ["up", "down", "testing", "unknown", "dormant", "not-present", "lower-layer-down"].map((name, index) => ({
    name,
    value: index + 1,
  })),
};
const INTERFACE: LeafType = { base: "identityref", identityBases: ["ietf-interfaces:interface-type"] };
const pattern = (source: string): LeafType => ({ base: "string", patterns: [{ source, invert: false }] });

/** Types of the examples that are a value by themselves. */
const TYPES: { readonly [id: string]: LeafType } = {
  "9254-6.1": { base: "uint16", range: [["68", "65535"]] },
  "9254-6.2": { base: "int16", range: [["-1500", "1500"]] },
  "9254-6.3": {
    base: "decimal64",
    fractionDigits: 2,
    range: [
      ["100", "314"],
      ["1000", "1000"],
      ["2000", "9223372036854775807"],
    ],
  },
  "9254-6.4": { base: "string" },
  "9254-6.5": { base: "boolean" },
  "9254-6.6a": STATUS,
  "9254-6.6b": { base: "union", members: [{ base: "int32" }, enums("unbounded")] },
  "9254-6.7a": ALARM_STATE,
  "9254-6.7b": ALARM_STATE,
  "9254-6.7c": { base: "union", members: [ALARM_STATE, bits("extra-flag")] },
  "9254-6.8": { base: "binary", length: [["16", "16"]] },
  "9254-6.9": { base: "leafref", path: "/interfaces-state/interface/name", target: { base: "string" } },
  "9254-6.10.1": INTERFACE,
  "9254-6.10.2": INTERFACE,
  "9254-6.11": { base: "empty" },
  "9254-6.12": { base: "union", members: [pattern("[0-9.]+"), pattern("[0-9a-f:]+")] },
  "9254-6.13.1a": { base: "instance-identifier" },
  "9254-6.13.1b": { base: "instance-identifier" },
  "9254-6.13.1c": { base: "instance-identifier" },
  "9254-6.13.2a": { base: "instance-identifier" },
  "9254-6.13.2b": { base: "instance-identifier" },
  "9254-6.13.2c": { base: "instance-identifier" },
};

const VALUE = 1;
/** Nodes of the RFC that IETF has under other numbers, or not at all. */
const AUGMENTED = handSchema([
  container("example-foomod:top", 1, [leaf("foo", 2, "uint8"), leaf("example-barmod:bar", 3, "boolean")]),
]);
const BARE_NAME = handSchema(
  [
    container("ietf-coreconf:error", 1024, [
      leaf("error-app-tag", 1025, { base: "identityref", identityBases: ["ietf-coreconf:error-app-tag"] }),
      leaf("error-data-node", 1026, "string"), // the example has a bare name here, which is no instance-identifier
      leaf("error-message", 1027, "string"),
      leaf("error-tag", 1028, { base: "identityref", identityBases: ["ietf-coreconf:error-tag"] }),
    ]),
  ],
  [
    ["ietf-coreconf:error-app-tag", 1006],
    ["ietf-coreconf:error-tag", 1007],
    ["ietf-coreconf:invalid-value", 1011, "ietf-coreconf:error-tag"],
    ["ietf-coreconf:not-in-range", 1018, "ietf-coreconf:error-app-tag"],
  ],
);

/** IETF, which identifiers and identities lead into, and one leaf beside it. */
function withValue(type: LeafType): Schema {
  const value = handSchema([leaf("v:value", VALUE, type)]);
  return { ...IETF, roots: [...IETF.roots, ...value.roots], bySid: (sid) => value.bySid(sid) ?? IETF.bySid(sid) };
}

const schemaFor = (id: string): Schema => {
  if (id === "9254-3.3") return AUGMENTED;
  if (id === "9254-5.2") return BARE_NAME;
  const type = TYPES[id];
  return type === undefined ? IETF : withValue(type);
};

/** A value by itself stands under the key 1 or "v:value". */
const wrapped = ({ hex, keys = "sid", valueOnly = false }: Example): string => {
  if (!valueOnly) return hex;
  return keys === "name" ? `a167${toHex(Buffer.from("v:value"))}${hex}` : `a101${hex}`;
};

/** Identities come back with their module, as RFC 7951 §6.8 allows everywhere. */
const JSON_OF: { readonly [id: string]: Json } = {
  "9254-5.2": {
    "ietf-coreconf:error": {
      "error-tag": "ietf-coreconf:invalid-value",
      "error-app-tag": "ietf-coreconf:not-in-range",
      "error-data-node": "timezone-utc-offset",
      "error-message": "Maximum exceeded",
    },
  },
};

/** The rows of the checklist that a section is about. */
const ROWS: { readonly [section: string]: string } = {
  "3.3": "CC-V20",
  "4.1": "CC-V1",
  "4.2": "CC-V1 CC-V2",
  "4.3": "CC-V5",
  "4.4": "CC-V3 CC-V4",
  "4.5": "CC-V6",
  "4.6": "CC-V7",
  "5.1": "CC-V8",
  "5.2": "CC-V8",
  "6.1": "CC-V9",
  "6.2": "CC-V10",
  "6.3": "CC-V11",
  "6.4": "CC-V12",
  "6.5": "CC-V12",
  "6.6": "CC-V13",
  "6.7": "CC-V14",
  "6.8": "CC-V12",
  "6.9": "CC-V15",
  "6.10": "CC-V16",
  "6.11": "CC-V12",
  "6.12": "CC-V17",
  "6.13": "CC-K1 CC-K2 CC-K4",
  "3.1.3": "CC-F1 CC-F3",
  "3.2.3": "CC-I1 CC-I3",
  "3.3.1": "CC-G1 CC-G5",
  "3.4.2": "CC-E1 CC-E6",
  "3.5.1": "CC-A1",
  "3.5.2": "CC-A2",
};
/** `9254-6.13.1a` → `CC-K1 CC-K2 CC-K4: RFC 9254 §6.13.1a`. */
const titleOf = (document: string, id: string): string => {
  const section = id.slice(id.indexOf("-") + 1);
  const parts = section.split(/[.a-z-]/);
  const row = ROWS[parts.slice(0, 3).join(".")] ?? ROWS[parts.slice(0, 2).join(".")] ?? "CC-D4";
  return `${row}: ${document} §${section}`;
};

const none = (name: string): void => test.skip(`${name} (needs ../shared/vectors)`, () => undefined);

if (EXAMPLES.length === 0) none("the examples of RFC 9254");
else {
  test("CC-vectors: all examples of RFC 9254 are here", () => expect(EXAMPLES).toHaveLength(38));
  test.each(EXAMPLES.map((example) => [titleOf("RFC 9254", example.id), example.title, example] as const))(
    "%s: %s, in CBOR and JSON both ways",
    (_id, _title, example) => {
      const { id, keys: form = "sid" } = example;
      const schema = schemaFor(id);
      const bytes = wrapped(example);
      const data = decodeTree(fromHex(bytes)!, schema, form);
      // The tagged key is another spelling of the delta, which is the one we write.
      const written = id === "9254-4.5.1-tag47" ? bytes.replace("d82f19eb28", "184d") : bytes;
      expect(toHex(encodeTree(data, schema, form))).toBe(canonical(written));
      expect(decodeTree(fromHex(bytes)!, schema, "any")).toEqual(data);
      const given: Json = example.valueOnly === true ? { "v:value": example.json } : example.json;
      expect(toJson(data, schema)).toEqual(JSON_OF[id] ?? given);
      expect(fromJson(given, schema)).toEqual(data);
    },
  );
}

interface Message {
  readonly head: string;
  readonly dir: "request" | "response";
  readonly contentFormat?: number;
  readonly hex?: string;
  readonly json?: Json;
}
interface Exchange {
  readonly id: string;
  readonly messages: readonly Message[];
}

/** The draft numbers these nodes otherwise than RFC 9254 does. */
const FARM = handSchema([
  list(
    "example-server-farm:server",
    60000,
    ["name"],
    [
      leaf("name", 60001, "string"),
      action("reset", 60002, [
        input("input", 60008, [leaf("reset-at", 60003, "string")]),
        output("output", 60009, [leaf("reset-finished-at", 60004, "string")]),
      ]),
    ],
  ),
]);
const PORT = handSchema([
  notification("example-port:example-port-fault", 60010, [
    leaf("port-name", 60011, "string"),
    leaf("port-fault", 60012, "string"),
  ]),
  anydata("example-port:unused", 59999),
]);
const DRAFT: { readonly [id: string]: Schema } = {
  "comi-3.4.2a": PORT,
  "comi-3.4.2b": PORT,
  "comi-3.5.2": FARM,
};

const EXCHANGES = read<Exchange>("comi-21.json").flatMap(({ id, messages }) =>
  messages.flatMap((message) =>
    message.hex === undefined
      ? []
      : [[titleOf("draft-ietf-core-comi-21", id), message.head, message, DRAFT[id] ?? IETF] as const],
  ),
);

function instancesToJson(instances: readonly Instance[], schema: Schema): Json {
  return instances.map(({ id, value }) => ({
    [formatInstanceId(id, schema)]:
      value === undefined
        ? null
        : operationOf(id, schema)
          ? contents(value, schema)
          : valueToJson(value, id.sid, schema),
  }));
}

const operationOf = ({ sid }: InstanceId, schema: Schema): boolean =>
  ["rpc", "action"].includes(schema.bySid(sid)?.kind ?? "");

/** An operation is no value; each of its leaves is. */
function contents(value: unknown, schema: Schema): Json {
  const members = [...(value as ReadonlyMap<number, string | number>)];
  return Object.fromEntries(
    members.map(([sid, inner]) => [schema.bySid(sid)?.name, valueToJson(inner, sid, schema)] as const),
  );
}

if (EXCHANGES.length === 0) none("the exchanges of draft-ietf-core-comi-21");
else {
  test("CC-vectors: all payloads of draft-ietf-core-comi-21 are here", () => expect(EXCHANGES).toHaveLength(12));
  test.each(EXCHANGES)("%s: %s", (_id, _head, message, schema) => {
    const { hex = "", contentFormat, dir, json = null } = message;
    const bytes = fromHex(hex)!;
    if (contentFormat === 140) {
      const data = decodeTree(bytes, schema);
      expect(toHex(encodeTree(data, schema))).toBe(canonical(hex));
      expect(toJson(data, schema)).toEqual(json);
      expect(fromJson(json, schema)).toEqual(data);
    } else if (contentFormat === 141) {
      const ids = decodeIdentifiers(bytes, schema);
      expect(toHex(encodeIdentifiers(ids, schema))).toBe(hex);
      const known = ids.filter(({ sid }) => schema.bySid(sid) !== undefined);
      const paths = (json as readonly string[]).filter((path) => path.startsWith("/"));
      expect(known.map((id) => formatInstanceId(id, schema))).toEqual(paths);
      expect(paths.map((path) => parsePath(path, schema))).toEqual(known);
    } else {
      const instances = decodeInstances(bytes, schema, dir === "request" ? "input" : "output");
      expect(toHex(encodeInstances(instances, schema))).toBe(canonical(hex));
      expect(instancesToJson(instances, schema)).toEqual(json);
      for (const [index, pair] of (json as ReadonlyArray<{ readonly [path: string]: Json }>).entries()) {
        const [[path = "", value = null] = []] = Object.entries(pair);
        const id = parsePath(path, schema);
        expect(id).toEqual(instances[index]?.id);
        if (value === null || operationOf(id, schema)) continue;
        expect(valueFromJson(value, id.sid, schema)).toEqual(instances[index]?.value);
      }
    }
  });
}
