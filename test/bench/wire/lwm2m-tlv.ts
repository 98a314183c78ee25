/** LwM2M TLV (OMA-TS-LightweightM2M_Core-V1_1 §7.4.3, content format 11542): type, identifier, length, value. */
import { concat, groupBy } from "./bytes.ts";
import type { Resource, Scalar } from "./content.ts";

/** Bits 7 and 6 of the type. */
const KIND = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;

export function tlv(kind: keyof typeof KIND, id: number, value: Uint8Array): Uint8Array {
  const idBytes = id > 0xff ? Uint8Array.of(id >> 8, id & 0xff) : Uint8Array.of(id);
  const { length } = value;
  const lengthBytes =
    length < 8
      ? Uint8Array.of()
      : length < 0x100
        ? Uint8Array.of(length)
        : Uint8Array.of(...(length < 0x1_0000 ? [] : [length >> 16]), (length >> 8) & 0xff, length & 0xff);
  const type = (KIND[kind] << 6) | ((idBytes.length - 1) << 5) | (lengthBytes.length << 3) | (length < 8 ? length : 0);
  return concat([Uint8Array.of(type), idBytes, lengthBytes, value]);
}

/** Appendix C: integers and times of 1, 2, 4 or 8 bytes, floats of 4 where that keeps the value. */
export function tlvValue(value: Scalar): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  const view = new DataView(new ArrayBuffer(8));
  if (!Number.isInteger(value)) {
    const single = Math.fround(value) === value;
    if (single) view.setFloat32(0, value);
    else view.setFloat64(0, value);
    return new Uint8Array(view.buffer, 0, single ? 4 : 8);
  }
  const length = [1, 2, 4].find((bytes) => value >= -(2 ** (8 * bytes - 1)) && value < 2 ** (8 * bytes - 1)) ?? 8;
  view.setBigInt64(0, BigInt(value));
  return new Uint8Array(view.buffer, 8 - length, length);
}

/** What one object has to say: a payload holds nothing of two. Its instances stand in it only where there are several. */
export function encodeTlv(resources: readonly Resource[], wrapped = false): Uint8Array {
  const instances = groupBy(resources, ([path]) => path[1]);
  const parts = [...instances].map(([instance, those]) => {
    const inside = concat(those.map(([path, value]) => tlv("resource", path[2], tlvValue(value))));
    return instances.size === 1 && !wrapped ? inside : tlv("objectInstance", instance, inside);
  });
  return concat(parts);
}
