/** RFC 1035 §4.1, RFC 6762 §18: messages of multicast DNS, in bytes and out of them. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded } from "../../../gateway/base/index.ts";
import {
  address,
  decodeMessage,
  encodeMessage,
  labelOf,
  type Message,
  type Name,
  nameKey,
  nameText,
  onlyTypes,
  pointer,
  service,
  TYPE,
  text,
} from "../../../gateway/wire/dns/index.ts";

const EMPTY: Message = {
  id: 0,
  response: false,
  truncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
};
const KIND: Name = ["_coap", "_udp", "local"];
const INSTANCE: Name = ["A.b", ...KIND];
const HOST: Name = ["gw", "local"];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (digits: string): Uint8Array => Buffer.from(digits.replace(/\s+/g, ""), "hex");

/** With the record data as hex: which class of bytes holds it does not matter. */
const shown = (message: Message): unknown => ({
  ...message,
  answers: message.answers.map((record) => ({ ...record, rdata: hex(record.rdata) })),
});

const COAP_UDP_LOCAL = "055f636f6170 045f756470 056c6f63616c 00";

const VECTORS: ReadonlyArray<readonly [name: string, hex: string, message: Message]> = [
  [
    "a question for a kind of service, one answer wanted alone",
    `0000 0000 0001 0000 0000 0000 ${COAP_UDP_LOCAL} 000c 8001`,
    { ...EMPTY, questions: [{ name: KIND, type: TYPE.ptr, unicast: true }] },
  ],
  [
    "a pointer, its name compressed in the record data",
    `0000 8400 0000 0001 0000 0000 ${COAP_UDP_LOCAL} 000c 0001 00001194 0006 03412e62 c00c`,
    { ...EMPTY, response: true, answers: [pointer(KIND, INSTANCE)] },
  ],
  [
    "a service with its text and its host's addresses, all flushing caches",
    `0000 8400 0000 0004 0000 0000
     03412e62 ${COAP_UDP_LOCAL} 0021 8001 00000078 000b 0000 0000 1633 026777 c01b
     c00c 0010 8001 00001194 0008 07 706174683d2f63
     c032 0001 8001 00000078 0004 c0000202
     c032 001c 8001 00000078 0010 fd000000000000000000000000000002`,
    {
      ...EMPTY,
      response: true,
      answers: [
        service(INSTANCE, HOST, 5683),
        text(INSTANCE, ["path=/c"]),
        address(HOST, Uint8Array.of(192, 0, 2, 2)),
        address(HOST, bytes("fd000000000000000000000000000002")),
      ],
    },
  ],
  [
    "that a host has IPv4 addresses alone, and an empty text",
    `0000 8400 0000 0002 0000 0000
     026777 056c6f63616c 00 002f 8001 00000078 000d 026777 056c6f63616c 00 0001 40
     c00c 0010 8001 00001194 0001 00`,
    { ...EMPTY, response: true, answers: [onlyTypes(HOST, [TYPE.a], 120), text(HOST, [])] },
  ],
];

describe("RFC 1035 §4.1: messages", () => {
  test.each(VECTORS)("%s", (_name, digits, message) => {
    expect(hex(encodeMessage(message))).toBe(hex(bytes(digits)));
    expect(shown(decodeMessage(bytes(digits)))).toEqual(shown(message));
  });

  test("RFC 6762 §18.14: names in record data stay whole for a legacy asker", () => {
    const message = { ...EMPTY, response: true, answers: [service(INSTANCE, HOST, 5683)] };
    expect(hex(encodeMessage(message, false))).toContain(hex(bytes("0010 0000 0000 1633 026777 056c6f63616c 00")));
  });

  test("a record of another class is passed over, one with a compressed name is made whole", () => {
    const opt = "00 0029 1000 00000000 0000";
    const { answers } = decodeMessage(
      bytes(`0000 8400 0000 0002 0000 0000 ${opt} ${COAP_UDP_LOCAL} 000c 0001 00001194 0006 03412e62 c017`),
    );
    expect(answers.map(({ rdata }) => hex(rdata))).toEqual([hex(bytes(`03412e62 ${COAP_UDP_LOCAL}`))]);
  });
});

describe("names", () => {
  test.each<readonly [what: string, name: Name, written: string]>([
    ["dots within a label are escaped", ["Haus 3. OG", "_coap", "_udp", "local"], "Haus 3\\. OG._coap._udp.local."],
    ["the root", [], "."],
  ])("%s", (_what, name, written) => {
    expect(nameText(name)).toBe(written);
  });

  test("RFC 6762 §16: ASCII letters are compared without case, others with it", () => {
    expect(nameKey(["GW", "Local"])).toBe(nameKey(["gw", "local"]));
    expect(nameKey(["Ä"])).not.toBe(nameKey(["ä"]));
    expect(nameKey(["a.b"])).not.toBe(nameKey(["a", "b"]));
  });

  test("a label is cut between characters", () => {
    expect(labelOf("ä".repeat(40))).toBe("ä".repeat(31));
  });
});

