/** CBOR as the simulated nodes speak it: npm `cbor-x`, so that no line of the gateway's own codec is on both sides. */
import { Encoder, Tag } from "cbor-x";

export type Cbor = null | boolean | number | bigint | string | Uint8Array | Tag | readonly Cbor[] | CborMap;
export interface CborMap extends ReadonlyMap<Cbor, Cbor> {}

const plain = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

export const encodeCbor = (value: Cbor): Uint8Array => plain.encode(value);

/** One item; anything wrong with the bytes throws. A decimal fraction (tag 4) comes back as a number. */
export const decodeCbor = (bytes: Uint8Array): unknown => plain.decode(Buffer.from(bytes));

/** RFC 8742: the items of a CBOR sequence. */
export function decodeSequence(bytes: Uint8Array): readonly unknown[] {
  if (bytes.length === 0) return [];
  const items: unknown[] = [];
  plain.decodeMultiple(Buffer.from(bytes), (item) => {
    items.push(item);
  });
  return items;
}

/** RFC 9254 §6.3: a decimal64 with so many fraction digits. */
export const decimal = (fractionDigits: number, scaled: number): Tag => new Tag([-fractionDigits, scaled], 4);

/** The same with two of them, given in hundredths. */
export const decimal2 = (hundredths: number): Tag => decimal(2, hundredths);

export const isMap = (value: unknown): value is ReadonlyMap<unknown, unknown> => value instanceof Map;
export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
