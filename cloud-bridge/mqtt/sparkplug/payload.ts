/**
 * Sparkplug 3.0.0 §6.4.1 — the payload "Sparkplug B" in Protocol Buffers' wire format, as much of it as an edge node without
 * templates, data sets and aliases needs: payload, metric, and a metric's unit as a property. Pure.
 */
import { concatBytes, WireError } from "../../../gateway/base/index.ts";

/** §6.4.16: data types by their number, with the field of a metric that carries the value. */
export const DATA_TYPES = {
  Int8: { number: 1, field: "int", bits: 8 },
  Int16: { number: 2, field: "int", bits: 16 },
  Int32: { number: 3, field: "int", bits: 32 },
  Int64: { number: 4, field: "long", bits: 64 },
  UInt8: { number: 5, field: "int" },
  UInt16: { number: 6, field: "int" },
  UInt32: { number: 7, field: "int" },
  UInt64: { number: 8, field: "long" },
  Double: { number: 10, field: "double" },
  Boolean: { number: 11, field: "boolean" },
  String: { number: 12, field: "string" },
  /** Milliseconds since 1970. */
  DateTime: { number: 13, field: "long" },
  Bytes: { number: 17, field: "bytes" },
} as const satisfies Record<string, { number: number; field: keyof typeof FIELDS; bits?: number }>;
export type DataType = keyof typeof DATA_TYPES;

/** Metric.value, a oneof: field numbers. */
const FIELDS = { int: 10, long: 11, float: 12, double: 13, boolean: 14, string: 15, bytes: 16 } as const;

export type MetricValue = number | bigint | boolean | string | Uint8Array;

export interface Metric {
  readonly name: string;
  /** When the value was taken. */
  readonly timestamp: number;
  readonly type: DataType;
  readonly value: MetricValue | null;
  /** Told in births, as the property `engUnit`. */
  readonly unit?: string | undefined;
}

export interface Payload {
  /** When it was sent. */
  readonly timestamp: number;
  readonly metrics: readonly Metric[];
  /** 0 to 255; NDEATH has none. */
  readonly seq?: number;
}

/** `birth`: with type and unit of every metric, which later messages leave out (§6.4.6). */
export function encodePayload({ timestamp, metrics, seq }: Payload, birth: boolean): Uint8Array {
  return concatBytes([
    varintField(1, timestamp),
    ...metrics.map((metric) => bytesField(2, encodeMetric(metric, birth))),
    ...(seq === undefined ? [] : [varintField(3, seq)]),
  ]);
}

function encodeMetric({ name, timestamp, type, value, unit }: Metric, birth: boolean): Uint8Array {
  return concatBytes([
    textField(1, name),
    varintField(3, timestamp),
    ...(birth ? [varintField(4, DATA_TYPES[type].number)] : []),
    ...(value === null ? [varintField(7, 1)] : []),
    ...(birth && unit !== undefined ? [bytesField(9, encodeUnit(unit))] : []),
    ...(value === null ? [] : [encodeValue(type, value)]),
  ]);
}

/** PropertySet of one key; the property is a String. */
const encodeUnit = (unit: string): Uint8Array =>
  concatBytes([
    textField(1, "engUnit"),
    bytesField(2, concatBytes([varintField(1, DATA_TYPES.String.number), textField(8, unit)])),
  ]);

function encodeValue(type: DataType, value: MetricValue): Uint8Array {
  const row: { readonly field: keyof typeof FIELDS; readonly bits?: number } = DATA_TYPES[type];
  const field = FIELDS[row.field];
  switch (row.field) {
    case "double":
      return doubleField(field, Number(value));
    case "string":
      return textField(field, String(value));
    case "bytes":
      return bytesField(field, value instanceof Uint8Array ? value : new Uint8Array(0));
    case "boolean":
      return varintField(field, value === true ? 1 : 0);
    default: {
      const whole = BigInt(value instanceof Uint8Array || typeof value === "string" ? 0 : value);
      // Below zero: two's complement in as many bits as the type has, which all hosts read back.
      return varintField(field, row.bits === undefined ? whole : BigInt.asUintN(row.bits, whole));
    }
  }
}

