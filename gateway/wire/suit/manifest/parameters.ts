/** suit-manifest-37 §8.4.8, update-management "Extension Parameters" — maps of parameters, both ways. */
import { WireError } from "../../../base/index.ts";
import { type CborReader, type CborWriter, keysOf, MAJOR, readItem } from "../../cbor/index.ts";
import { readDigest, writeDigest } from "../digest.ts";
import { COMPARISON, FIRST_CUSTOM_PARAMETER, PARAMETER, PARAMETERS, TAG, WAIT } from "../labels.ts";
import {
  encode,
  malformed,
  readInside,
  readSmall,
  readTuple,
  readUint,
  readUint64,
  writeInside,
  writeLabelled,
} from "../strict.ts";
import type { Parameters, ParameterValue } from "../types.ts";

/** A UUID (RFC 9562) is all that an identifier without a tag can be. */
const UUID_LENGTH = 16;
const MAX_PEN_LENGTH = 32;
const COMPARISONS: ReadonlySet<number> = new Set(Object.values(COMPARISON));
const EVENTS: ReadonlySet<number> = new Set(Object.values(WAIT));
/** §8.4.8.3, §8.4.8.4: what may be named by a private enterprise number. */
const PEN_KEYS: readonly number[] = [PARAMETER.vendorIdentifier, PARAMETER.classIdentifier];

export interface ParameterRules {
  /** For errors: whose parameters these are. */
  readonly where: string;
  /** Private ones may stand here. */
  readonly custom: boolean;
  /** Those without a row are kept as they stand, for reports. */
  readonly keepUnknown?: boolean;
}

/** Also of what a report says was measured. */
export function readParameters(reader: CborReader, rules: ParameterRules): Parameters {
  const parameters = new Map<number, ParameterValue>();
  for (const key of keysOf(reader, readSmall)) parameters.set(key, readParameter(reader, key, rules));
  if (parameters.size === 0 && rules.keepUnknown !== true) throw malformed(rules.where, "a map of parameters is empty");
  return parameters;
}

export function readParameter(reader: CborReader, key: number, { where, ...rules }: ParameterRules): ParameterValue {
  const row = PARAMETERS.get(key);
  const name = `${row?.name ?? `parameter ${key}`} in ${where}`;
  switch (row?.form) {
    case "identifier":
      return readIdentifier(reader, key, name);
    case "digest":
      return inside(reader, (inner) => ({ form: "digest", digest: readDigest(inner, name) }));
    case "uint":
      return { form: "uint", value: readUint64(reader, name) };
    case "int":
      return { form: "int", value: BigInt(reader.integer()) };
    case "bool":
      return readBool(reader, name);
    case "bytes":
    case "metadata":
      return { form: row.form, bytes: reader.byteString() };
    case "text":
      return { form: "text", text: reader.text() };
    case "version":
      return inside(reader, (inner) => ({ form: "version", ...readVersionMatch(inner, name) }));
    case "wait":
      return inside(reader, (inner) => ({ form: "wait", events: readEvents(inner, name) }));
    case undefined: {
      if (key <= FIRST_CUSTOM_PARAMETER && !rules.custom) throw new WireError("suit.shared-custom", { label: key });
      if (key > FIRST_CUSTOM_PARAMETER && rules.keepUnknown !== true) {
        throw new WireError("suit.parameter", { where, parameter: key });
      }
      return { form: "custom", bytes: readCustom(reader, name, rules.keepUnknown === true) };
    }
  }
}

function inside<T>(reader: CborReader, read: (inner: CborReader) => T): T {
  const inner = readInside(reader);
  const value = read(inner);
  inner.finish();
  return value;
}

function readIdentifier(reader: CborReader, key: number, name: string): ParameterValue {
  const tagged = reader.major() === MAJOR.tag;
  if (tagged && (reader.tag() !== TAG.pen || !PEN_KEYS.includes(key))) throw malformed(name, "it has a wrong tag");
  const bytes = reader.byteString();
  const fits = tagged ? bytes.length > 0 && bytes.length <= MAX_PEN_LENGTH : bytes.length === UUID_LENGTH;
  if (!fits) throw malformed(name, `an identifier of ${bytes.length} bytes`);
  return { form: "identifier", bytes, tagged };
}

