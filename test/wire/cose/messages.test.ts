/** RFC 9052 §4 to §6 — what we make we verify, in every algorithm; what anybody changed we refuse. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CborWriter } from "../../../gateway/wire/cbor/index.ts";
import {
  ALGORITHMS,
  type Algorithm,
  asKind,
  authenticate,
  type CoseKey,
  createMac,
  createMac0,
  createSign,
  createSign1,
  decodeKey,
  decodeMessage,
  decrypt,
  decrypt0,
  encodeKey,
  encrypt,
  encrypt0,
  generateKey,
  loadMlDsa,
  type MlDsa,
  newCurveKey,
  newSecret,
  SUIT_KDF,
  type Verdict,
  type VerifyOptions,
  verifySign,
  verifySign1,
} from "../../../gateway/wire/cose/index.ts";
import { signHss } from "../../support/lms-signer.ts";

const CONTENT = Buffer.from("This is the content.");
const AAD = Buffer.from("11aa22bb33cc44dd55006699", "hex");

let mlDsa: MlDsa;
beforeAll(async () => {
  mlDsa = await loadMlDsa();
});

const rows = (...kinds: ReadonlyArray<Algorithm["kind"]>): ReadonlyArray<readonly [string, number]> =>
  ALGORITHMS.filter(({ kind }) => kinds.includes(kind)).map(({ name, id }) => [name, id] as const);

/** Any message of ours, by whatever its kind needs. */
function verify(bytes: Uint8Array, keys: readonly CoseKey[], options: VerifyOptions = {}): Verdict {
  const message = decodeMessage(bytes);
  const all = { ...options, mlDsa };
  if (message.kind === "encrypt0") return decrypt0(message, keys, all);
  if (message.kind === "encrypt") return decrypt(message, keys, all);
  const verdicts = authenticate(message, keys, all);
  return verdicts.find(({ ok }) => !ok) ?? verdicts[0]!;
}

const outcome = (verdict: Verdict): string =>
  verdict.ok ? `${verdict.algorithm.name}: ${Buffer.from(verdict.payload).toString()}` : verdict.error.code;

