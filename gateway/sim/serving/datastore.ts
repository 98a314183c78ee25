/**
 * The datastore of a room node that serves it itself, in the numbers of the .sid files: GET, FETCH and iPATCH as their bodies
 * (draft-ietf-core-comi-21 §3). It knows its own leaves and says so of everything else.
 */
import { concatBytes } from "../../base/index.ts";
import { type Cbor, type CborMap, decimal2, decodeSequence, encodeCbor, isMap } from "../speech/cbor.ts";
import { encodeLeaf, LEAF_NAMES, LEAVES, type Leaves } from "../speech/leaves.ts";
import type { Sids } from "../speech/sids.ts";

/** What managers have set. */
export interface Config {
  /** By SID; temperatures in degrees. */
  readonly leaves: ReadonlyMap<number, number>;
  /** Set-points by time of day. */
  readonly periods: ReadonlyMap<string, number>;
}

export const NO_CONFIG: Config = { leaves: new Map(), periods: new Map() };

/** SIDs of ietf-coreconf (§6). */
const ERROR = { container: 1024, appTag: 1, dataNode: 2, tag: 4 } as const;
const TAG = { invalidValue: 1011, missingElement: 1014, unknownElement: 1023, operationFailed: 1019 } as const;
const APP_TAG = { invalidDatatype: 1009, malformedMessage: 1012, missingKey: 1016, notInRange: 1018 } as const;

export class Refusal extends Error {
  readonly code: string;
  readonly body: Uint8Array;

  constructor(code: string, tag: number, appTag?: number, at?: Cbor) {
    super(code);
    this.code = code;
    const said = new Map<number, Cbor>();
    if (appTag !== undefined) said.set(ERROR.appTag, appTag);
    if (at !== undefined) said.set(ERROR.dataNode, at);
    this.body = encodeCbor(new Map([[ERROR.container, said.set(ERROR.tag, tag)]]));
  }
}

type Check = (value: unknown) => value is number;
const within =
  (low: number, high: number): Check =>
  (value): value is number =>
    typeof value === "number" && value >= low && value <= high;
const ROOM = "/sidgate-building:room";
const PERIOD = `${ROOM}/period`;
const START = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;