function readBool(reader: CborReader, name: string): ParameterValue {
  const value = reader.simple();
  if (typeof value !== "boolean") throw malformed(name, "it is neither true nor false");
  return { form: "bool", value };
}

/** um, SUIT_Condition_Version_Comparison_Value: one integer or more. */
export function readVersion(reader: CborReader, where: string): readonly number[] {
  const version: number[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) version.push(readSmall(reader));
  if (version.length === 0) throw malformed(where, "a version is empty");
  return version;
}

function readVersionMatch(
  reader: CborReader,
  name: string,
): { readonly comparison: number; readonly version: readonly number[] } {
  return readTuple(reader, 2, name, () => {
    const comparison = readUint(reader);
    if (!COMPARISONS.has(comparison)) throw malformed(name, `comparison ${comparison} is unknown`);
    return { comparison, version: readVersion(reader, name) };
  });
}

/** um, SUIT_Wait_Event: what each event takes is checked here and read by whoever waits. */
function readEvents(reader: CborReader, name: string): ReadonlyMap<number, Uint8Array> {
  const events = new Map<number, Uint8Array>();
  for (const event of keysOf(reader, readUint)) {
    const start = reader.offset;
    if (!EVENTS.has(event)) throw malformed(name, `event ${event} is unknown`);
    if (event === WAIT.otherDeviceVersion) readOtherDevice(reader, name);
    else if (event <= WAIT.network) reader.integer();
    else readUint64(reader, name);
    events.set(event, reader.copy(start, reader.offset));
  }
  if (events.size === 0) throw malformed(name, "it waits for nothing");
  return events;
}

function readOtherDevice(reader: CborReader, name: string): void {
  readTuple(reader, 2, name, () => {
    reader.byteString();
    const count = reader.array();
    if (count === 0) throw malformed(name, "no version of the other device is named");
    for (let left = reader.next(count); left >= 0; left = reader.next(left)) readVersionMatch(reader, name);
  });
}

/** §8.4.8.16: int, bool, text or bytes. */
function readCustom(reader: CborReader, name: string, anything: boolean): Uint8Array {
  const start = reader.offset;
  const item = readItem(reader);
  const fits =
    item.kind === "integer" ||
    item.kind === "text" ||
    item.kind === "bytes" ||
    (item.kind === "simple" && typeof item.value === "boolean");
  if (!fits && !anything) throw malformed(name, "a private parameter takes an integer, boolean, text or bytes");
  return reader.copy(start, reader.offset);
}

export function writeParameters(writer: CborWriter, parameters: Parameters): void {
  writeLabelled(
    writer,
    [...parameters].map(([key, value]) => [key, (inner: CborWriter) => writeParameter(inner, value)] as const),
  );
}

export function writeParameter(writer: CborWriter, value: ParameterValue): void {
  switch (value.form) {
    case "identifier":
      if (value.tagged) writer.tag(TAG.pen);
      writer.byteString(value.bytes);
      break;
    case "digest":
      writeInside(writer, (inner) => writeDigest(inner, value.digest));
      break;
    case "uint":
    case "int":
      writer.integer(value.value);
      break;
    case "bool":
      writer.boolean(value.value);
      break;
    case "bytes":
    case "metadata":
      writer.byteString(value.bytes);
      break;
    case "text":
      writer.text(value.text);
      break;
    case "version":
      writeInside(writer, (inner) => {
        inner.array(2);
        inner.integer(value.comparison);
        writeVersion(inner, value.version);
      });
      break;
    case "wait":
      writeInside(writer, (inner) =>
        writeLabelled(
          inner,
          [...value.events].map(([event, bytes]) => [event, (item: CborWriter) => item.raw(bytes)] as const),
        ),
      );
      break;
    case "custom":
      writer.raw(value.bytes);
  }
}

export function writeVersion(writer: CborWriter, version: readonly number[]): void {
  writer.array(version.length);
  for (const part of version) writer.integer(part);
}

/** A parameter's value alone, as a report or a log shows it. */
export const encodeParameter = (value: ParameterValue): Uint8Array => encode((writer) => writeParameter(writer, value));
