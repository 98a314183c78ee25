/** RFC 9052 §2 to §6 — messages that are refused, each with its code. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded } from "../../../gateway/base/index.ts";
import {
  asKind,
  authenticate,
  type CoseKey,
  createSign1,
  decodeKey,
  decodeMessage,
  decrypt0,
  generateKey,
  newCurveKey,
  newSecret,
  readJwk,
  verifySign1,
} from "../../../gateway/wire/cose/index.ts";

const KEYS: readonly CoseKey[] = [
  newCurveKey("P-256"),
  newCurveKey("P-384"),
  newCurveKey("Ed25519"),
  newCurveKey("X25519"),
  newSecret(16),
  newSecret(32),
];
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/ /g, ""), "hex"));

function codeOf(bytes: Uint8Array, keys: readonly CoseKey[] = KEYS): string {
  try {
    const message = decodeMessage(bytes);
    const verdicts = message.kind === "encrypt0" ? [decrypt0(message, keys)] : authenticate(message, keys);
    return verdicts.map((verdict) => (verdict.ok ? "believed" : verdict.error.code)).join();
  } catch (error) {
    return isCoded(error) ? error.code : `thrown: ${error}`;
  }
}

const SIG = `5840${"00".repeat(64)}`;
const TAG = `5820${"00".repeat(32)}`;
const IV = "054c000000000000000000000000";
const BAD: ReadonlyArray<readonly [what: string, message: string, code: string]> = [
  ["no bytes", "", "cbor.truncated"],
  ["no tag", `84 43a10126 a0 40 ${SIG}`, "cose.malformed"],
  ["a tag of something else", `d9 03e7 84 43a10126 a0 40 ${SIG}`, "cose.malformed"],
  ["bytes after the message", `d2 84 43a10126 a0 40 ${SIG} 00`, "cbor.trailing"],
  ["three items", "d2 83 43a10126 a0 40", "cose.malformed"],
  ["five items", `d2 85 43a10126 a0 40 ${SIG} 40`, "cose.malformed"],
  ["an array of no given length", `d2 9f 43a10126 a0 40 ${SIG} ff`, "cbor.malformed"],
  ["a map in place of the array", "d2 a0", "cbor.type"],
  ["a protected header that is a map itself", `d2 84 a10126 a0 40 ${SIG}`, "cbor.type"],
  ["a protected header that holds no map", `d2 84 4126 a0 40 ${SIG}`, "cose.malformed"],
  ["a protected map of no given length", `d2 84 45bf0126ff00 a0 40 ${SIG}`, "cbor.malformed"],
  ["bytes after the protected map", `d2 84 44a1012600 a0 40 ${SIG}`, "cbor.trailing"],
  ["an unprotected header that is no map", `d2 84 43a10126 40 40 ${SIG}`, "cose.malformed"],
  ["a label twice in one map", `d2 84 45a201260126 a0 40 ${SIG}`, "cbor.duplicate-key"],
  ["a kid in both headers", `d2 84 46a20126044101 a1044101 40 ${SIG}`, "cose.malformed"],
  ["a label of bytes", `d2 84 43a10126 a1410140 40 ${SIG}`, "cose.malformed"],
  ["a kid that is text", `d2 84 43a10126 a1046161 40 ${SIG}`, "cose.malformed"],
  ["IV beside Partial IV", `d2 84 43a10126 a2054101064101 40 ${SIG}`, "cose.malformed"],
  ["a payload that is text", `d2 84 43a10126 a0 60 ${SIG}`, "cbor.type"],
  ["a payload that is false", `d2 84 43a10126 a0 f4 ${SIG}`, "cbor.type"],
  ["a signature that is nil", "d2 84 43a10126 a0 40 f6", "cbor.type"],
  ["a signature of the wrong length", "d2 84 43a10126 a0 40 4100", "cose.signature"],
  ["a signature of zeros", `d2 84 43a10126 a0 40 ${SIG}`, "cose.signature"],
  ["no alg at all", `d2 84 40 a0 40 ${SIG}`, "cose.malformed"],
  ["alg only unprotected", `d2 84 40 a10126 40 ${SIG}`, "cose.algorithm"],
  ["an unknown alg", `d2 84 44a101387c a0 40 ${SIG}`, "cose.algorithm"],
  ["an alg by its name", `d2 84 48a101654553323536 a0 40 ${SIG}`, "cose.algorithm"],
  ["a MAC algorithm on a signature", `d2 84 43a10105 a0 40 ${SIG}`, "cose.algorithm"],
  ["a signature algorithm on a MAC", `d1 84 43a10126 a0 40 ${TAG}`, "cose.algorithm"],
  ["ES256 and a key on another curve only", `d2 84 44a1013822 a1044101 40 ${SIG}`, "cose.signature"],
  ["crit that is not protected", `d2 84 43a10126 a1028101 40 ${SIG}`, "cose.malformed"],
  ["crit that is empty", `d2 84 45a201260280 a0 40 ${SIG}`, "cose.malformed"],
  ["crit with a label that is not there", `d2 84 46a20126028104 a0 40 ${SIG}`, "cose.malformed"],
  ["crit with a label that we do not know", `d2 84 4aa30126028118631863 00 a0 40 ${SIG}`, "cose.critical"],
  ["no signers", "d8 62 84 40 a0 40 80", "cose.malformed"],
  ["seventeen signers", `d8 62 84 40 a0 40 91 ${`8343a10126a0${SIG}`.repeat(17)}`, "cose.malformed"],
  ["a signer of two items", "d8 62 84 40 a0 40 81 82 43a10126 a0", "cose.malformed"],
  ["a tag of 8 bytes where 32 belong", "d1 84 43a10105 a0 40 48 0000000000000000", "cose.mac"],
  ["no recipients", `d8 61 85 43a10105 a0 40 ${TAG} 80`, "cose.malformed"],
  ["recipients of a recipient", `d8 61 85 43a10105 a0 40 ${TAG} 81 84 40 a10122 40 80`, "cose.malformed"],
  ["two direct recipients", `d8 61 85 43a10105 a0 40 ${TAG} 82 8340a1012540 8340a1012540`, "cose.malformed"],
  ["a direct recipient with a key", `d8 61 85 43a10105 a0 40 ${TAG} 81 8340a101254101`, "cose.malformed"],
  ["key wrap with a protected header", `d8 61 85 43a10105 a0 40 ${TAG} 81 8343a10122a040`, "cose.malformed"],
  ["key agreement without an ephemeral key", `d8 61 85 43a10105 a0 40 ${TAG} 81 8344a101381ca040`, "cose.malformed"],
  ["a wrapped key of no bytes", `d8 61 85 43a10105 a0 40 ${TAG} 81 8340a1012240`, "cose.key"],
  ["encrypted content without an IV", `d0 83 43a10101 a0 50 ${"00".repeat(16)}`, "cose.malformed"],
  ["an IV of the wrong length", `d0 83 43a10101 a10540 50 ${"00".repeat(16)}`, "cose.malformed"],
  ["content shorter than its tag", `d0 83 43a10101 a1${IV} 40`, "cose.decrypt"],
  ["AES-CTR that protects a header", `d0 83 44a1044101 a20139fffd0550${"00".repeat(16)} 40`, "cose.malformed"],
  ["AES-CTR with a protected alg", `d0 83 45a10139fffd a1${IV} 40`, "cose.malformed"],
  ["content that is detached and was not given", `d0 83 43a10101 a1${IV} f6`, "cose.content"],
];

test.each(BAD)("SU-C1: refused: %s", (_what, message, code) => expect(codeOf(hex(message))).toBe(code));

test("SU-C7: RFC 9864: ES256 with a key on another curve is refused, and so is every key when none was given", () => {
  const message = createSign1(hex("00"), newCurveKey("P-256"), { algorithm: -7 });
  expect(codeOf(message, [newCurveKey("P-384"), newCurveKey("Ed25519"), newSecret(32)])).toBe("cose.key");
  expect(codeOf(message, [])).toBe("cose.key");
  expect(() => createSign1(hex("00"), newCurveKey("P-384"), { algorithm: -7 })).toThrow(
    expect.objectContaining({ code: "cose.key" }),
  );
});

test("SU-C1: RFC 9052 §3.1: a crit that the caller heeds is accepted", () => {
  const key = newCurveKey("Ed25519");
  const bytes = createSign1(hex("00"), key, {
    protected: new Map<number, number | number[]>([
      [2, [99]],
      [99, 1],
    ]),
  });
  expect(codeOf(bytes, [key])).toBe("cose.critical");
  expect(verifySign1(asKind(decodeMessage(bytes, { understood: [99] }), "sign1"), [key]).ok).toBe(true);
});

test("SU-C2: RFC 9052 §3.1: keys of another kid are not tried; keys without one are", () => {
  const key = newCurveKey("Ed25519");
  const bytes = createSign1(hex("00"), key, { unprotected: new Map([[4, hex("aa")]]) });
  expect(codeOf(bytes, [{ ...key, kid: hex("bb") }])).toBe("cose.key");
  expect(codeOf(bytes, [{ ...key, kid: hex("aa") }])).toBe("believed");
  expect(codeOf(bytes, [key])).toBe("believed");
});

test("RFC 9052 §2: a message without its tag, where the caller says what it is", () => {
  const key = newCurveKey("Ed25519");
  const bytes = createSign1(hex("00"), key, { untagged: true });
  expect(verifySign1(asKind(decodeMessage(bytes, { untagged: "sign1" }), "sign1"), [key]).ok).toBe(true);
  expect(() => asKind(decodeMessage(bytes, { untagged: "sign1" }), "mac0")).toThrow();
});

test("SU-C1: RFC 9052 §3: a protected map of no entries counts as no bytes, and the order of labels is the peer's", () => {
  const message = decodeMessage(hex(`d8 62 84 41a0 a2044101 0102 40 81 8343a10126a0${SIG}`));
  expect(message.headers.protectedBytes).toHaveLength(0);
  expect([...message.headers.unprotected.keys()]).toEqual([4, 1]);
});

test("SU-C6: RFC 9052 §7.1: alg and key_ops of a key limit what it does", () => {
  const key = generateKey(-9);
  const message = createSign1(hex("00"), key, { algorithm: -7 });
  expect(codeOf(message, [key])).toBe("believed");
  expect(codeOf(message, [{ ...key, ops: [1] }])).toBe("cose.key");
  expect(codeOf(message, [generateKey(-29)])).toBe("cose.key");
});

const BAD_KEYS: ReadonlyArray<readonly [what: string, key: string, code: string]> = [
  ["no map", "80", "cose.malformed"],
  ["no kty", "a0", "cose.malformed"],
  ["a kty that nobody gave", "a10109", "cose.malformed"],
  ["a curve of the other type", `a401012001215820${"00".repeat(32)}225820${"00".repeat(32)}`, "cose.malformed"],
  ["a point that is on no curve", `a401022001215820${"01".repeat(32)}225820${"01".repeat(32)}`, "cose.key-file"],
  ["a coordinate that is too short", "a4010220012141012241 01", "cose.malformed"],
  ["no x", "a201022001", "cose.malformed"],
  ["a secret of no bytes", "a201042040", "cose.key-file"],
  ["a label twice", "a3010401042041", "cbor.duplicate-key"],
  ["an unknown alg", "a30104033903e7204101", "cose.algorithm"],
  ["an alg that the key does not fit", "a301040326204101", "cose.malformed"],
  ["key_ops that are empty", "a30104048020 4101", "cose.malformed"],
  ["ML-DSA without its alg", "a20107204101", "cose.malformed"],
];
test.each(BAD_KEYS)("SU-C6: refused as a COSE_Key: %s", (_what, key, code) => {
  expect(() => decodeKey(hex(key))).toThrow(expect.objectContaining({ code }));
});

const BAD_JWKS: ReadonlyArray<readonly [what: string, jwk: Parameters<typeof readJwk>[0]]> = [
  ["no kty", {}],
  ["a kty that we do not speak", { kty: "RSA" }],
  ["a curve that we do not speak", { kty: "EC", crv: "secp256k1" }],
  ["a point that is on no curve", { kty: "EC", crv: "P-256", x: "AQ", y: "AQ" }],
  ["an alg that we do not speak", { kty: "oct", k: "AQ", alg: "RS256" }],
  ["an alg that the key does not fit", { kty: "oct", k: "AQ", alg: "A128KW" }],
  ["a secret that is no base64url", { kty: "oct", k: "+/=" }],
  ["an AKP of another alg", { kty: "AKP", alg: "ES256", pub: "AQ" }],
];
test.each(BAD_JWKS)("refused as a JWK: %s", (_what, jwk) => {
  expect(() => readJwk(jwk)).toThrow(expect.objectContaining({ code: "cose.key-file" }));
});

test("property: any bytes are decoded or refused with a code", () => {
  const random = fc.tuple(fc.constantFrom(0xd0, 0xd1, 0xd2, 0xd8), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(random, ([tag, bytes]) => {
      expect(codeOf(Uint8Array.from([tag, ...bytes]))).toMatch(/^c(ose|bor)\./);
    }),
  );
});