export function roomDatastore(sids: Sids) {
  const of = (path: string): number => sids.of(path);
  const settings = new Map<number, Check>([
    [of(`${ROOM}/set-point`), within(5, 35)],
    [of(`${ROOM}/mode`), (value): value is number => within(0, 2)(value) && Number.isInteger(value)],
    [of("/sidgate-node:node/wake-interval"), within(1, 604_800)],
  ]);
  const [list, start, setPoint] = [of(PERIOD), of(`${PERIOD}/start`), of(`${PERIOD}/set-point`)];
  const containerOf = (sid: number): number => {
    const path = sids.pathOf(sid) ?? "";
    return of(path.slice(0, path.lastIndexOf("/")));
  };
  /** Temperatures are decimal64 with two digits (RFC 9254 §6.3). */
  const onWire = (sid: number, value: number): Cbor =>
    sid === setPoint || sid === of(`${ROOM}/set-point`) ? decimal2(Math.round(value * 100)) : value;

  /** The whole tree, by absolute SIDs. */
  function whole(measured: Leaves, config: Config): ReadonlyMap<number, Map<number, Cbor>> {
    const tree = new Map<number, Map<number, Cbor>>();
    const put = (sid: number, value: Cbor): void => {
      const container = containerOf(sid);
      tree.set(container, (tree.get(container) ?? new Map<number, Cbor>()).set(sid, value));
    };
    for (const name of LEAF_NAMES) {
      if (name === "components") continue; // of a manifest processor, which a serving room has not
      const value = measured[name];
      if (value !== undefined) put(of(LEAVES[name].path), encodeLeaf(name, value));
    }
    for (const [sid, value] of config.leaves) put(sid, onWire(sid, value));
    if (config.periods.size > 0)
      put(
        list,
        [...config.periods.keys()].map((key) => entryOf(key, config)),
      );
    return tree;
  }

  const entryOf = (key: string, { periods }: Config): CborMap =>
    new Map<Cbor, Cbor>([
      [start - list, key],
      [setPoint - list, onWire(setPoint, periods.get(key) ?? 0)],
    ]);

  const withDeltas = (container: number, members: ReadonlyMap<number, Cbor>): CborMap =>
    new Map([...members].map(([sid, value]) => [sid - container, value]));

  function get(measured: Leaves, config: Config): Uint8Array {
    const tree = whole(measured, config);
    return encodeCbor(new Map([...tree].map(([container, members]) => [container, withDeltas(container, members)])));
  }

  /** §3.1.3: one map for each that is asked for, null for what is not there. */
  function fetch(payload: Uint8Array, measured: Leaves, config: Config): Uint8Array {
    const tree = whole(measured, config);
    return concatBytes(
      sequence(payload).map((id) => {
        const [sid, key] = Array.isArray(id) ? id : [id];
        if (typeof sid !== "number") throw malformed();
        return encodeCbor(new Map([[sid, valueAt(sid, key, tree, config)]]));
      }),
    );
  }

  function valueAt(sid: number, key: unknown, tree: ReturnType<typeof whole>, config: Config): Cbor {
    if (typeof key === "string") {
      const value = config.periods.get(key);
      if (value === undefined) return null;
      return sid === list ? entryOf(key, config) : sid === setPoint ? onWire(sid, value) : null;
    }
    const members = tree.get(sid);
    if (members !== undefined) return withDeltas(sid, members);
    for (const leaves of tree.values()) if (leaves.has(sid)) return leaves.get(sid) ?? null;
    return null;
  }

  /** §3.2.3: all of it or nothing. Throws Refusal. */
  function patch(payload: Uint8Array, config: Config): Config {
    const next = { leaves: new Map(config.leaves), periods: new Map(config.periods) };
    for (const item of sequence(payload)) {
      if (!isMap(item)) throw malformed();
      for (const [id, value] of item) {
        const [sid, key] = Array.isArray(id) ? id : [id];
        if (typeof sid !== "number") throw malformed();
        edit(next, sid, key, value);
      }
    }
    return next;
  }

  type Draft = { readonly leaves: Map<number, number>; readonly periods: Map<string, number> };

  function edit(draft: Draft, sid: number, key: unknown, value: unknown): void {
    if (settings.has(sid)) setLeaf(draft, sid, value);
    else if (sid === list) setPeriods(draft, key, value);
    else if (sid === setPoint && typeof key === "string") setPeriod(draft, key, value);
    else setContainer(draft, sid, value);
  }

  function setContainer(draft: Draft, sid: number, value: unknown): void {
    const inside = [...settings.keys()].filter((leaf) => containerOf(leaf) === sid);
    if (inside.length === 0) {
      // State is known and not to be edited.
      throw new Refusal(sids.pathOf(sid) === undefined ? "4.00" : "4.05", TAG.unknownElement, undefined, sid);
    }
    for (const leaf of inside) draft.leaves.delete(leaf);
    if (containerOf(list) === sid) draft.periods.clear();
    if (value === null) return;
    if (!isMap(value)) throw wrong(sid, APP_TAG.invalidDatatype);
    for (const [delta, child] of value) edit(draft, sid + Number(delta), undefined, child);
  }

  function setLeaf(draft: Draft, sid: number, value: unknown): void {
    if (value === null) draft.leaves.delete(sid);
    else if (settings.get(sid)?.(value) !== true) throw wrong(sid, APP_TAG.notInRange);
    else draft.leaves.set(sid, Number(value));
  }

  function setPeriods(draft: Draft, key: unknown, value: unknown): void {
    if (typeof key === "string") {
      if (value === null) draft.periods.delete(key);
      else if (!isMap(value)) throw wrong(list, APP_TAG.invalidDatatype);
      else setPeriod(draft, key, value.get(setPoint - list));
      return;
    }
    const entries = isMap(value) ? [value] : value;
    if (!isMap(value)) draft.periods.clear();
    if (entries === null) return;
    if (!Array.isArray(entries)) throw wrong(list, APP_TAG.invalidDatatype);
    for (const entry of entries) {
      const name: unknown = isMap(entry) ? entry.get(start - list) : undefined;
      if (typeof name !== "string") throw new Refusal("4.00", TAG.missingElement, APP_TAG.missingKey, list);
      setPeriod(draft, name, entry.get(setPoint - list));
    }
  }

  function setPeriod(draft: Draft, key: string, value: unknown): void {
    if (!START.test(key) || !within(5, 35)(value)) throw wrong(setPoint, APP_TAG.notInRange);
    draft.periods.set(key, Number(value));
  }

  /** In degrees; undefined = the default. */
  const target = ({ leaves }: Config): number | undefined => leaves.get(of(`${ROOM}/set-point`));

  return { get, fetch, patch, target };
}

export type RoomDatastore = ReturnType<typeof roomDatastore>;

const wrong = (sid: number, appTag: number): Refusal => new Refusal("4.00", TAG.invalidValue, appTag, sid);
const malformed = (): Refusal => new Refusal("4.00", TAG.operationFailed, APP_TAG.malformedMessage);

function sequence(payload: Uint8Array): readonly unknown[] {
  try {
    return decodeSequence(payload);
  } catch {
    throw malformed();
  }
}
