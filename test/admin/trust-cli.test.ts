/** Keys and components as people say them, and how they reach the gateway. */
import { expect, test } from "@jest/globals";
import { anchorOf, classOf, componentOf, vendorOf } from "../../gateway/admin/cli/trust-arguments.ts";
import { type CoseKey, encodeKey, generateKey, writeJwk, writePem } from "../../gateway/wire/cose/index.ts";

const KEY = generateKey(-9);
const ARM = "fa6b4a53d5ad5fdfbe9de663e4d41ffe";
const SUIT = "1492af1425695e48bf429b2d51f2ab45";
const coded = (code: string): unknown => expect.objectContaining({ code });
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

test.each<[string, (text: string) => unknown, unknown]>([
  ["arm.com", vendorOf, ARM],
  ["FA6B4A53-D5AD-5FDF-BE9D-E663E4D41FFE", vendorOf, ARM],
  ["arm.com/suit", classOf, SUIT],
  [SUIT, classOf, SUIT],
  ["app/main", componentOf, ["617070", "6d61696e"]],
  ["0x00", componentOf, ["00"]],
])("suit-manifest-37 §8.4.8.2: %s is understood", (said, read, meant) => {
  expect(read(said)).toEqual(meant);
});

test.each<[string, (text: string) => unknown]>([
  ["arm", vendorOf],
  ["", vendorOf],
  ["suit", classOf],
  ["arm.com/", classOf],
  ["0xzz", componentOf],
  ["a//b", componentOf],
])("'%s' is not", (said, read) => {
  expect(() => read(said)).toThrow(coded("cli.usage"));
});

const FORMS: ReadonlyArray<readonly [string, (key: CoseKey, part: "public" | "private") => Uint8Array]> = [
  ["PEM", (key, part) => text(writePem(key, part))],
  ["JWK", (key, part) => text(JSON.stringify(writeJwk(key, part)))],
  ["COSE_Key", encodeKey],
];
test.each(FORMS)("a public key as %s goes to the gateway, a private one does not", async (_name, write) => {
  const sent = Buffer.from(await anchorOf(write(KEY, "public"), "key"), "base64");
  expect(Buffer.from(encodeKey(KEY, "public")).toString("hex")).toContain(sent.subarray(-70).toString("hex"));
  await expect(anchorOf(write(KEY, "private"), "key")).rejects.toEqual(coded("anchor.unfit"));
});

test("what is no key is told by the name of its file", async () => {
  await expect(anchorOf(text("{"), "author.pub")).rejects.toMatchObject({
    code: "cose.key-file",
    facts: { reason: expect.stringContaining("author.pub") },
  });
});
