/** Messages that others published: RFC 9052 Appendix C, the examples of the COSE working group, RFC 9679, RFC 8554. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { decodeItem, ENVELOPE } from "../../../gateway/wire/cbor/index.ts";
import {
  asKind,
  authenticate,
  type CoseKey,
  decodeKey,
  decodeMessage,
  decrypt,
  encodeKey,
  readJwk,
  readPem,
  SUIT_KDF,
  thumbprint,
  type Verdict,
  verifySign1,
} from "../../../gateway/wire/cose/index.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const CONTENT = "This is the content.";

/** RFC 9052 C.7.1, key "11"; the others of the working group's examples. */
const ELEVEN = readJwk({
  kty: "EC",
  crv: "P-256",
  kid: "11",
  x: "usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8",
  y: "IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4",
});
const SECRET_256 = readJwk({ kty: "oct", kid: "our-secret", k: "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg" });
const SECRET_128 = readJwk({ kty: "oct", kid: "our-secret", k: "hJtXIZ2uSN5kbQfbtTNWbg" });
const MERIADOC = readJwk({
  kty: "EC",
  kid: "meriadoc.brandybuck@buckland.example",
  crv: "P-256",
  x: "Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",
  y: "HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",
  d: "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
});

/** draft-ietf-suit-firmware-encryption §7: the keys of its examples, one plaintext, one IV for each cipher. */
const RECEIVER = readJwk({
  kty: "EC",
  crv: "P-256",
  kid: "kid-2",
  alg: "ECDH-ES+A128KW",
  key_ops: ["deriveKey"],
  x: "WIbNYd2HWGLlqqgg56FSdMloqbyWBI3crOMvUMNlG6M",
  y: "nu2BJekyzWDA6tNlDQpIXPcm03jRsBbtQpiylh4ljxs",
  d: "YP5t1thdV0ClNJtvkSZ-6sW6gbjLU-4knktOsQLEdrM",
});
const KEK = readJwk({ kty: "oct", kid: "kid-1", alg: "A128KW", k: Buffer.from("a".repeat(16)).toString("base64url") });
const SUIT: ReadonlyArray<readonly [name: string, key: CoseKey, info: string, ciphertext: string]> = [
  [
    "ECDH-ES + A128KW, A128GCM",
    RECEIVER,
    "d8608443a10101a1054cf14aab9d81d51f7ad943fe87f6818344a101381ca220a40102200121582073024f415aa51529a66ccefd88f3f62a734492ff45f6ad37fd2888e73eaf19da2258204005b48a6fd091aa6abfe3cfbeede88b347e521d43405fdbd7d2cff0ebc21b2604456b69642d325818a06b8e6550f308712b1df044b21b7d11d9b22792f1de0997",
    "758c4b7bbae2c4c1d462423e0f0dc3164ffa7b85bb94d4bd6d7ed26ab32feb063385d4d3465927ec82cb5e198a59",
  ],
  [
    "A128KW, A128CTR",
    KEK,
    "d8608440a20139fffd0550dae613b2e0dc55f4322be38bdba9dc68f6818340a2012204456b69642d315818ce34035ce5c2e2666e46d4c131fc561dd190a6d26cfa1990",
    "2bb8db522ae978246cc775c3b0241bd4b0333ffdd2db70c7ee7a4966e3b7",
  ],
];
test.each(SUIT)("SU-F1: draft-ietf-suit-firmware-encryption §7: %s", (_name, key, info, ciphertext) => {
  const message = asKind(decodeMessage(hex(info)), "encrypt");
  const verdict = decrypt(message, [key], { detached: hex(ciphertext), kdf: SUIT_KDF });
  expect(verdict.ok ? Buffer.from(verdict.payload).toString() : verdict.error).toBe("This is a real firmware image.");
});

function verify(bytes: Uint8Array, key: CoseKey): Verdict {
  const message = decodeMessage(bytes);
  return message.kind === "encrypt" ? decrypt(message, [key]) : authenticate(message, [key])[0]!;
}

