/** RFC 8613 Appendix C: every printed value, in both directions. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { toHex } from "../../../gateway/base/index.ts";
import { decodeOscoreOption, encodeOscoreOption } from "../../../gateway/coap/oscore/codec/option.ts";
import { Contexts } from "../../../gateway/coap/oscore/context/contexts.ts";
import { makeAad } from "../../../gateway/coap/oscore/crypto/aad.ts";
import { aeadMaker, OneShot } from "../../../gateway/coap/oscore/crypto/aead.ts";
import { AesCcm, CcmBench } from "../../../gateway/coap/oscore/crypto/aes-ccm.ts";
import { algorithmRow } from "../../../gateway/coap/oscore/crypto/algorithms.ts";
import { deriveKeys } from "../../../gateway/coap/oscore/crypto/derive.ts";
import { makeNonce } from "../../../gateway/coap/oscore/crypto/nonce.ts";
import { RequestSecurity } from "../../../gateway/coap/oscore/server/response-security.ts";
import { codeOf, decodeMessage, encodeMessage, OPTION } from "../../../gateway/wire/coap/index.ts";
import { Credentials, credential, hex, otherEnd, type PairOptions } from "./contexts.ts";
import { counter, end, reply } from "./ends.ts";
import { decodePlaintext, encodePlaintext } from "./plaintext.ts";

interface DerivationVector {
  readonly pair: PairOptions;
  /** The server's view; the client's has sender and recipient changed places. */
  readonly senderKey: string;
  readonly recipientKey: string;
  readonly commonIv: string;
  readonly senderNonce: string;
  readonly recipientNonce: string;
}

const WITH_SALT: PairOptions = {};
const WITHOUT_SALT: PairOptions = { masterSalt: "", senderId: "01", recipientId: "00" };
const WITH_ID_CONTEXT: PairOptions = { idContext: "37cbf3210017a2d3" };

const DERIVATIONS: ReadonlyArray<readonly [section: string, vector: DerivationVector]> = [
  [
    "C.1",
    {
      pair: WITH_SALT,
      senderKey: "ffb14e093c94c9cac9471648b4f98710",
      recipientKey: "f0910ed7295e6ad4b54fc793154302ff",
      commonIv: "4622d4dd6d944168eefb54987c",
      senderNonce: "4722d4dd6d944169eefb54987c",
      recipientNonce: "4622d4dd6d944168eefb54987c",
    },
  ],
  [
    "C.2",
    {
      pair: WITHOUT_SALT,
      senderKey: "e57b5635815177cd679ab4bcec9d7dda",
      recipientKey: "321b26943253c7ffb6003b0b64d74041",
      commonIv: "be35ae297d2dace910c52e99f9",
      senderNonce: "bf35ae297d2dace810c52e99f9",
      recipientNonce: "bf35ae297d2dace910c52e99f9",
    },
  ],
  [
    "C.3",
    {
      pair: WITH_ID_CONTEXT,
      senderKey: "e39a0c7c77b43f03b4b39ab9a268699f",
      recipientKey: "af2a1300a5e95788b356336eeecd2b92",
      commonIv: "2ca58fb85ff1b81c0b7181b85e",
      senderNonce: "2da58fb85ff1b81d0b7181b85e",
      recipientNonce: "2ca58fb85ff1b81c0b7181b85e",
    },
  ],
];

test.each(DERIVATIONS)("%s.2: the server's keys, Common IV and nonces", (_section, vector) => {
  const server = credential(vector.pair);
  const keys = deriveKeys(server, server.idContext)!;
  expect(toHex(keys.senderKey)).toBe(vector.senderKey);
  expect(toHex(keys.recipientKey)).toBe(vector.recipientKey);
  expect(toHex(keys.commonIv)).toBe(vector.commonIv);
  expect(toHex(makeNonce(keys.commonIv, server.senderId, hex("00")))).toBe(vector.senderNonce);
  expect(toHex(makeNonce(keys.commonIv, server.recipientId, hex("00")))).toBe(vector.recipientNonce);
});

