/** RFC 1035 §4.1 with the bits of RFC 6762 §18: messages of multicast DNS. Class IN only; other records are passed over. */
import { WireError } from "../../base/index.ts";
import { type Name, type NameBudget, nameBytes, nameKey, readName } from "./name.ts";
import { type ResourceRecord, TYPE } from "./record.ts";

export interface Question {
  readonly name: Name;
  readonly type: number;
  /** RFC 6762 §5.4: the answer may go to the asker alone. */
  readonly unicast: boolean;
}

export interface Message {
  /** 0 in multicast; a legacy asker wants its own back (RFC 6762 §6.7). */
  readonly id: number;
  readonly response: boolean;
  /** RFC 6762 §7.2: more known answers follow in another message. */
  readonly truncated: boolean;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

const HEADER = 12;
const IN = 1;
const ANY_CLASS = 255;
/** The high bit of a class: unicast wanted in a question, cache flush in a record. */
const HIGH = 0x8000;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const OPCODE_AND_RCODE = 0x780f;
/** RFC 6762 §17. */
const MAX_MESSAGE = 9000;
/** Enough for a full message of honest names; a hostile one costs no more than this. */
const MAX_NAME_OCTETS = 16_384;
/** The rdata of these starts with so many bytes before its name. */
const NAME_AT: Readonly<Record<number, number>> = { [TYPE.ptr]: 0, [TYPE.srv]: 6 };

/** Throws WireErrors `dns.*`. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.length < HEADER) throw new WireError("dns.truncated", { offset: bytes.length });
  if (bytes.length > MAX_MESSAGE) throw new WireError("dns.malformed", { offset: MAX_MESSAGE, what: "too long" });
  const uint16 = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const flags = uint16(2);
  // RFC 6762 §18.3, §18.11: silently ignored.
  if ((flags & OPCODE_AND_RCODE) !== 0) throw new WireError("dns.malformed", { offset: 2, what: "not a plain query" });
  const budget: NameBudget = { octets: MAX_NAME_OCTETS };
  let at = HEADER;
  const take = (length: number): number => {
    const start = at;
    at += length;
    if (at > bytes.length) throw new WireError("dns.truncated", { offset: bytes.length });
    return start;
  };
  const takeName = (): Name => {
    const { name, next } = readName(bytes, at, budget);
    at = next;
    return name;
  };

  const questions: Question[] = [];
  for (let left = uint16(4); left > 0; left--) {
    const name = takeName();
    const fixed = take(4);
    const asked = uint16(fixed + 2) & ~HIGH;
    const unicast = (uint16(fixed + 2) & HIGH) !== 0;
    if (asked === IN || asked === ANY_CLASS) questions.push({ name, type: uint16(fixed), unicast });
  }

  const section = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let left = count; left > 0; left--) {
      const name = takeName();
      const fixed = take(10);
      const type = uint16(fixed);
      const flush = (uint16(fixed + 2) & HIGH) !== 0;
      const ttl = uint16(fixed + 4) * 0x10000 + uint16(fixed + 6);
      const start = take(uint16(fixed + 8));
      if ((uint16(fixed + 2) & ~HIGH) !== IN) continue;
      records.push({ name, type, flush, ttl, rdata: canonical(bytes, { type, start, end: at }, budget) });
    }
    return records;
  };
  const answers = section(uint16(6));
  const authorities = section(uint16(8));
  const additionals = section(uint16(10));
  const response = (flags & RESPONSE) !== 0;
  return {
    id: uint16(0),
    response,
    truncated: (flags & TRUNCATED) !== 0,
    questions,
    answers,
    authorities,
    additionals,
  };
}

/** Names in record data may be compressed on the wire (RFC 6762 §18.14); here they are not. */
function canonical(
  bytes: Uint8Array,
  { type, start, end }: { readonly type: number; readonly start: number; readonly end: number },
  budget: NameBudget,
): Uint8Array {
  const before = NAME_AT[type];
  if (before === undefined) return bytes.slice(start, end);
  const { name, next } = readName(bytes, start + before, budget);
  if (next !== end) throw new WireError("dns.malformed", { offset: next, what: "record data of another length" });
  return Buffer.concat([bytes.subarray(start, start + before), nameBytes(name)]);
}

/** Names are compressed; for a legacy asker not inside record data (RFC 6762 §18.14). */
export function encodeMessage(message: Message, compressData = true): Uint8Array {
  const out = new MessageWriter();
  const { questions, answers, authorities, additionals } = message;
  const bits = message.response ? RESPONSE | AUTHORITATIVE : 0;
  for (const word of [message.id, bits | (message.truncated ? TRUNCATED : 0)]) out.uint16(word);
  for (const { length } of [questions, answers, authorities, additionals]) out.uint16(length);
  for (const { name, type, unicast } of questions) {
    out.name(name);
    out.uint16(type);
    out.uint16(unicast ? IN | HIGH : IN);
  }
  for (const record of [...answers, ...authorities, ...additionals]) out.record(record, compressData);
  return out.bytes();
}

class MessageWriter {
  readonly #buffer = Buffer.alloc(MAX_MESSAGE);
  #at = 0;
  /** Where each name and each tail of one was written. */
  readonly #written = new Map<string, number>();

  uint16(value: number): void {
    this.#at = this.#buffer.writeUInt16BE(value, this.#at);
  }

  name(name: Name): void {
    for (let index = 0; index < name.length; index++) {
      const key = nameKey(name.slice(index));
      const earlier = this.#written.get(key);
      if (earlier !== undefined) {
        this.uint16(0xc000 | earlier);
        return;
      }
      if (this.#at < 0x4000) this.#written.set(key, this.#at);
      this.raw(nameBytes([name[index]!]).subarray(0, -1));
    }
    this.raw(Uint8Array.of(0));
  }

  record({ name, type, flush, ttl, rdata }: ResourceRecord, compressData: boolean): void {
    this.name(name);
    this.uint16(type);
    this.uint16(flush ? IN | HIGH : IN);
    this.#at = this.#buffer.writeUInt32BE(ttl, this.#at);
    const lengthAt = this.#at;
    this.uint16(0);
    const before = compressData ? NAME_AT[type] : undefined;
    this.raw(rdata.subarray(0, before));
    if (before !== undefined) this.name(readName(rdata, before, { octets: MAX_NAME_OCTETS }).name);
    this.#buffer.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  raw(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(0, this.#at));
  }
}
