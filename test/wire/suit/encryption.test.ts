/** draft-ietf-suit-firmware-encryption: what a recipient of an encrypted payload can open, and what it refuses. */
import { expect, test } from "@jest/globals";
import { generateKey, readJwk } from "../../../gateway/wire/cose/index.ts";
import {
  decryptPayload,
  encryptPayload,
  PAYLOAD_CIPHERS,
  type PayloadCipher,
  readEncryptionInfo,
} from "../../../gateway/wire/suit/index.ts";
import { publicHalf } from "../../support/signed-release.ts";

const PLAIN = Buffer.from("This is a real firmware image.");
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const KEK = readJwk({ kty: "oct", kid: "kid-1", alg: "A128KW", k: Buffer.from("a".repeat(16)).toString("base64url") });
/** §7, "AES-KW + AES-CTR": COSE_Encrypt and its ciphertext. */
const INFO =
  "d8608440a20139fffd0550dae613b2e0dc55f4322be38bdba9dc68f6818340a2012204456b69642d315818ce34035ce5c2e2666e46d4c131fc561dd190a6d26cfa1990";
const SEALED = "2bb8db522ae978246cc775c3b0241bd4b0333ffdd2db70c7ee7a4966e3b7";

test("SU-F1: draft-ietf-suit-firmware-encryption §7: the example of AES-KW and AES-CTR opens", () => {
  expect(Buffer.from(decryptPayload(hex(INFO), hex(SEALED), [KEK]))).toEqual(PLAIN);
  expect(readEncryptionInfo(hex(INFO))).toMatchObject({ cipher: "A128CTR", authenticates: false });
});

const NODES = { "P-256": generateKey(-29), A128KW: generateKey(-3), A256KW: generateKey(-5) };
const X25519 = readJwk({
  kty: "OKP",
  crv: "X25519",
  x: "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
  d: "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
});
const CASES = PAYLOAD_CIPHERS.flatMap(({ name }) =>
  [...Object.entries(NODES), ["X25519", X25519] as const].map(([of, key]) => [name, of, key] as const),
);

test.each(CASES)("SU-I2 SU-F2: suit-mti: %s for a recipient with %s, and none but it", (cipher, of, key) => {
  const given = key.kty === "Symmetric" ? key : publicHalf(key);
  const { info, ciphertext } = encryptPayload(PLAIN, [given], cipher);
  expect(Buffer.from(decryptPayload(info, ciphertext, [key]))).toEqual(PLAIN);
  const stranger = of === "P-256" ? generateKey(-29) : of === "X25519" ? NODES["P-256"] : generateKey(-3);
  expect(() => decryptPayload(info, ciphertext, [stranger])).toThrow(expect.objectContaining({ blame: "trust" }));
});

test("SU-F2: draft-ietf-suit-firmware-encryption §6.1: several recipients open one ciphertext, each with its own key", () => {
  const keys = Object.values(NODES);
  const { info, ciphertext } = encryptPayload(
    PLAIN,
    keys.map((key) => (key.kty === "Symmetric" ? key : publicHalf(key))),
  );
  for (const key of keys) expect(Buffer.from(decryptPayload(info, ciphertext, [key]))).toEqual(PLAIN);
});

const BAD: ReadonlyArray<readonly [name: string, info: string]> = [
  ["no CBOR", "ff"],
  ["a COSE_Encrypt0", "d08340a1054c000000000000000000000000f6"],
  ["its tag missing", INFO.slice(4)],
  ["the ciphertext inside", INFO.replace("f68183", "4101" + "8183")],
  ["bytes behind it", `${INFO}00`],
];
test.each(BAD)("SU-F3: draft-ietf-suit-firmware-encryption §6.1: what has %s is no encryption info", (_name, info) => {
  expect(() => readEncryptionInfo(hex(info))).toThrow(expect.objectContaining({ code: "suit.encryption-info" }));
});

test("SU-C5: RFC 9052 §5.3: whichever bit of an authenticated ciphertext flips, nothing is decrypted", () => {
  const key = NODES.A128KW;
  const { info, ciphertext } = encryptPayload(PLAIN, [key], "a128gcm" satisfies PayloadCipher);
  for (let at = 0; at < ciphertext.length; at += 1) {
    const changed = Uint8Array.from(ciphertext);
    changed[at] = changed[at]! ^ 1;
    expect(() => decryptPayload(info, changed, [key])).toThrow(expect.objectContaining({ code: "cose.decrypt" }));
  }
  expect(() => encryptPayload(PLAIN, [])).toThrow(expect.objectContaining({ code: "suit.usage" }));
});