describe("SU-C3 SU-C7 SU-C10: RFC 9052 §4: signatures", () => {
  test.each(rows("ecdsa", "eddsa", "ml-dsa"))("%s: made, verified, and of nobody else", (name, id) => {
    const key = generateKey(id, mlDsa);
    const other = generateKey(id, mlDsa);
    const publicKey = decodeKey(encodeKey(key, "public"));
    const message = createSign1(CONTENT, key, { algorithm: id, aad: AAD, mlDsa });
    expect(outcome(verify(message, [other, publicKey], { aad: AAD }))).toBe(`${name}: ${CONTENT}`);
    expect(outcome(verify(message, [publicKey]))).toBe("cose.signature");
    expect(outcome(verify(message, [other], { aad: AAD }))).toBe("cose.signature");
  });

  test("SU-C9 SU-I3: RFC 8778: HSS-LMS, which we only verify", () => {
    const secret = { lmsType: 5, otsType: 3, id: Buffer.alloc(16, 1), seed: Buffer.alloc(32, 2) };
    const structure = new CborWriter();
    structure.array(4);
    structure.text("Signature1");
    for (const field of [Buffer.from("a101382d", "hex"), Buffer.alloc(0), CONTENT]) structure.byteString(field);
    const { publicKey, signature } = signHss([secret], structure.finish());
    const message = new CborWriter();
    message.tag(18);
    message.array(4);
    message.byteString(Buffer.from("a101382d", "hex"));
    message.map(0);
    message.byteString(CONTENT);
    message.byteString(signature);
    const key: CoseKey = { kty: "HSS-LMS", publicBytes: publicKey };
    expect(outcome(verify(message.finish(), [decodeKey(encodeKey(key, "public"))]))).toBe(`HSS-LMS: ${CONTENT}`);
    expect(() => createSign1(CONTENT, key)).toThrow(expect.objectContaining({ code: "cose.usage" }));
  });

  test("SU-C10: RFC 9964: without ML-DSA loaded its messages are refused, not believed", () => {
    const key = generateKey(-48, mlDsa);
    const message = asKind(decodeMessage(createSign1(CONTENT, key, { mlDsa })), "sign1");
    expect(outcome(verifySign1(message, [key]))).toBe("cose.algorithm");
  });

  test("SU-C3: §4.1: several signers, each with a verdict of its own", () => {
    const keys = [generateKey(-9), generateKey(-19), generateKey(-48, mlDsa)];
    const bytes = createSign(
      CONTENT,
      keys.map((key) => ({ key })),
      { mlDsa },
    );
    const message = asKind(decodeMessage(bytes), "sign");
    const verdicts = verifySign(message, [keys[2]!, keys[0]!], { mlDsa });
    expect(verdicts.map(outcome)).toEqual([`ESP256: ${CONTENT}`, "cose.key", `ML-DSA-44: ${CONTENT}`]);
    expect(verdicts.map((one) => one.ok && one.key)).toEqual([keys[0], false, keys[2]]);
  });

  test("SU-C3: property: whatever is signed, attached or detached, verifies as it was and not otherwise", () => {
    const key = generateKey(-19);
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.boolean(), (payload, aad, detached) => {
        const message = createSign1(payload, key, { aad, detached });
        const beside = detached ? { aad, detached: payload } : { aad };
        const verdict = verify(message, [key], beside);
        expect(verdict.ok && Buffer.from(verdict.payload)).toEqual(Buffer.from(payload));
        expect(verify(message, [key], { ...beside, aad: Buffer.concat([aad, Buffer.of(0)]) }).ok).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  const DETACHED: ReadonlyArray<readonly [name: string, detached: boolean, beside: Buffer | undefined, code: string]> =
    [
      ["detached content that nobody gave", true, undefined, "cose.content"],
      ["content beside a message that has its own", false, CONTENT, "cose.content"],
      ["another content than the signed", true, Buffer.from("That was the content."), "cose.signature"],
    ];
  test.each(DETACHED)("SU-C3: refused: %s", (_name, detached, beside, code) => {
    const key = generateKey(-9);
    expect(outcome(verify(createSign1(CONTENT, key, { detached }), [key], { detached: beside }))).toBe(code);
  });
});

describe("SU-C4: RFC 9052 §6: MACs", () => {
  test.each(rows("hmac"))("%s: made and verified", (name, id) => {
    const key = generateKey(id);
    const message = createMac0(CONTENT, key, { aad: AAD });
    expect(outcome(verify(message, [newSecret(32), key], { aad: AAD }))).toBe(`${name}: ${CONTENT}`);
    expect(outcome(verify(message, [newSecret(32)], { aad: AAD }))).toBe("cose.mac");
  });

  test("SU-C4 SU-C8: §6.1: one tag for three recipients, by key wrap of each size", () => {
    const keys = [newSecret(16), newSecret(24), newSecret(32)];
    const message = createMac(
      CONTENT,
      keys.map((key) => ({ key })),
    );
    for (const key of keys) expect(outcome(verify(message, [key]))).toBe(`HMAC 256/256: ${CONTENT}`);
    expect(outcome(verify(message, [newSecret(16)]))).toBe("cose.key");
  });

  test("RFC 9052 §8.5.1: a direct recipient, alone", () => {
    const key = newSecret(32);
    expect(outcome(verify(createMac(CONTENT, [{ key, algorithm: -6 }]), [key]))).toBe(`HMAC 256/256: ${CONTENT}`);
    expect(() => createMac(CONTENT, [{ key, algorithm: -6 }, { key }])).toThrow(
      expect.objectContaining({ code: "cose.usage" }),
    );
  });
});

describe("SU-C5: RFC 9052 §5: encryption", () => {
  test.each(rows("aead", "ctr"))("%s: COSE_Encrypt0, detached", (name, id) => {
    const key = generateKey(id);
    const { message, ciphertext } = encrypt0(CONTENT, key, { detached: true });
    expect(outcome(verify(message, [key], { detached: ciphertext }))).toBe(`${name}: ${CONTENT}`);
  });

  const AGREEMENTS = [
    ...rows("ecdh-es").map(([name, id]) => [name, "X25519", id] as const),
    ...(["P-256", "P-384", "P-521", "X448"] as const).map((curve) => ["ECDH-ES + A128KW", curve, -29] as const),
  ];
  test.each(AGREEMENTS)("%s on %s", (_name, curve, id) => {
    const key = newCurveKey(curve);
    const recipient = { key: decodeKey(encodeKey(key, "public")), algorithm: id };
    const { message } = encrypt(CONTENT, [recipient, { key: newSecret(16) }], { aad: AAD, kdf: SUIT_KDF });
    expect(outcome(verify(message, [key], { aad: AAD, kdf: SUIT_KDF }))).toBe(`A128GCM: ${CONTENT}`);
    expect(outcome(verify(message, [key], { aad: AAD }))).toBe("cose.key");
    expect(outcome(verify(message, [key], { kdf: SUIT_KDF }))).toBe("cose.decrypt");
    expect(outcome(verify(message, [recipient.key], { aad: AAD, kdf: SUIT_KDF }))).toBe("cose.key");
  });

  test("SU-C8: RFC 9053 §5.1, §5.2: salt, parties and private information all go into the key", () => {
    const key = newCurveKey("X25519");
    const kdf = { other: Buffer.from("x"), secret: Buffer.from("y") };
    const given = { protected: new Map([[-21, Buffer.from("us")]]), unprotected: new Map([[-20, Buffer.alloc(8, 1)]]) };
    const { message } = encrypt(CONTENT, [{ key, ...given }], { kdf });
    expect(outcome(verify(message, [key], { kdf }))).toBe(`A128GCM: ${CONTENT}`);
    expect(outcome(verify(message, [key], { kdf: { other: Buffer.from("x") } }))).toBe("cose.key");
  });

  test("SU-C11: RFC 9459 §4: AES-CTR takes no external data and protects no header", () => {
    const key = generateKey(-65534);
    const usage = expect.objectContaining({ code: "cose.usage" });
    expect(() => encrypt0(CONTENT, key, { aad: AAD })).toThrow(usage);
    expect(() => encrypt0(CONTENT, key, { protected: new Map([[4, AAD]]) })).toThrow(usage);
    const { message } = encrypt0(CONTENT, key);
    expect(outcome(verify(message, [key], { aad: AAD }))).toBe("cose.usage");
    expect(outcome(verify(message, [key, generateKey(-65534)]))).toBe("cose.key");
  });
});

describe("SU-C3 SU-C4 SU-C5: RFC 9052: no message survives one changed byte", () => {
  const signer = generateKey(-9);
  const edwards = generateKey(-19);
  const secret = newSecret(16);
  const agreed = newCurveKey("P-256");
  const MESSAGES: ReadonlyArray<readonly [name: string, key: CoseKey, message: () => Uint8Array, step: number]> = [
    ["COSE_Mac0", secret, () => createMac0(CONTENT, secret), 47],
    ["COSE_Mac0, 64 bits", secret, () => createMac0(CONTENT, secret, { algorithm: 4 }), 23],
    ["COSE_Mac of one recipient", secret, () => createMac(CONTENT, [{ key: secret }]), 97],
    ["COSE_Encrypt0", secret, () => encrypt0(CONTENT, secret).message, 19],
    ["COSE_Encrypt by key agreement", agreed, () => encrypt(CONTENT, [{ key: agreed }]).message, 97],
    ["COSE_Sign1, ESP256", signer, () => createSign1(CONTENT, signer), 89],
    ["COSE_Sign1, Ed25519", edwards, () => createSign1(CONTENT, edwards), 89],
    ["COSE_Sign", signer, () => createSign(CONTENT, [{ key: signer }]), 89],
  ];
  test.each(MESSAGES)("%s", (_name, key, make, step) => {
    const message = make();
    expect(outcome(verify(message, [key]))).toContain(String(CONTENT));
    const believed: string[] = [];
    // A step that shares no factor with 255 visits every byte, and of each byte other values.
    for (let turn = 1; turn < message.length * 255; turn += step) {
      const at = Math.floor(turn / 255);
      const changed = Uint8Array.from(message);
      changed[at]! ^= 1 + (turn % 255);
      if (isBelieved(changed, key)) believed.push(`byte ${at} as ${changed[at]}`);
    }
    expect(believed).toEqual([]);
  });

  function isBelieved(bytes: Uint8Array, key: CoseKey): boolean {
    try {
      return verify(bytes, [key]).ok;
    } catch (error) {
      expect(error).toHaveProperty("code");
      return false;
    }
  }
});
