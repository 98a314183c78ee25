/** Keys that OpenSSL made sign our envelopes, and OpenSSL verifies our signatures without a word of ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { CborWriter } from "../../gateway/wire/cbor/index.ts";
import { asKind, decodeMessage } from "../../gateway/wire/cose/index.ts";
import { readEnvelope } from "../../gateway/wire/suit/index.ts";
import { inOwnFolder, release } from "../support/release-cli.ts";

inOwnFolder();

const HAS = spawnSync("openssl", ["version"]).status === 0;
const openssl = (...args: readonly string[]): Buffer => execFileSync("openssl", args, { stdio: "pipe" });

const PLAN = "vendor: acme.example\nmodel: valve-2\ncomponents: [{file: app.bin, uri: coap://a/b}]\n";

/** RFC 9052 §4.4, written here anew. */
function signedBytes(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const writer = new CborWriter();
  writer.array(4);
  writer.text("Signature1");
  for (const bytes of [protectedBytes, new Uint8Array(), payload]) writer.byteString(bytes);
  return writer.finish();
}

/** RFC 9053 §2.1 has r and s, X9.62 a sequence of two integers. */
function derSignature(raw: Uint8Array): Buffer {
  const integer = (bytes: Uint8Array): Buffer => {
    const trimmed = Buffer.from(bytes.subarray(bytes.findIndex((byte) => byte !== 0)));
    const value = trimmed[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed;
    return Buffer.concat([Buffer.of(0x02, value.length), value]);
  };
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, both.length), both]);
}

const KEYS: ReadonlyArray<readonly [name: string, make: readonly string[], verify: readonly string[]]> = [
  ["P-256", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-digest", "sha256"]],
  ["P-256 in the form of SEC 1", ["ecparam", "-name", "prime256v1", "-genkey"], ["-digest", "sha256"]],
  ["Ed25519", ["genpkey", "-algorithm", "ed25519"], []],
];

(HAS ? test : test.skip).each(KEYS)(
  "OpenSSL's %s key signs, and OpenSSL verifies (needs openssl)",
  async (name, make, verify) => {
    writeFileSync("plan.yaml", PLAN);
    writeFileSync("app.bin", "firmware");
    openssl(...make, "-out", "author.pem");
    openssl("pkey", "-in", "author.pem", "-pubout", "-out", "author.pub");
    await release("create plan.yaml --out app.suit");
    await release("sign app.suit --key author.pem --out signed.suit");
    expect((await release("verify signed.suit --key author.pub")).code).toBe(0);

    const { signed, blocks } = readEnvelope(new Uint8Array(readFileSync("signed.suit"))).authentication;
    const { headers, proof } = asKind(decodeMessage(blocks[0]!), "sign1");
    writeFileSync("data", signedBytes(headers.protectedBytes, signed));
    writeFileSync("signature", name.startsWith("P-256") ? derSignature(proof) : proof);
    const files = ["-pubin", "-inkey", "author.pub", "-in", "data", "-sigfile", "signature"];
    expect(openssl("pkeyutl", "-verify", ...files, "-rawin", ...verify).toString()).toMatch(/Signature Verified/);
  },
);

(HAS ? test : test.skip)("keys of 'release keygen' are OpenSSL's too (needs openssl)", async () => {
  for (const algorithm of ["esp256", "ed25519"]) {
    await release(`keygen --algorithm ${algorithm} --out ${algorithm}`);
    const own = openssl("pkey", "-in", `${algorithm}.pem`, "-pubout").toString();
    expect(own).toBe(readFileSync(`${algorithm}.pub`, "utf8"));
  }
});