test.each(DERIVATIONS)("%s.1: the client's are the same with the ends exchanged", (_section, vector) => {
  const client = otherEnd(credential(vector.pair));
  const keys = deriveKeys(client, client.idContext)!;
  expect(toHex(keys.senderKey)).toBe(vector.recipientKey);
  expect(toHex(keys.recipientKey)).toBe(vector.senderKey);
  expect(toHex(keys.commonIv)).toBe(vector.commonIv);
});

interface MessageVector {
  readonly pair: PairOptions;
  readonly plain: string;
  readonly protected: string;
  readonly option: string;
  readonly aad: string;
  readonly nonce: string;
  /** Who made the Partial IV that the nonce is of. */
  readonly sealedBy: "client" | "server";
}

const REQUEST_AAD = "8368456e63727970743040488501810a40411440";

const MESSAGES: ReadonlyArray<readonly [section: string, vector: MessageVector]> = [
  [
    "C.4: a request",
    {
      pair: WITH_SALT,
      plain: "44015d1f00003974396c6f63616c686f737483747631",
      protected: "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
      option: "0914",
      aad: REQUEST_AAD,
      nonce: "4622d4dd6d944168eefb549868",
      sealedBy: "client",
    },
  ],
  [
    "C.5: a request without master salt",
    {
      pair: WITHOUT_SALT,
      plain: "440171c30000b932396c6f63616c686f737483747631",
      protected: "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0",
      option: "091400",
      aad: "8368456e63727970743040498501810a4100411440",
      nonce: "bf35ae297d2dace910c52e99ed",
      sealedBy: "client",
    },
  ],
  [
    "C.6: a request with ID Context",
    {
      pair: WITH_ID_CONTEXT,
      plain: "44012f8eef9bbf7a396c6f63616c686f737483747631",
      protected: "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3",
      option: "19140837cbf3210017a2d3",
      aad: REQUEST_AAD,
      nonce: "2ca58fb85ff1b81c0b7181b84a",
      sealedBy: "client",
    },
  ],
  [
    "C.7: a response",
    {
      pair: WITH_SALT,
      plain: "64455d1f00003974ff48656c6c6f20576f726c6421",
      protected: "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106",
      option: "",
      aad: REQUEST_AAD,
      nonce: "4622d4dd6d944168eefb549868",
      sealedBy: "server",
    },
  ],
  [
    "C.8: a response with its own Partial IV",
    {
      pair: WITH_SALT,
      plain: "64455d1f00003974ff48656c6c6f20576f726c6421",
      protected: "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
      option: "0100",
      aad: REQUEST_AAD,
      nonce: "4722d4dd6d944169eefb54987c",
      sealedBy: "server",
    },
  ],
];

const uriHost = ({ number }: { readonly number: number }): boolean => number === OPTION.uriHost;

test.each(MESSAGES)("%s is sealed to the printed bytes and opened again", (_section, vector) => {
  const server = credential(vector.pair);
  const keys = deriveKeys(server, server.idContext)!;
  const key = vector.sealedBy === "server" ? keys.senderKey : keys.recipientKey;
  const row = algorithmRow(server.algorithm)!;
  const plain = decodeMessage(hex(vector.plain));
  const inner = { ...plain, options: plain.options.filter((option) => !uriHost(option)) };
  for (const aead of [new OneShot(row, key), new AesCcm(key, row.tagBytes, new CcmBench())]) {
    const plaintext = encodePlaintext(inner);
    const sealed = new Uint8Array(plaintext.length + row.tagBytes);
    sealed.set(plaintext);
    expect(aead.seal(hex(vector.nonce), hex(vector.aad), sealed, 0, plaintext.length)).toBe(sealed.length);

    const outside = [
      ...plain.options.filter(uriHost),
      { number: OPTION.oscore, value: encodeOscoreOption(decodeOscoreOption(hex(vector.option))) },
    ];
    const code = vector.sealedBy === "server" ? 0x44 : 0x02;
    expect(toHex(encodeMessage({ ...plain, code, options: outside, payload: sealed }))).toBe(vector.protected);

    const received = decodeMessage(hex(vector.protected));
    const opened = new Uint8Array(plaintext.length);
    expect(aead.open(hex(vector.nonce), hex(vector.aad), received.payload, opened, 0)).toBe(opened.length);
    const { code: innerCode, options, payload } = decodePlaintext(opened);
    expect({ innerCode, options, payload: toHex(payload) }).toEqual({
      innerCode: plain.code,
      options: inner.options.map(({ number, value }) => ({ number, value: Uint8Array.from(value) })),
      payload: toHex(plain.payload),
    });
  }
});

