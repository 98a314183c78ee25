/**
 * What a simulated node reports besides its own leaves: a schema path and a value, for modules that only the models folder
 * of the one who asks knows. Lists have no place here: their entries would need keys.
 */
import { UsageError } from "../../base/index.ts";
import { type Cbor, decimal } from "./cbor.ts";
import type { Sids } from "./sids.ts";

export interface ExtraLeaf {
  /** `/module:container/leaf`. */
  readonly path: string;
  /** A number, a decimal64 with a point, `true`, `false`, `null`, or else a text. */
  readonly value: string;
}

/** The SIDs from the top to the leaf, and the leaf's value. */
export interface PlacedLeaf {
  readonly way: readonly number[];
  readonly value: Cbor;
}

/** Throws UsageError `sim.no-sid` for a path that no .sid file names. */
export function placeExtra({ path, value }: ExtraLeaf, sids: Sids): PlacedLeaf {
  const names = path.split("/").slice(1);
  const way = names.map((_name, index) => {
    const step = `/${names.slice(0, index + 1).join("/")}`;
    const sid = sids.find(step);
    if (sid === undefined) throw new UsageError("sim.no-sid", { path: step });
    return sid;
  });
  return { way, value: cborOf(value) };
}

const DECIMAL = /^(-?)(\d{1,15})\.(\d{1,12})$/;

function cborOf(text: string): Cbor {
  const [, sign, whole = "", fraction = ""] = DECIMAL.exec(text) ?? [];
  if (sign !== undefined) return decimal(fraction.length, Number(`${sign}${whole}${fraction}`));
  if (/^(-?\d{1,15}|true|false|null)$/.test(text)) return JSON.parse(text) as number | boolean | null;
  return text;
}

/** Puts it into the map of an anydata with this SID: each map counts from the SID that it stands under. */
export function addExtra(data: Map<Cbor, Map<Cbor, Cbor>>, { way, value }: PlacedLeaf, anydata: number): void {
  let map = data as Map<Cbor, Cbor>;
  let reference = anydata;
  for (const sid of way.slice(0, -1)) {
    const inner = (map.get(sid - reference) ?? new Map<Cbor, Cbor>()) as Map<Cbor, Cbor>;
    map.set(sid - reference, inner);
    map = inner;
    reference = sid;
  }
  map.set((way.at(-1) ?? 0) - reference, value);
}
