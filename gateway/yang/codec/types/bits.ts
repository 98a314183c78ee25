/**
 * bits: RFC 7950 §9.7, RFC 9254 §6.7. The value is the names in order of position; on the wire bit n is bit n%8 of byte
 * n/8, and runs of zero bytes may be skipped: [h'0401', 14, h'01']. Positions reach up to 2^32-1, so nothing here is as
 * large as the largest position.
 */
import { type CborReader, type CborWriter, MAJOR, YANG_TAG } from "../../../wire/cbor/index.ts";
import { Fault } from "../fault.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

const BLANK = /[ \t\r\n]+/;
/** Cutting at a run of zero bytes costs a skip and one more string head; the first cut costs the array as well. */
const LONG_RUN = 4;

/** One byte that is not zero, and its index. */
type Octet = readonly [index: number, octet: number];

export const bits: LeafFactory = (type) => {
  const inOrder = [...(type.bits ?? [])].sort((a, b) => a.position - b.position);
  const positions = new Map(inOrder.map(({ name, position }) => [name, position]));
  const names = new Map(inOrder.map(({ name, position }) => [position, name]));
  const size = Math.floor((inOrder.at(-1)?.position ?? -1) / 8) + 1;

  const namesOf = (octets: readonly Octet[]): string => {
    const found: string[] = [];
    for (const [index, octet] of octets) {
      for (let bit = 0; bit < 8; bit++) {
        if ((octet & (1 << bit)) === 0) continue;
        const name = names.get(index * 8 + bit);
        if (name === undefined) throw new Fault("yang.invalid-datatype", `no bit has position ${index * 8 + bit}`);
        found.push(name);
      }
    }
    return found.join(" ");
  };
  const positionsOf = (text: string): number[] => {
    const found = new Set<number>();
    for (const name of text.split(BLANK)) {
      if (name === "") continue;
      const position = positions.get(name);
      if (position === undefined) throw new Fault("yang.invalid-datatype", `there is no bit '${name}'`);
      if (found.has(position)) throw new Fault("yang.invalid-datatype", `the bit '${name}' is there twice`);
      found.add(position);
    }
    return [...found].sort((a, b) => a - b);
  };
  const parse = (text: string): string =>
    positionsOf(text)
      .map((position) => names.get(position))
      .join(" ");
  return {
    read: (reader) => namesOf(readOctets(reader, size)),
    write(writer, value) {
      if (typeof value !== "string") throw misfit("names of bits", value);
      writeOctets(writer, octetsOf(positionsOf(value)));
    },
    parse,
    format: String,
    fromJson: (json) => parse(jsonText(json, "names of bits")),
    toJson: String,
    tagged: {
      tag: YANG_TAG.bits,
      read(reader) {
        if (reader.major() !== MAJOR.text) throw wrongType("names of bits");
        return parse(reader.text());
      },
      write: (writer, value) => writer.text(String(value)),
    },
  };
};

function octetsOf(positions: readonly number[]): Octet[] {
  const octets = new Map<number, number>();
  for (const position of positions) {
    const index = Math.floor(position / 8);
    octets.set(index, (octets.get(index) ?? 0) | (1 << (position % 8)));
  }
  return [...octets];
}

const wrongBits = (what: string): Fault => new Fault("yang.invalid-datatype", what);

/** A byte string, or byte strings and skips in turn; `[]` as one peer (mup1cc) writes "no bit" is fine too. */
function readOctets(reader: CborReader, size: number): readonly Octet[] {
  const octets: Octet[] = [];
  if (reader.major() === MAJOR.bytes) {
    takeString(reader, 0, octets);
    return octets;
  }
  if (reader.major() !== MAJOR.array) throw wrongType("a byte string or an array of byte strings and skips");
  let offset = 0;
  let previous: number | undefined;
  let count = 0;
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    const major = reader.major();
    if (major === previous) throw wrongBits("byte strings and skips that do not alternate");
    previous = major;
    count += 1;
    if (major === MAJOR.bytes) offset += takeString(reader, offset, octets);
    else if (major === MAJOR.uint) {
      const skip = Number(reader.integer());
      if (skip === 0 || offset + skip >= size) throw wrongBits(`a skip of ${skip} bytes`);
      offset += skip;
    } else throw wrongType("a byte string or a skip");
  }
  if (previous === MAJOR.uint) throw wrongBits("a skip with nothing behind it");
  if (count === 1) throw wrongBits("an array around one byte string");
  return octets;
}

/** RFC 9254 §6.7: zero bytes at the end are left away. Returns the length. */
function takeString(reader: CborReader, offset: number, octets: Octet[]): number {
  const bytes = reader.byteString();
  if (bytes.at(-1) === 0) throw wrongBits("a zero byte at the end of the bits");
  for (const [index, octet] of bytes.entries()) if (octet !== 0) octets.push([offset + index, octet]);
  return bytes.length;
}

interface Piece {
  readonly skip: number;
  readonly from: number;
  readonly octets: Octet[];
}

function writeOctets(writer: CborWriter, octets: readonly Octet[]): void {
  const pieces = split(octets);
  const [first] = pieces;
  if (first === undefined) writer.byteString(new Uint8Array());
  else if (pieces.length === 1 && first.skip === 0) writePiece(writer, first);
  else {
    writer.array(pieces.length * 2 - (first.skip === 0 ? 1 : 0));
    for (const piece of pieces) {
      if (piece.skip > 0) writer.integer(piece.skip);
      writePiece(writer, piece);
    }
  }
}

function writePiece(writer: CborWriter, { from, octets }: Piece): void {
  const bytes = new Uint8Array((octets.at(-1)?.[0] ?? from) - from + 1);
  for (const [index, octet] of octets) bytes[index - from] = octet;
  writer.byteString(bytes);
}

/** Cuts at each long run of zero bytes, also at one in front. */
function split(octets: readonly Octet[]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const octet of octets) {
    const [index] = octet;
    const last = pieces.at(-1);
    const run = index - end;
    if (last !== undefined && run < LONG_RUN) last.octets.push(octet);
    else if (last === undefined && run < LONG_RUN) pieces.push({ skip: 0, from: 0, octets: [octet] });
    else pieces.push({ skip: run, from: index, octets: [octet] });
    end = index + 1;
  }
  return pieces;
}
