/** The check-in rpc of sidgate-node as values: request tree → report, answer → reply payload. Pure. */
import { BugError, isCoded, type Millis } from "../../base/index.ts";
import type { Delivery } from "../../service/mailbox/index.ts";
import { houseNode } from "../../service/registry/index.ts";
import { type CborItem, CORECONF, decodeItem } from "../../wire/cbor/index.ts";
import {
  decodeInputOf,
  encodeOutputOf,
  type InstanceId,
  isTree,
  type Schema,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { formOf } from "./body-form.ts";
import { type FirmwareOffer, offerWriter } from "./firmware-offer.ts";
import type { RefusedEdit } from "./refused-edits.ts";

export interface Report {
  readonly report: number;
  readonly applied: number | undefined;
  /** Bytes of CoAP payload that the node takes in answer. */
  readonly maxReply: number;
  readonly data: Tree | undefined;
  /** Seconds before this report. */
  readonly samples: ReadonlyArray<{ readonly age: number; readonly data: Tree }>;
  readonly brief: boolean;
  /** What happened, as the node tells it: a sequence of notifications. */
  readonly notifications: Uint8Array | undefined;
  /** Edits that the node will not have. */
  readonly rejected: readonly RefusedEdit[];
}

export interface Answer {
  /** Undefined while the gateway does not know it. */
  readonly time: Millis | undefined;
  /** Undefined when nobody has said how often this node should wake: then it keeps its own counsel. */
  readonly nextWake: Millis | undefined;
  readonly offer: FirmwareOffer | undefined;
  readonly delivery: Delivery | undefined;
  readonly more: boolean;
}

export interface CheckInCodec {
  /** The first bytes of every check-in: one map with one key, the SID of the rpc. */
  recognizes(payload: Uint8Array): boolean;
  /** By the schema of the node that speaks. Throws WireError `cbor.*` or `yang.*`. */
  decode(payload: Uint8Array, schema: Schema): Report;
  /** Of a request that is refused, as far as it can be read without the schema. */
  maxReplyOf(payload: Uint8Array): number;
  encode(answer: Answer): Uint8Array;
}

const DEFAULT_MAX_REPLY = 1024;
const NOTHING: readonly Tree[] = [];

/** `house`: any schema that has our modules; in all of them they have the same numbers. */
export function checkInCodec(house: Schema): CheckInCodec {
  const rpc = houseNode(house, "/sidgate-node:check-in").sid;
  const input = (name: string): Sid => houseNode(house, `/sidgate-node:check-in/input/${name}`).sid;
  const output = (name: string): Sid => houseNode(house, `/sidgate-node:check-in/output/${name}`).sid;
  const IN = {
    report: input("report"),
    applied: input("applied"),
    maxReply: input("max-reply"),
    data: input("data"),
    sample: input("sample"),
    age: input("sample/age"),
    sampleData: input("sample/data"),
    brief: input("brief"),
    rejected: input("rejected"),
    instance: input("rejected/instance"),
    tag: input("rejected/tag"),
    notifications: input("notifications"),
  };
  const OUT = {
    time: output("time"),
    nextWake: output("next-wake"),
    revision: output("revision"),
    edits: output("edits"),
    offer: output("offer"),
    more: output("more"),
  };
  const writeOffer = offerWriter(house, "/sidgate-node:check-in/output/offer");
  const prefix = Buffer.from([0xa1, 0x19, rpc >> 8, rpc & 0xff]);
  if (rpc > 0xffff) throw new BugError("service.bug", { what: "the SID of check-in no longer fits its prefix" });

  return {
    recognizes: (payload) =>
      payload.length > 4 &&
      payload[0] === prefix[0] &&
      payload[1] === prefix[1] &&
      payload[2] === prefix[2] &&
      payload[3] === prefix[3],
    decode: (payload, schema) => {
      const tree = decodeInputOf(payload, schema, rpc, formOf(schema));
      return {
        report: asNumber(tree.get(IN.report)) ?? 0,
        applied: asNumber(tree.get(IN.applied)),
        maxReply: asNumber(tree.get(IN.maxReply)) ?? DEFAULT_MAX_REPLY,
        data: asTree(tree.get(IN.data)),
        samples: entriesOf(tree.get(IN.sample)).map((sample) => ({
          age: asNumber(sample.get(IN.age)) ?? 0,
          data: asTree(sample.get(IN.sampleData)) ?? new Map(),
        })),
        brief: tree.has(IN.brief),
        notifications: asBytes(tree.get(IN.notifications)),
        rejected: entriesOf(tree.get(IN.rejected)).flatMap((entry) => {
          const instance = asInstance(entry.get(IN.instance));
          return instance === undefined ? [] : [{ instance, tag: asNumber(entry.get(IN.tag)) }];
        }),
      };
    },
    maxReplyOf: (payload) => {
      const input = memberOf(itemOf(payload), rpc);
      const said = memberOf(input, IN.maxReply - rpc);
      return said?.kind === "integer" ? Number(said.value) : DEFAULT_MAX_REPLY;
    },
    encode: ({ time, nextWake, offer, delivery, more }) => {
      const tree = new Map<Sid, Value>();
      if (time !== undefined) tree.set(OUT.time, Math.floor(time / 1000));
      if (nextWake !== undefined) tree.set(OUT.nextWake, Math.max(1, Math.round(nextWake / 1000)));
      if (delivery !== undefined) tree.set(OUT.revision, delivery.revision).set(OUT.edits, delivery.edits);
      if (offer !== undefined) tree.set(OUT.offer, writeOffer(offer));
      if (more) tree.set(OUT.more, null);
      return encodeOutputOf(tree, house, rpc);
    },
  };
}

function itemOf(payload: Uint8Array): CborItem | undefined {
  try {
    return decodeItem(payload, CORECONF);
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

const memberOf = (item: CborItem | undefined, key: number): CborItem | undefined =>
  item?.kind === "map" ? item.entries.find(([at]) => at.kind === "integer" && at.value === key)?.[1] : undefined;

const asNumber = (value: Value | undefined): number | undefined => (typeof value === "number" ? value : undefined);
const entriesOf = (value: Value | undefined): readonly Tree[] =>
  Array.isArray(value) ? value.filter(isTree) : NOTHING;
const asInstance = (value: Value | undefined): InstanceId | undefined =>
  typeof value === "object" && value !== null && "sid" in value ? value : undefined;
const asBytes = (value: Value | undefined): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined);
const asTree = (value: Value | undefined): Tree | undefined => (isTree(value) ? value : undefined);
