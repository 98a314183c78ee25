/**
 * Facts as bytes: CBOR maps with the names of their members, so that any CBOR tool can read a journal after a disaster.
 * They are written at every check-in, and cbor-x spends more on that than the rest of the journal does; reading, which
 * a restart does once, is left to it.
 */
import { BugError } from "../base/index.ts";
import type { CborWriter } from "../wire/cbor/index.ts";
import { decodePlain } from "./cbor-x.ts";
import type { Fact, NewFact } from "./facts.ts";

const TWO_32 = 0x1_0000_0000;

/** A fact without its number, which each journal keeps beside it. The bytes are a part of the writer's memory. */
export function encodeFact(fact: NewFact, writer: CborWriter): Uint8Array {
  try {
    writeMembers(writer, fact);
  } catch (error) {
    writer.cut(); // half a fact must not stand before the next one
    throw error;
  }
  return writer.cut();
}

/** The fact `seq`; undefined when the bytes are none. */
export function decodeFact(seq: number, bytes: Uint8Array): Fact | undefined {
  try {
    const value = decodePlain(bytes);
    return isFactBody(value) ? { seq, ...value } : undefined;
  } catch {
    return undefined; // what exactly cbor-x missed says nothing; the caller knows file and offset
  }
}

/** The record's checksum already vouches for the rest of the shape: we wrote it ourselves. */
const isFactBody = (value: unknown): value is NewFact =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "at" in value;

/** A member that is undefined is not there. */
function writeMembers(writer: CborWriter, members: object): void {
  const plain = members as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const name in plain) if (plain[name] !== undefined) count += 1;
  writer.map(count);
  for (const name in plain) {
    const value = plain[name];
    if (value === undefined) continue;
    writer.text(name);
    writePlain(writer, value);
  }
}

function writePlain(writer: CborWriter, value: unknown): void {
  switch (typeof value) {
    case "string":
      writer.text(value);
      break;
    case "number":
      // An integer of eight bytes would be read as a bigint; a double holds each one that is safe.
      if (Number.isInteger(value) && Math.abs(value) < TWO_32) writer.integer(value);
      else writer.float(value);
      break;
    case "boolean":
      writer.boolean(value);
      break;
    case "object":
      if (value === null) writer.null();
      else if (value instanceof Uint8Array) writer.byteString(value);
      else if (Array.isArray(value)) {
        writer.array(value.length);
        for (const item of value) writePlain(writer, item);
      } else writeMembers(writer, value);
      break;
    default:
      throw new BugError("store.bug", { what: `a ${typeof value} in a fact` });
  }
}