test.each(MESSAGES)("%s: additional data and nonce follow from the request's Partial IV 20", (_section, vector) => {
  const server = credential(vector.pair);
  const keys = deriveKeys(server, server.idContext)!;
  expect(toHex(makeAad(10, server.recipientId, hex("14")))).toBe(vector.aad);
  const own = decodeOscoreOption(hex(vector.option)).partialIv;
  const maker = vector.sealedBy === "server" && own !== undefined ? server.senderId : server.recipientId;
  expect(toHex(makeNonce(keys.commonIv, maker, own ?? hex("14")))).toBe(vector.nonce);
});

/** C.4 to C.6 through the client's role: number 20 is the next one. */
test.each(MESSAGES.slice(0, 3))("%s goes out as printed", (_section, vector) => {
  const client = otherEnd(credential(vector.pair));
  const plain = decodeMessage(hex(vector.plain));
  const sent = end(new Credentials(client), { numbers: counter(20) }).client.protectRequest(client, plain)!;
  const { code, options, payload } = sent;
  expect(toHex(encodeMessage({ ...plain, code, options, payload }))).toBe(vector.protected);
  for (const [, answer] of MESSAGES.slice(3)) {
    const opened = sent.open(decodeMessage(hex(answer.protected)));
    const belongs = vector === MESSAGES[0]![1];
    expect(opened.kind === "response" ? Buffer.from(opened.payload).toString() : opened.kind).toBe(
      belongs && answer === MESSAGES[3]![1] ? "Hello World!" : "refused",
    );
  }
});

/** C.7 and C.8 through the server's role, whose number 0 is the next one. */
test("the answers to C.4 go out as printed: the first without a Partial IV, the next with its own", () => {
  const server = credential(WITH_SALT);
  const contexts = new Contexts(new Credentials(server), aeadMaker(new CcmBench()));
  const context = contexts.of(server)!;
  const [request, first, next] = [MESSAGES[0]![1], MESSAGES[3]![1], MESSAGES[4]![1]];
  const numbers = counter();
  const parts = { nextNumber: numbers.next, isLive: () => true, slice: undefined };
  const bound = { context, outerCode: 0x02, nonce: hex(request.nonce), aad: hex(request.aad) };
  const security = new RequestSecurity(bound, parts);
  const answer = reply("2.05", "Hello World!");
  const printed = [security.protect(answer), security.protect(answer)].map((each) =>
    toHex(encodeMessage({ ...decodeMessage(hex(first.plain)), ...each, code: codeOf(each.code) })),
  );
  expect(printed).toEqual([first.protected, next.protected]);
});

const SHARED = new URL("../../../../shared/vectors/oscore-rfc8613.json", import.meta.url);

(existsSync(SHARED) ? test : test.skip)(
  "the shared vectors (not here: skipped) say the same as the tables above",
  () => {
    const { vectors } = JSON.parse(readFileSync(SHARED, "utf8")) as {
      vectors: ReadonlyArray<{ id: string; expect: Readonly<Record<string, string>> }>;
    };
    const known = JSON.stringify([DERIVATIONS, MESSAGES]);
    expect(vectors).toHaveLength(11);
    for (const { expect: values } of vectors) for (const value of Object.values(values)) expect(known).toContain(value);
  },
);