// -- Protocol Buffers, "Encoding": a tag is the field's number and its wire type

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);
const varintField = (field: number, value: number | bigint): Uint8Array =>
  concatBytes([tag(field, VARINT), varint(value)]);
const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  concatBytes([tag(field, LENGTH), varint(bytes.length), bytes]);
const textField = (field: number, text: string): Uint8Array => bytesField(field, encoder.encode(text));
function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concatBytes([tag(field, FIXED64), bytes]);
}

// -- what comes in: commands

/** A metric of a command; numbers as they stand on the wire, since a command need not say their type. */
export interface DecodedMetric {
  readonly name?: string;
  readonly alias?: bigint;
  readonly timestamp?: bigint;
  readonly datatype?: number;
  readonly isNull: boolean;
  readonly value?: MetricValue;
}
export interface DecodedPayload {
  readonly timestamp?: bigint;
  readonly seq?: bigint;
  readonly metrics: readonly DecodedMetric[];
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: bigint | Uint8Array;
}

/** Unknown fields are read over, as Protocol Buffers ask for. Throws WireError sparkplug.payload. */
export function decodePayload(bytes: Uint8Array): DecodedPayload {
  const metrics: DecodedMetric[] = [];
  const found: { timestamp?: bigint; seq?: bigint } = {};
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1 && typeof value === "bigint") found.timestamp = value;
    else if (number === 2 && typeof value !== "bigint") metrics.push(decodeMetric(value));
    else if (number === 3 && typeof value === "bigint") found.seq = value;
  }
  return { ...found, metrics };
}

function decodeMetric(bytes: Uint8Array): DecodedMetric {
  const metric: { -readonly [M in keyof DecodedMetric]: DecodedMetric[M] } = { isNull: false };
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === "bigint") {
      if (number === 2) metric.alias = value;
      else if (number === 3) metric.timestamp = value;
      else if (number === 4) metric.datatype = Number(value);
      else if (number === 7) metric.isNull = value !== 0n;
      else if (number === FIELDS.int) metric.value = Number(value);
      else if (number === FIELDS.long) metric.value = value;
      else if (number === FIELDS.boolean) metric.value = value !== 0n;
    } else if (number === 1) metric.name = textOf(value);
    else if (number === FIELDS.string) metric.value = textOf(value);
    else if (number === FIELDS.bytes) metric.value = value;
    else if (number === FIELDS.double && value.length === 8) metric.value = viewOf(value).getFloat64(0, true);
    else if (number === FIELDS.float && value.length === 4) metric.value = viewOf(value).getFloat32(0, true);
  }
  return metric;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new WireError("sparkplug.payload", { what: "text that is not UTF-8", offset: 0 });
  }
}

function* fieldsOf(bytes: Uint8Array): Iterable<Field> {
  let at = 0;
  const readVarint = (): bigint => {
    const start = at;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new WireError("sparkplug.payload", { what: "a number that is cut", offset: start });
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new WireError("sparkplug.payload", { what: "a number of more than ten bytes", offset: start });
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at)
      throw new WireError("sparkplug.payload", { what: "a field that is cut", offset: at });
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const start = at;
    const key = readVarint();
    const number = Number(key >> 3n);
    const wireType = Number(key & 7n);
    if (number === 0) throw new WireError("sparkplug.payload", { what: "a field without a number", offset: start });
    switch (wireType) {
      case VARINT:
        yield { number, wireType, value: readVarint() };
        break;
      case FIXED64:
        yield { number, wireType, value: take(8) };
        break;
      case FIXED32:
        yield { number, wireType, value: take(4) };
        break;
      case LENGTH: {
        const length = readVarint();
        yield { number, wireType, value: take(length > BigInt(bytes.length) ? bytes.length + 1 : Number(length)) };
        break;
      }
      default:
        throw new WireError("sparkplug.payload", { what: `a field of wire type ${wireType}`, offset: start });
    }
  }
}
