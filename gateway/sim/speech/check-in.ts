/** The check-in of sidgate-node@2026-11-21: a report to bytes, the bytes of the answer to a reply (RFC 9254 §4.2, CF 142). */
import { EMPTY, fromHex, type Millis, seconds, toHex, WireError } from "../../base/index.ts";
import type { ComponentFacts } from "../suit/index.ts";
import { type Cbor, type CborMap, decodeCbor, decodeSequence, encodeCbor, isBytes, isMap } from "./cbor.ts";
import { addExtra, type ExtraLeaf, placeExtra } from "./extra.ts";
import { type Encoding, encodeLeaf, LEAF_NAMES, LEAVES, type LeafName, type Leaves } from "./leaves.ts";
import type { Sids } from "./sids.ts";

export interface Sample {
  readonly age: Millis;
  readonly leaves: Leaves;
}

export interface Report {
  readonly number: number;
  readonly applied: number | undefined;
  readonly leaves: Leaves;
  readonly samples: readonly Sample[];
  /** The node keeps its own time: with nothing waiting the answer may be empty. */
  readonly brief: boolean;
  /** The notification `alarm` of sidgate-building: masks of the alarms that began and ended. */
  readonly alarm?: { readonly raised: number; readonly cleared: number };
  /** What its own leaves do not have. */
  readonly extra?: readonly ExtraLeaf[];
}

export interface Offer {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: number;
  readonly uri: string;
  /** Where the SUIT envelope about it is; undefined = there is none for this node. */
  readonly envelope?: string;
  /** What lies at `uri`; digest and size are those of what it becomes. */
  readonly encoding?: Exclude<Encoding, "chained">;
  /** Bytes at `uri`, when they are not `size`. */
  readonly length?: number;
  /** SHA-256 of the first of chained groups, hex. */
  readonly chain?: string;
  /** Seconds until the image may be applied, `NOBODY_KNOWS` or more = nobody can say; undefined = at once. */
  readonly applyIn?: number;
  /** Seconds in which the new image has to hear an answer. */
  readonly confirmWithin?: number;
}

/** sidgate-node, apply-in. */
export const NOBODY_KNOWS = 0xffff_ffff;
/** `enum` order of encoding; 0 is plain. */
const FORMS = [undefined, "patch", "compressed"] as const;

/** One leaf set or one subtree removed (null). The path carries list keys: `/sidgate-building:room/period[06:00]/set-point`. */
export interface Edit {
  readonly path: string;
  readonly value: unknown;
}

export interface Reply {
  readonly time?: Millis;
  readonly nextWake?: Millis;
  readonly revision?: number;
  readonly edits: readonly Edit[];
  readonly offer?: Offer;
  readonly more: boolean;
}

/** "Sleep now." */
export const EMPTY_REPLY: Reply = { edits: [], more: false };

export interface CheckInCodec {
  encode(report: Report): Uint8Array;
  /** Throws when the bytes are not a check-in answer. */
  decode(bytes: Uint8Array): Reply;
}

/** Lists of the node's own datastore and the leaf that is their key. */
const LISTS: Readonly<Record<string, string>> = { "/sidgate-building:room/period": "start" };

