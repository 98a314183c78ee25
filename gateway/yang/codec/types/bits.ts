/**
 * bits: RFC 7950 §9.7, RFC 9254 §6.7. The value is the names in order of position; on the wire bit n is bit n%8 of byte
 * n/8, and long runs of zero bytes may be skipped: [h'0401', 14, h'01'].
 */
import { type CborReader, type CborWriter, MAJOR } from "../../../wire/cbor/index.ts";
import { Fault } from "../fault.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

const BLANK = /[ \t\r\n]/;
/** A skip pays from here on: array head, skip and string head cost three bytes. */
const LONG_RUN = 4;

export const bits: LeafFactory = (type) => {
  const inOrder = [...(type.bits ?? [])].sort((a, b) => a.position - b.position);
  const positions = new Map(inOrder.map(({ name, position }) => [name, position]));
  const size = ((inOrder.at(-1)?.position ?? -1) >> 3) + 1;

  const namesOf = (octets: Uint8Array): string => {
    const left = new Uint8Array(octets); // a copy: slice() of a Buffer would be a view
    const names: string[] = [];
    for (const { name, position } of inOrder) {
      const octet = left[position >> 3] ?? 0;
      if ((octet & (1 << (position & 7))) === 0) continue;
      names.push(name);
      left[position >> 3] = octet & ~(1 << (position & 7));
    }
    const unknown = left.findIndex((octet) => octet !== 0);
    if (unknown >= 0) {
      const position = unknown * 8 + Math.log2(left[unknown]! & -left[unknown]!);
      throw new Fault("yang.invalid-datatype", `no bit has position ${position}`);
    }
    return names.join(" ");
  };
  const octetsOf = (names: string): Uint8Array => {
    const octets = new Uint8Array(size);
    let used = 0;
    for (const name of names.split(BLANK)) {
      if (name === "") continue;
      const position = positions.get(name);
      if (position === undefined) throw new Fault("yang.invalid-datatype", `there is no bit '${name}'`);
      octets[position >> 3]! |= 1 << (position & 7);
      used = Math.max(used, (position >> 3) + 1);
    }
    return octets.subarray(0, used);
  };
  const parse = (text: string): string => namesOf(octetsOf(text));
  return {
    read: (reader) => namesOf(readOctets(reader, size)),
    write(writer, value) {
      if (typeof value !== "string") throw misfit("names of bits", value);
      writeOctets(writer, octetsOf(value));
    },
    parse,
    format: String,
    fromJson: (json) => parse(jsonText(json, "names of bits")),
    toJson: String,
    tagged: {
      tag: 43,
      read(reader) {
        if (reader.major() !== MAJOR.text) throw wrongType("names of bits");
        return parse(reader.text());
      },
      write: (writer, value) => writer.text(String(value)),
    },
  };
};

/** A byte string, or an array of byte strings and skips; `[]` as one peer writes "no bit" is fine too. */
function readOctets(reader: CborReader, size: number): Uint8Array {
  if (reader.major() === MAJOR.bytes) return reader.byteString();
  if (reader.major() !== MAJOR.array) throw wrongType("a byte string or an array of byte strings and skips");
  const octets: number[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    if (reader.major() === MAJOR.bytes) {
      octets.push(...reader.byteString());
    } else {
      if (reader.major() !== MAJOR.uint) throw wrongType("a byte string or a skip");
      const skip = Number(reader.integer());
      // A skip past the last defined bit says nothing that could be valid; refuse it before it allocates.
      if (skip === 0 || octets.length + skip > size) throw new Fault("yang.invalid-datatype", `a skip of ${skip}`);
      octets.push(...new Uint8Array(skip));
    }
    if (octets.length > size + LONG_RUN) throw new Fault("yang.invalid-datatype", "more bytes than the type has bits");
  }
  return Uint8Array.from(octets);
}

function writeOctets(writer: CborWriter, octets: Uint8Array): void {
  const pieces = split(octets);
  if (pieces.length === 1) {
    writer.byteString(octets);
    return;
  }
  writer.array(pieces.length * 2 - 1);
  for (const { skip, octets: piece } of pieces) {
    if (skip > 0) writer.integer(skip);
    writer.byteString(piece);
  }
}

/** Cuts at each long run of zero bytes; the first piece starts at byte 0. */
function split(octets: Uint8Array): Array<{ readonly skip: number; readonly octets: Uint8Array }> {
  const pieces: Array<{ skip: number; octets: Uint8Array }> = [];
  let start = 0;
  let skip = 0;
  let zeros = 0;
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] === 0) {
      zeros += 1;
      continue;
    }
    if (zeros >= LONG_RUN && at > zeros) {
      pieces.push({ skip, octets: octets.subarray(start, at - zeros) });
      skip = zeros;
      start = at;
    }
    zeros = 0;
  }
  pieces.push({ skip, octets: octets.subarray(start) });
  return pieces;
}
