import { expect, test } from "@jest/globals";
import { generate, parse } from "coap-packet";
import fc from "fast-check";
import { type ErrorCode, fromHex, isCoded, toHex } from "../../../gateway/base/index.ts";
import {
  codeOf,
  decodeMessage,
  encodeEmpty,
  encodeMessage,
  MESSAGE_TYPES,
  type Message,
  sortOptions,
} from "../../../gateway/wire/coap/index.ts";
import { inDrill } from "../../support/drill.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const none = new Uint8Array(0);

const GOLDEN: ReadonlyArray<readonly [name: string, bytes: string, message: Message]> = [
  [
    "RFC 7252 figure 16: a confirmable GET",
    "40 01 7d34 bb 74656d7065726174757265",
    {
      type: "CON",
      code: codeOf("GET"),
      messageId: 0x7d34,
      token: none,
      options: [{ number: 11, value: utf8("temperature") }],
      payload: none,
    },
  ],
  [
    "RFC 7252 figure 16: its piggybacked response",
    "60 45 7d34 ff 32322e332043",
    { type: "ACK", code: codeOf("2.05"), messageId: 0x7d34, token: none, options: [], payload: utf8("22.3 C") },
  ],
  [
    "RFC 7252 figure 17: with a token",
    "41 01 7d35 20 bb 74656d7065726174757265",
    {
      type: "CON",
      code: codeOf("GET"),
      messageId: 0x7d35,
      token: hex("20"),
      options: [{ number: 11, value: utf8("temperature") }],
      payload: none,
    },
  ],
  ["an empty ACK", "60 00 0001", { type: "ACK", code: 0, messageId: 1, token: none, options: [], payload: none }],
  [
    "option deltas and lengths of one and two extra bytes",
    `40 02 0001 dd ef0d${"61".repeat(26)} e1 fdf6 07`,
    {
      type: "CON",
      code: codeOf("POST"),
      messageId: 1,
      token: none,
      options: [
        { number: 252, value: utf8("a".repeat(26)) },
        { number: 65535, value: hex("07") },
      ],
      payload: none,
    },
  ],
  [
    "a value of 300 bytes",
    `50 03 ffff de 16001f${"00".repeat(300)}`,
    {
      type: "NON",
      code: codeOf("PUT"),
      messageId: 0xffff,
      token: none,
      options: [{ number: 35, value: new Uint8Array(300) }],
      payload: none,
    },
  ],
];

test.each(GOLDEN)("%s", (_name, bytes, message) => {
  expect(decodeMessage(hex(bytes))).toEqual(message);
  expect(toHex(encodeMessage(message))).toBe(bytes.replaceAll(" ", ""));
});

const MALFORMED: ReadonlyArray<readonly [name: string, bytes: string, code: ErrorCode]> = [
  ["nothing", "", "coap.truncated"],
  ["one byte", "40", "coap.truncated"],
  ["three bytes", "400100", "coap.truncated"],
  ["version 0", "00 01 0001", "coap.version"],
  ["version 2", "80 01 0001", "coap.version"],
  ["version 3", "c0 01 0001", "coap.version"],
  ["token length 9", "49 01 0001 010203040506070809", "coap.token-length"],
  ["token length 15", "4f 01 0001 0102030405060708090a0b0c0d0e0f", "coap.token-length"],
  ["token longer than the message", "48 01 0001 0102", "coap.truncated"],
  ["empty message with a token", "41 00 0001 07", "coap.empty-message"],
  ["empty message with a payload", "40 00 0001 ff 01", "coap.empty-message"],
  ["payload marker and nothing after it", "40 01 0001 ff", "coap.empty-payload"],
  ["option value cut short", "40 01 0001 b4 6162", "coap.truncated"],
  ["extended delta missing", "40 01 0001 d0", "coap.truncated"],
  ["extended delta cut in half", "40 01 0001 e0 01", "coap.truncated"],
  ["extended length missing", "40 01 0001 1d", "coap.truncated"],
  ["delta 15 that is no payload marker", "40 01 0001 f0", "coap.option-header"],
  ["length 15", "40 01 0001 1f", "coap.option-header"],
  ["option number above 65535", "40 01 0001 e0 ffff", "coap.option-number"],
  ["option number above 65535 in two steps", "40 01 0001 e0 fef2 e0 0000", "coap.option-number"],
];

const codeThrown = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return isCoded(error) ? error.code : String(error);
  }
  return "nothing thrown";
};

test.each(MALFORMED)("refuses: %s", (_name, bytes, code) => {
  expect(codeThrown(() => decodeMessage(hex(bytes)))).toBe(code);
});

const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength });
const messages: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom(...MESSAGE_TYPES),
    code: fc.integer({ min: 1, max: 255 }),
    messageId: fc.nat(0xffff),
    token: bytesOf(8),
    options: fc.array(fc.record({ number: fc.nat(65535), value: bytesOf(400) }), { maxLength: 6 }),
    payload: bytesOf(64),
  })
  .map((message) => ({ ...message, options: sortOptions(message.options) }));

test("what is written is read again", () => {
  fc.assert(fc.property(messages, (message) => expect(decodeMessage(encodeMessage(message))).toEqual(message)));
});

test("coap-packet reads what we write", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const packet = parse(Buffer.from(encodeMessage(message)));
      expect(packet.messageId).toBe(message.messageId);
      expect(toHex(packet.token)).toBe(toHex(message.token));
      expect(toHex(packet.payload)).toBe(toHex(message.payload));
      expect(packet.options.map(({ value }) => toHex(value))).toEqual(message.options.map(({ value }) => toHex(value)));
    }),
    { numRuns: 50 },
  );
});

test("we read what coap-packet writes", () => {
  const packet = generate({
    confirmable: true,
    code: "0.05",
    messageId: 77,
    token: Buffer.from("0102", "hex"),
    options: [{ name: "Uri-Path", value: Buffer.from("c") }],
    payload: Buffer.from([0x81, 0x19]),
  });
  expect(decodeMessage(packet)).toMatchObject({ type: "CON", code: codeOf("FETCH"), messageId: 77 });
});

test("whatever comes in, only a wire error comes out", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        expect(isCoded(error) && error.blame).toBe("wire");
      }
    }),
    { numRuns: inDrill(666, 2000) },
  );
});

test("empty messages have four bytes", () => {
  expect(toHex(encodeEmpty("RST", 0x1234))).toBe("70001234");
  expect(toHex(encodeEmpty("ACK", 0xffff))).toBe("6000ffff");
});
