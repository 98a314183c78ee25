/** The nodes' own OSCORE against the vectors of RFC 8613 Appendix C, which stand here as the RFC prints them. */
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EMPTY, fromHex, toHex } from "../../gateway/base/index.ts";
import { countingSequence, SequenceFile } from "../../gateway/sim/index.ts";
import { decodeInner, encodeInner, type InnerMessage } from "../../gateway/sim/speech/inner-message.ts";
import { type NodeCredential, OscoreClient } from "../../gateway/sim/speech/oscore.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? EMPTY;
const masterSecret = bytes("0102030405060708090a0b0c0d0e0f10");
const masterSalt = bytes("9e7ca92223786340");
const idContext = bytes("37cbf3210017a2d3");

/** The client's side of C.1.1, C.2.1 and C.3.1. */
const WITH_SALT: NodeCredential = { masterSecret, masterSalt, senderId: EMPTY, recipientId: bytes("01") };
const WITHOUT_SALT: NodeCredential = { ...WITH_SALT, masterSalt: EMPTY, senderId: bytes("00") };
const WITH_CONTEXT: NodeCredential = { ...WITH_SALT, idContext };

const clientOf = (credential: NodeCredential, sequence = 20) =>
  new OscoreClient(credential, countingSequence(sequence));
/** GET coap://localhost/tv1: Uri-Host stays outside. */
const GET_TV1: InnerMessage = {
  code: "0.01",
  options: [{ number: 11, value: Buffer.from("tv1") }],
  payload: EMPTY,
};

describe("requests (Appendix C.4 to C.6)", () => {
  test.each([
    ["C.4, no kid bytes", WITH_SALT, "0914", "612f1092f1776f1c1668b3825e", "4622d4dd6d944168eefb549868"],
    ["C.5, no salt", WITHOUT_SALT, "091400", "4ed339a5a379b0b8bc731fffb0", "bf35ae297d2dace910c52e99ed"],
    [
      "C.6, kid context",
      WITH_CONTEXT,
      "19140837cbf3210017a2d3",
      "72cd7273fd331ac45cffbe55c3",
      "2ca58fb85ff1b81c0b7181b84a",
    ],
  ])("%s", (_name, credential, option, payload, nonce) => {
    const sealed = clientOf(credential).protect(GET_TV1);
    expect(toHex(sealed.option)).toBe(option);
    expect(toHex(sealed.payload)).toBe(payload);
    expect(toHex(sealed.nonce)).toBe(nonce);
  });

  test("each request has a number of its own, in as few bytes as hold it", () => {
    const client = clientOf(WITH_SALT, 254);
    expect(client.protect(GET_TV1).option.toString("hex")).toBe("09fe");
    expect(client.protect(GET_TV1).option.toString("hex")).toBe("09ff");
    expect(client.protect(GET_TV1).option.toString("hex")).toBe("0a0100");
    expect(
      clientOf(WITH_SALT, 2 ** 32)
        .protect(GET_TV1)
        .option.toString("hex"),
    ).toBe("0d0100000000");
  });

  test.each([
    [5, 47],
    [70_000, 49],
  ])("report %i of two readings is a datagram of %i bytes (docs/check-in.md)", (number, length) => {
    const options = [
      { number: 11, value: Buffer.from("c") },
      { number: 12, value: Uint8Array.of(142) },
    ];
    const payload = bytes("a119ea61a2020105a118c3a201c4822119086602182d");
    const credential = { ...WITH_SALT, senderId: Uint8Array.of(1), recipientId: Uint8Array.of(0) };
    const sealed = clientOf(credential, number).protect({ code: "0.02", options, payload });
    const [header, token, option, marker] = [4, 2, 1 + sealed.option.length, 1];
    expect(header + token + option + marker + sealed.payload.length).toBe(length);
  });

  test("numbers that are used up end a node", () => {
    expect(() => clientOf(WITH_SALT, 2 ** 40).protect(GET_TV1)).toThrow(RangeError);
  });
});