const REFUSED: ReadonlyArray<readonly [name: string, hex: string, code: string]> = [
  ["an empty datagram", "", "dns.truncated"],
  ["a header alone that promises a question", "0000 0000 0001 0000 0000 0000", "dns.truncated"],
  ["a question cut off", `0000 0000 0001 0000 0000 0000 ${COAP_UDP_LOCAL} 000c`, "dns.truncated"],
  ["a label longer than the message", "0000 0000 0001 0000 0000 0000 3f61", "dns.truncated"],
  ["a pointer to itself", "0000 0000 0001 0000 0000 0000 c00c 000c 0001", "dns.malformed"],
  ["a pointer that leads ahead", "0000 0000 0001 0000 0000 0000 c00e 0161 00 000c 0001", "dns.malformed"],
  ["a reserved label type", "0000 0000 0001 0000 0000 0000 4061 000c 0001", "dns.malformed"],
  ["a label that is not UTF-8", "0000 0000 0001 0000 0000 0000 01ff 00 000c 0001", "dns.malformed"],
  [
    "a name of more than 255 octets",
    `0000 0000 0001 0000 0000 0000 ${"3f".padEnd(128, "61").repeat(5)} 00 000c 0001`,
    "dns.malformed",
  ],
  ["record data longer than the message", "0000 8400 0000 0001 0000 0000 00 000c 0001 00000000 ffff", "dns.truncated"],
  [
    "a name that ends before its record data",
    "0000 8400 0000 0001 0000 0000 00 000c 0001 00000000 0003 00 0000",
    "dns.malformed",
  ],
  ["an update (RFC 6762 §18.3)", "0000 2800 0000 0000 0000 0000", "dns.malformed"],
  ["an error (RFC 6762 §18.11)", "0000 8403 0000 0000 0000 0000", "dns.malformed"],
  ["more than fits in a message (RFC 6762 §17)", "00".repeat(9001), "dns.malformed"],
];

describe("hostile messages", () => {
  test.each(REFUSED)("%s is refused", (_name, digits, code) => {
    expect(() => decodeMessage(bytes(digits))).toThrow(expect.objectContaining({ code, blame: "wire" }));
  });

  test("thousands of pointers to one long name cost no more than so many octets", () => {
    const long = `${"0161".repeat(120)}00`;
    const questions = `${long} 000c 0001 ${"c00c 000c 0001 ".repeat(1000)}`;
    expect(() => decodeMessage(bytes(`0000 0000 03e9 0000 0000 0000 ${questions}`))).toThrow(
      expect.objectContaining({ code: "dns.malformed" }),
    );
  });

  test("whatever bytes: read, or a coded error", () => {
    const header = fc
      .uint8Array({ minLength: 8, maxLength: 8 })
      .map((counts) => [0, 0, 0x84, 0, ...counts.map((n, i) => (i % 2 ? n & 3 : 0))]);
    const body = fc.array(fc.constantFrom(0, 1, 12, 0x21, 0xc0, 0x40, 0x61, 0x80, 4, 16), { maxLength: 120 });
    fc.assert(
      fc.property(header, body, (start, rest) => {
        try {
          decodeMessage(Uint8Array.from([...start, ...rest]));
        } catch (error) {
          if (!isCoded(error)) throw error;
        }
      }),
    );
  });

  test("what is written is read as it was", () => {
    const label = fc.string({ minLength: 1, maxLength: 15 }).map((raw) => labelOf(raw.replace(/\p{Cs}/gu, "?")));
    const name = fc.array(label, { minLength: 1, maxLength: 4 });
    const record = fc.oneof(
      fc.tuple(name, name).map(([a, b]) => pointer(a, b)),
      fc.tuple(name, name, fc.nat(65_535)).map(([a, b, port]) => service(a, b, port)),
      fc.tuple(name, fc.array(label)).map(([a, entries]) => text(a, entries)),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.boolean(), (answers, compressed) => {
        const read = decodeMessage(encodeMessage({ ...EMPTY, response: true, answers }, compressed)).answers;
        // Compression may give a name the case of an earlier one.
        const written = answers.map((one) => [nameKey(one.name), one.type, one.ttl, one.rdata.length]);
        expect(read.map((one) => [nameKey(one.name), one.type, one.ttl, one.rdata.length])).toEqual(written);
      }),
      { numRuns: 40 },
    );
  });
});
