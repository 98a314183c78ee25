/**
 * LwM2M CBOR (OMA-TS-LightweightM2M_Core-V1_2, content format 11544): maps in maps by identifier; identifiers on the way to one
 * value may stand together in an array, which is shorter from three on.
 */
import { CborWriter } from "../../../gateway/wire/cbor/index.ts";
import type { Resource, Scalar } from "./content.ts";

type Level = Map<number, Level | Scalar>;

export function encodeLwm2mCbor(resources: readonly Resource[]): Uint8Array {
  const root: Level = new Map();
  for (const [path, value] of resources) {
    let level = root;
    for (const id of path.slice(0, -1)) {
      const below = level.get(id);
      const next: Level = below instanceof Map ? below : new Map();
      level.set(id, next);
      level = next;
    }
    level.set(path[path.length - 1] ?? 0, value);
  }
  const writer = new CborWriter();
  writeLevel(writer, root);
  return writer.finish();
}

function writeLevel(writer: CborWriter, level: Level): void {
  writer.map(level.size);
  for (const [id, below] of level) {
    const { ids, end } = onlyWay([id], below);
    if (ids.length >= 3) {
      writer.array(ids.length);
      for (const each of ids) writer.integer(each);
      writeEnd(writer, end);
    } else {
      writer.integer(id);
      writeEnd(writer, below);
    }
  }
}

function writeEnd(writer: CborWriter, end: Level | Scalar): void {
  if (end instanceof Map) writeLevel(writer, end);
  else writeScalar(writer, end);
}

/** From here down, while there is one identifier only. */
function onlyWay(ids: readonly number[], end: Level | Scalar): { ids: readonly number[]; end: Level | Scalar } {
  const [only] = end instanceof Map && end.size === 1 ? end : [];
  return only === undefined ? { ids, end } : onlyWay([...ids, only[0]], only[1]);
}

export function writeScalar(writer: CborWriter, value: Scalar): void {
  if (typeof value === "string") writer.text(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (Number.isInteger(value)) writer.integer(value);
  else writer.shortestFloat(value);
}