describe("responses (Appendix C.7 and C.8)", () => {
  const HELLO: InnerMessage = { code: "2.05", options: [], payload: Buffer.from("Hello World!") };
  const C7 = bytes("dbaad1e9a7e7b2a813d3c31524378303cdafae119106");
  const C8 = bytes("4d4c13669384b67354b2b6175ff4b8658c666a6cf88e");

  test.each([
    ["C.7, under the nonce of the request", "", C7],
    ["C.8, with a Partial IV of its own", "0100", C8],
  ])("%s", (_name, option, payload) => {
    const client = clientOf(WITH_SALT);
    expect(client.open(client.protect(GET_TV1), bytes(option), payload)).toEqual(HELLO);
  });

  test.each([
    ["of another request", 21, "", C7],
    ["cut by a byte", 20, "", C7.subarray(1)],
    ["shorter than its tag", 20, "", C7.subarray(0, 8)],
    ["without a ciphertext", 20, "", EMPTY],
    ["with the Partial IV of another response", 20, "0101", C8],
    ["whose option has a reserved bit", 20, "8100", C8],
    ["whose option has a length that is reserved", 20, "06000000000000", C8],
    ["whose option is cut", 20, "02ff", C8],
  ])("a response %s is not believed", (_name, sequence, option, payload) => {
    const client = clientOf(WITH_SALT, sequence);
    expect(client.open(client.protect(GET_TV1), bytes(option), payload)).toBeUndefined();
  });
});

describe("the message inside", () => {
  const option = fc.record({
    number: fc.integer({ min: 0, max: 65_535 }),
    value: fc.uint8Array({ maxLength: 300 }),
  });
  const code = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 31 }));

  test("comes back as it was, its options in order", () => {
    fc.assert(
      fc.property(code, fc.array(option), fc.uint8Array(), ([major, minor], options, payload) => {
        const message = { code: `${major}.${String(minor).padStart(2, "0")}`, options, payload };
        const back = decodeInner(encodeInner(message));
        expect(back?.code).toBe(message.code);
        expect(toHex(back?.payload ?? EMPTY)).toBe(toHex(payload));
        const sorted = [...options].sort((a, b) => a.number - b.number);
        expect(back?.options.map(({ number, value }) => [number, toHex(value)])).toEqual(
          sorted.map(({ number, value }) => [number, toHex(value)]),
        );
      }),
    );
  });

  test.each([
    ["nothing at all", ""],
    ["a marker without a payload", "45ff"],
    ["an option beyond the end", "45b374"],
    ["a length that is cut", "45bd"],
    ["a reserved delta", "45f0"],
    ["a reserved length", "45bf"],
  ])("%s is malformed", (_name, hex) => {
    expect(decodeInner(bytes(hex))).toBeUndefined();
  });

  test("no bytes make it throw", () => {
    fc.assert(fc.property(fc.uint8Array(), (noise) => void decodeInner(noise)));
  });
});

describe("sender sequence numbers", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sidgate-sequence-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are never given again, however the process ends, and whoever runs beside it", () => {
    const path = join(folder, "nodes.sequence");
    const given: number[] = [];
    const others: number[] = [];
    for (let run = 0; run < 3; run++) {
      const [one, beside] = [new SequenceFile(path).of("a"), new SequenceFile(path).of("a")];
      const other = new SequenceFile(path).of("b");
      for (let count = 0; count < 700; count++) given.push(one.next(), beside.next());
      others.push(other.next());
    } // each time they were killed
    expect(new Set(given).size).toBe(given.length);
    expect(Math.max(...given)).toBeLessThan(given.length + 2 * 3 * 256);
    expect(others).toEqual([0, 256, 512]);
  });

  test("go on behind a line that a loss of power has cut", () => {
    const path = join(folder, "cut.sequence");
    const before = new SequenceFile(path).of("a").next();
    appendFileSync(path, "\na 12");
    expect(new SequenceFile(path).of("a").next()).toBeGreaterThan(before);
  });

  test.each([
    ["nothing can be written", join("nowhere", "x"), "a"],
    ["what was written does not stand there as one line", "torn.sequence", "a\nb"],
  ])("are not to be had when %s", (_name, file, of) => {
    const sequence = new SequenceFile(join(folder, file)).of(of);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => sequence.next()).toThrow(expect.objectContaining({ code: "cli.file" }));
    }
  });
});