const MESSAGES: ReadonlyArray<readonly [name: string, key: CoseKey, algorithm: string, hex: string]> = [
  [
    "RFC 9052 C.2.1: COSE_Sign1, ES256",
    ELEVEN,
    "ES256",
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36",
  ],
  [
    "RFC 9052 C.1.1: COSE_Sign of one signer, ES256",
    ELEVEN,
    "ES256",
    "d8628440a054546869732069732074686520636f6e74656e742e818343a10126a1044231315840e2aeafd40d69d19dfe6e52077c5d7ff4e408282cbefb5d06cbf414af2e19d982ac45ac98b8544c908b4507de1e90b717c3d34816fe926a2b98f53afd2fa0f30a",
  ],
  [
    "COSE WG mac0-tests/HMac-01: COSE_Mac0, HMAC 256/256",
    SECRET_256,
    "HMAC 256/256",
    "d18443a10105a054546869732069732074686520636f6e74656e742e5820a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789fc3a08d8c58",
  ],
  [
    "COSE WG hmac-examples/HMac-enc-05: COSE_Mac0, HMAC 256/64",
    SECRET_256,
    "HMAC 256/64",
    "d18443a10104a054546869732069732074686520636f6e74656e742e4811f9e357975fb849",
  ],
  [
    "COSE WG aes-wrap-examples/aes-wrap-128-03: COSE_Mac, A128KW, HMAC 512/512",
    SECRET_128,
    "HMAC 512/512",
    "d8618543a10107a054546869732069732074686520636f6e74656e742e58400021c21b2a7fadb677dab64389b3fda4aac892d5c81b786a459e4182104a1501462ffd471422af4d48beeb864951d5947a55e3155e670dfc4a96017b0fd0e725818340a20122044a6f75722d7365637265745848792c46ce0bc689747133fa0db1f5e2bc4daae22f906e93dfca2df44f0df6c2cef16ea8fc91d52ad662c4b49dd0d689e1086ec754347957f80f95c92c887521641b8f637d91c6e258",
  ],
  [
    "COSE WG ecdh-wrap-examples/p256-wrap-128-01: COSE_Encrypt, ECDH-ES + A128KW, A128GCM",
    MERIADOC,
    "A128GCM",
    "d8608443a10101a1054c02d1f7e6f26c43d4868d87ce582464f84d913ba60a76070a9a48f26e97e863e2852948658f0811139868826e89218a75715b818344a101381ca220a401022001215820ecdbcec636cc1408a503bbf6b7311b900c9aed9c5b71503848c89a07d0ef6f5b225820d6d1586710c02203e4e53b20dc7b233ca4c8b6853467b9fb8244a3840accd602 0458246d65726961646f632e6272616e64796275636b406275636b6c616e642e6578616d706c655818d23bca11c3f8e35bf6f81412794e159772e946ff4fb31bd1",
  ],
];

test.each(MESSAGES)("%s", (_name, key, algorithm, text) => {
  const bytes = hex(text.replace(/ /g, ""));
  const verdict = verify(bytes, key);
  expect(verdict.ok ? [verdict.algorithm.name, Buffer.from(verdict.payload).toString()] : verdict.error).toEqual([
    algorithm,
    CONTENT,
  ]);
});

describe("SU-C6: RFC 9679 §6: the thumbprint of a key", () => {
  const KEY =
    "a50102200121582065eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d2258201e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c0258246d65726961646f632e6272616e64796275636b406275636b6c616e642e6578616d706c65";
  const PRINT = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";

  test("does not depend on kid or on the private half", () => {
    expect(Buffer.from(thumbprint(decodeKey(hex(KEY)))).toString("hex")).toBe(PRINT);
    expect(Buffer.from(thumbprint(MERIADOC)).toString("hex")).toBe(PRINT);
  });

  test("RFC 9053 §7.1.1: a point by the sign of its y is the same key", () => {
    const compressed = hex(
      "a401022001215820" + "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" + "22f4",
    );
    expect(Buffer.from(thumbprint(decodeKey(compressed))).toString("hex")).toBe(PRINT);
  });

  test("the key is written sorted, and read again", () => {
    const bytes = encodeKey(decodeKey(hex(KEY)), "public");
    expect(Buffer.from(bytes.subarray(0, 3)).toString("hex")).toBe("a50102");
    expect(encodeKey(decodeKey(bytes), "public")).toEqual(bytes);
  });
});

/** The thirteen envelopes of draft-ietf-suit-manifest-37, when the folder is there: seven of them are signed. */
const EXAMPLES = "/work/shared/vectors/suit-draft-examples";
const INDEX = `${EXAMPLES}/index.json`;
interface Example {
  readonly name: string;
  readonly publicKey: string | null;
}
const signed = existsSync(INDEX)
  ? (JSON.parse(readFileSync(INDEX, "utf8")) as readonly Example[]).filter(({ publicKey }) => publicKey !== null)
  : [];
const examples =
  signed.length > 0 ? test.each(signed) : test.skip.each([{ name: "(skipped: no envelopes there)", publicKey: null }]);
examples("suit-manifest-37 §10: the author's signature of $name", ({ name, publicKey }) => {
  const envelope = decodeItem(new Uint8Array(readFileSync(`${EXAMPLES}/${name}.cbor`)), ENVELOPE);
  const wrapper = envelope.kind === "tag" && envelope.item.kind === "map" ? envelope.item.entries[0]![1] : undefined;
  const blocks = wrapper?.kind === "bytes" ? decodeItem(wrapper.value, ENVELOPE) : undefined;
  const [digest, block] = blocks?.kind === "array" ? blocks.items : [];
  if (digest?.kind !== "bytes" || block?.kind !== "bytes") throw new Error(`${name} has no authentication block`);
  const message = asKind(decodeMessage(block.value), "sign1");
  const verdict = verifySign1(message, [readPem(publicKey ?? "")], { detached: digest.value });
  expect(verdict.ok && verdict.algorithm.name).toBe("ES256");
  expect(verifySign1(message, [ELEVEN], { detached: digest.value }).ok).toBe(false);
});