export function checkInCodec(sids: Sids): CheckInCodec {
  const rpc = sids.of("/sidgate-node:check-in");
  const input = (name: string): number => sids.of(`/sidgate-node:check-in/input/${name}`);
  const output = (name: string): number => sids.of(`/sidgate-node:check-in/output/${name}`) - rpc;
  const offerSid = sids.of("/sidgate-node:check-in/output/offer");
  const inOffer = (name: string): number => sids.of(`/sidgate-node:check-in/output/offer/${name}`) - offerSid;
  const places = LEAF_NAMES.map((name) => {
    const { path } = LEAVES[name];
    return { name, container: sids.of(path.slice(0, path.lastIndexOf("/"))), sid: sids.of(path) };
  });

  /** An anydata: its data nodes count from the anydata's own SID, their children from theirs. */
  function encodeData(leaves: Leaves, anydata: number, extra: readonly ExtraLeaf[] = []): CborMap {
    const data = new Map<Cbor, Map<Cbor, Cbor>>();
    for (const { name, container, sid } of places) {
      const placed = encodePlaced(leaves, name, sid);
      if (placed === undefined) continue;
      const key = container - anydata;
      const children = data.get(key) ?? new Map<Cbor, Cbor>();
      data.set(key, children.set(sid - container, placed));
    }
    for (const leaf of extra) addExtra(data, placeExtra(leaf, sids), anydata);
    return data;
  }

  function encodePlaced(leaves: Leaves, name: LeafName, sid: number): Cbor | undefined {
    if (name === "components") return leaves.components && encodeComponents(leaves.components, sid);
    const value = leaves[name];
    return value === undefined ? undefined : encodeLeaf(name, value);
  }

  /** A list: its entries count from its own SID. An identifier is left out where there is but one component. */
  function encodeComponents(components: readonly ComponentFacts[], list: number): Cbor {
    const leaf = (name: string): number => sids.of(`/sidgate-suit:suit/component/${name}`) - list;
    return components.map(
      ({ id, digest, size, version, slot, capacity }, index): CborMap =>
        new Map<Cbor, Cbor>([
          [leaf("capacity"), capacity],
          [leaf("digest"), fromHex(digest) ?? EMPTY],
          ...(components.length === 1 ? [] : [[leaf("id"), encodeCbor(id)] as const]),
          [leaf("index"), index],
          [leaf("size"), size],
          [leaf("slot"), slot],
          [leaf("version"), version],
        ]),
    );
  }

  function encode(report: Report): Uint8Array {
    const body = new Map<Cbor, Cbor>([[input("report") - rpc, report.number]]);
    if (report.applied !== undefined) body.set(input("applied") - rpc, report.applied);
    const data = encodeData(report.leaves, input("data"), report.extra);
    if (data.size > 0) body.set(input("data") - rpc, data);
    const list = input("sample");
    const samples = report.samples.map(
      (sample): CborMap =>
        new Map<Cbor, Cbor>([
          [input("sample/age") - list, Math.round(sample.age / 1000)],
          [input("sample/data") - list, encodeData(sample.leaves, input("sample/data"))],
        ]),
    );
    if (samples.length > 0) body.set(list - rpc, samples);
    if (report.brief) body.set(input("brief") - rpc, null);
    if (report.alarm !== undefined) body.set(input("notifications") - rpc, encodeAlarm(report.alarm));
    return encodeCbor(new Map([[rpc, body]]));
  }

  /** A sequence of one notification; what it does not say is left out. */
  function encodeAlarm({ raised, cleared }: NonNullable<Report["alarm"]>): Uint8Array {
    const alarm = sids.of("/sidgate-building:alarm");
    const said = new Map<Cbor, Cbor>();
    if (cleared > 0) said.set(sids.of("/sidgate-building:alarm/cleared") - alarm, encodeLeaf("alarm", cleared));
    if (raised > 0) said.set(sids.of("/sidgate-building:alarm/raised") - alarm, encodeLeaf("alarm", raised));
    return encodeCbor(new Map([[alarm, said]]));
  }

  function decodeOffer(value: unknown): Offer | undefined {
    if (!isMap(value)) return undefined;
    const digest = value.get(inOffer("digest"));
    const size = value.get(inOffer("size"));
    const uri = value.get(inOffer("uri"));
    if (!isBytes(digest) || typeof size !== "number" || typeof uri !== "string") return undefined;
    const number = (name: string): number | undefined => {
      const said = value.get(inOffer(name));
      return typeof said === "number" ? said : undefined;
    };
    const [envelope, chain] = [value.get(inOffer("envelope")), value.get(inOffer("chain"))];
    const [length, applyIn, confirmWithin] = [number("length"), number("apply-in"), number("confirm-within")];
    const encoding = FORMS[number("encoding") ?? 0];
    return {
      digest: toHex(digest),
      size,
      uri,
      ...(typeof envelope === "string" ? { envelope } : {}),
      ...(isBytes(chain) ? { chain: toHex(chain) } : {}),
      ...(encoding === undefined ? {} : { encoding }),
      ...(length === undefined ? {} : { length }),
      ...(applyIn === undefined ? {} : { applyIn }),
      ...(confirmWithin === undefined ? {} : { confirmWithin }),
    };
  }

  /** Maps unfold by SID delta, list entries by their key, until single leaves are left. */
  function unfold(sid: number, keys: readonly unknown[], value: unknown): readonly Edit[] {
    const path = sids.pathOf(sid);
    if (path === undefined) return []; // a node ignores what its firmware has no place for
    if (isMap(value)) {
      return [...value].flatMap(([delta, child]) =>
        typeof delta === "number" ? unfold(sid + delta, keys, child) : [],
      );
    }
    const keyLeaf = LISTS[path];
    if (keyLeaf !== undefined && Array.isArray(value)) {
      const keyDelta = sids.of(`${path}/${keyLeaf}`) - sid;
      return value.flatMap((entry) => (isMap(entry) ? unfold(sid, [entry.get(keyDelta)], entry) : []));
    }
    return [{ path: withKeys(path, keys), value }];
  }

  function decodeEdits(bytes: unknown): readonly Edit[] {
    if (!isBytes(bytes)) return [];
    return decodeSequence(bytes).flatMap((instance) => {
      if (!isMap(instance)) throw new WireError("cbor.malformed", { offset: 0, what: "an edit is not a map" });
      return [...instance].flatMap(([id, value]) => {
        const [sid, ...keys] = Array.isArray(id) ? id : [id];
        return unfold(Number(sid), keys, value);
      });
    });
  }

  function decode(bytes: Uint8Array): Reply {
    if (bytes.length === 0) return EMPTY_REPLY;
    const outer = decodeCbor(bytes);
    const body = isMap(outer) ? outer.get(rpc) : undefined;
    if (!isMap(body)) throw new WireError("cbor.malformed", { offset: 0, what: "not a check-in answer" });
    const number = (name: string): number | undefined => {
      const value = body.get(output(name));
      return typeof value === "number" ? value : undefined;
    };
    const [time, nextWake, revision] = [number("time"), number("next-wake"), number("revision")];
    const offer = decodeOffer(body.get(output("offer")));
    return {
      ...(time === undefined ? {} : { time: seconds(time) }),
      ...(nextWake === undefined ? {} : { nextWake: seconds(nextWake) }),
      ...(revision === undefined ? {} : { revision }),
      ...(offer === undefined ? {} : { offer }),
      edits: decodeEdits(body.get(output("edits"))),
      more: body.has(output("more")),
    };
  }

  return { encode, decode };
}

/** Writes the keys behind the list that they select. */
function withKeys(path: string, keys: readonly unknown[]): string {
  const list = Object.keys(LISTS).find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
  if (list === undefined || keys.length === 0) return path;
  return `${list}[${keys.join(",")}]${path.slice(list.length)}`;
}
