/** RFC 9052 §7, RFC 9053 §7 — keys from and to every form, and nothing private where nobody asked for it. */
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  ALGORITHMS,
  asKind,
  type CoseKey,
  createSign1,
  decodeKey,
  decodeMessage,
  encodeKey,
  generateKey,
  hasPrivateHalf,
  loadMlDsa,
  type MlDsa,
  readJwk,
  readPem,
  thumbprint,
  verifySign1,
  writeJwk,
  writePem,
} from "../../../gateway/wire/cose/index.ts";

let mlDsa: MlDsa;
beforeAll(async () => {
  mlDsa = await loadMlDsa();
});

const KEYED = ALGORITHMS.filter(({ kind }) => kind !== "hss-lms" && kind !== "direct");
const rows = KEYED.map(({ name, id }) => [name, id] as const);
const asymmetric = KEYED.filter(({ kind }) => ["ecdsa", "eddsa", "ml-dsa", "ecdh-es"].includes(kind));
const print = (key: CoseKey): string => Buffer.from(thumbprint(key)).toString("hex");

describe("a key keeps its thumbprint, its algorithm and its kid in every form", () => {
  test.each(rows)("%s", (_name, id) => {
    const key = { ...generateKey(id, mlDsa), kid: new Uint8Array(Buffer.from("k-1")) };
    const forms = [decodeKey(encodeKey(key, "private")), readJwk(writeJwk(key, "private"))];
    for (const form of forms) {
      expect([print(form), form.kid && Buffer.from(form.kid).toString()]).toEqual([print(key), "k-1"]);
      expect(hasPrivateHalf(form)).toBe(true);
    }
    expect(forms[0]!.algorithm?.id).toBe(id);
  });

  test.each(asymmetric.map(({ name, id }) => [name, id] as const))("%s: as PEM, both halves", (_name, id) => {
    const key = generateKey(id, mlDsa);
    expect(print(readPem(writePem(key, "private"), mlDsa))).toBe(print(key));
    const half = readPem(writePem(key, "public"));
    expect([print(half), hasPrivateHalf(half)]).toEqual([print(key), false]);
  });
});

test("RFC 9708: the public key of HSS-LMS as PEM", () => {
  const key: CoseKey = { kty: "HSS-LMS", publicBytes: Buffer.alloc(60, 7) };
  expect(print(readPem(writePem(key, "public")))).toBe(print(key));
  expect(writePem(key, "public")).toMatch(/^-----BEGIN PUBLIC KEY-----\nME4wDQYLKoZIhvcNAQkQAxE/);
});

test("key_ops survive COSE_Key and JWK", () => {
  const key = { ...generateKey(-9), ops: [1, 2] };
  expect(decodeKey(encodeKey(key, "private")).ops).toEqual([1, 2]);
  expect(writeJwk(key, "private")).toHaveProperty("key_ops", ["sign", "verify"]);
  expect(createSign1(Buffer.alloc(1), readJwk(writeJwk(key, "private")))).toBeInstanceOf(Uint8Array);
});

describe("private material shows nowhere", () => {
  test.each(rows)("%s: not in logs, JSON or the public form", (_name, id) => {
    const key = generateKey(id, mlDsa);
    const jwk = writeJwk(key, "private");
    const secret = Buffer.from(jwk.d ?? jwk.k ?? jwk.priv ?? "", "base64url");
    expect(secret.length).toBeGreaterThan(0);
    const shown = [inspect(key, { depth: null }), JSON.stringify(key)];
    if (key.kty !== "Symmetric")
      shown.push(Buffer.from(encodeKey(key, "public")).toString("hex"), writePem(key, "public"));
    for (const text of shown) {
      expect(text).not.toContain(secret.toString("hex"));
      expect(text).not.toContain(secret.toString("base64url"));
      expect(text).not.toContain(JSON.stringify([...secret]).slice(1, -1));
    }
  });

  test("what a reader says of a bad private key does not quote it", () => {
    const jwk = writeJwk(generateKey(-9), "private");
    const bad = { ...jwk, x: jwk.d! };
    try {
      readJwk(bad);
      throw new Error("it was read");
    } catch (error) {
      expect(inspect(error, { depth: null })).not.toContain(jwk.d);
      expect(error).toHaveProperty("code", "cose.key-file");
    }
  });

  test("a shared secret has no public form", () => {
    const key = generateKey(5);
    const usage = expect.objectContaining({ code: "cose.usage" });
    expect(() => encodeKey(key, "public")).toThrow(usage);
    expect(() => writeJwk(key, "public")).toThrow(usage);
    expect(() => writePem(key, "private")).toThrow(usage);
  });
});

const BAD_PEMS: ReadonlyArray<readonly [what: string, pem: string]> = [
  ["no PEM", "hello"],
  ["a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
  ["a key with a password", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"],
  ["nothing between the lines", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],
  ["a length beyond the end", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"],
];
test.each(BAD_PEMS)("refused as PEM: %s", (_what, pem) => {
  expect(() => readPem(pem)).toThrow(expect.objectContaining({ code: "cose.key-file" }));
});

test("the same signature verifies with the key from each form", () => {
  const key = generateKey(-19);
  const message = asKind(decodeMessage(createSign1(Buffer.from("x"), key)), "sign1");
  const forms = [
    readPem(writePem(key, "public")),
    readJwk(writeJwk(key, "public")),
    decodeKey(encodeKey(key, "public")),
  ];
  expect(forms.map((form) => verifySign1(message, [form]).ok)).toEqual([true, true, true]);
});
