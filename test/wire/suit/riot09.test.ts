/**
 * draft-ietf-suit-manifest-09 as RIOT's `sys/suit` reads it. No envelope made by RIOT's own tool is at hand, so the golden bytes
 * are put together by hand from the layout that it writes, head by head, and signed with the key of RFC 8032 §7.1, test 1.
 */
import { createHash, createPrivateKey, sign } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ErrorCode, fromHex, toHex } from "../../../gateway/base/index.ts";
import { readPlan } from "../../../gateway/service/trust/author/index.ts";
import { createForRiot } from "../../../gateway/service/trust/author/riot.ts";
import {
  checkBelonging,
  checkManifestDigest,
  dialectOf,
  encodeEnvelope,
  readAnyEnvelope,
  readAnyManifest,
  readEnvelope,
  readRiot09,
  readRiot09Manifest,
} from "../../../gateway/wire/suit/index.ts";

const hex = (bytes: Uint8Array | string): string =>
  typeof bytes === "string" ? bytes.replaceAll(" ", "") : toHex(bytes);
const bytesOf = (text: string): Uint8Array => fromHex(hex(text))!;
const ascii = (text: string): string => toHex(new Uint8Array(Buffer.from(text)));
/** A byte string with its head. */
function bstr(content: string): string {
  const length = hex(content).length / 2;
  const head =
    length < 24
      ? (0x40 + length).toString(16)
      : length < 256
        ? `58${length.toString(16).padStart(2, "0")}`
        : `59${length.toString(16).padStart(4, "0")}`;
  return `${head}${hex(content)}`;
}

const SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const SECRET = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${SEED}`, "hex"),
  format: "der",
  type: "pkcs8",
});

const VENDOR = "0637e301e05d505b8267486f5677de9b"; // acme.example
const CLASS = "ec9f4d4f605055459 3b1c11d06f48f74"; // valve-2
const IMAGE = new Uint8Array(Buffer.from("firmware of the valve\n"));
const sha256 = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");
const URI = "coap://[fd00::1]/f/1ab2c3";

const common = (): string =>
  `a2 02 81 81 4100 04 ${bstr(
    `86
    14 a4 01 50 ${VENDOR} 02 50 ${CLASS} 03 ${bstr(`82 02 5820 ${sha256(IMAGE)}`.replaceAll(/\s/g, ""))} 0e 16
    01 0f 02 0f`.replaceAll(/\s/g, ""),
  )}`.replaceAll(/\s/g, "");
const install = (): string => `86 13 a1 15 78 19 ${ascii(URI)} 15 02 03 0f`.replaceAll(" ", "");
const manifestHex = (): string =>
  `a5 01 01 02 18 2a 03 ${bstr(common())} 09 ${bstr(install())} 0a 43 82030f`.replaceAll(" ", "");
const payloadOf = (manifest: string): string => `82025820${sha256(bytesOf(bstr(manifest)))}`;
function blockHex(payload: string, protectedHeader = "a10127"): string {
  const toSign = `84 6a ${ascii("Signature1")} ${bstr(protectedHeader)} 40 ${bstr(payload)}`;
  return `d2 84 ${bstr(protectedHeader)} a0 ${bstr(payload)} 5840 ${sign(null, bytesOf(toSign), SECRET).toString("hex")}`.replaceAll(
    " ",
    "",
  );
}
const envelopeHex = (manifest = manifestHex(), block = blockHex(payloadOf(manifest))): string =>
  `a2 02 ${bstr(`81${bstr(block)}`)} 03 ${bstr(manifest)}`.replaceAll(" ", "");
const GOLDEN = bytesOf(envelopeHex());

const PLAN = `
dialect: riot-09
vendor: acme.example
model: valve-2
sequence: 42
components:
  - {file: app.bin, uri: "${URI}"}
`;
const measured = (image: Uint8Array) => ({ digest: bytesOf(sha256(image)), size: image.length });
const authored = (plan: string, files: Readonly<Record<string, Uint8Array>> = { "app.bin": IMAGE }, sequence = 42n) =>
  createForRiot(
    readPlan(plan, "plan.yaml"),
    new Map(Object.entries(files).map(([file, image]) => [file, measured(image)])),
    sequence,
  );

test("SU-E11: suit-manifest-09 §8.2, §8.3: an envelope as RIOT's tool writes it is read and written byte for byte", () => {
  const envelope = readRiot09(GOLDEN);
  checkManifestDigest(envelope);
  const manifest = readAnyManifest(envelope);
  expect(dialectOf(GOLDEN)).toBe("riot-09");
  expect(readAnyEnvelope(GOLDEN)).toEqual(envelope);
  expect(toHex(encodeEnvelope(envelope))).toBe(toHex(GOLDEN));
  expect(manifest.sequenceNumber).toBe(42n);
  expect([...manifest.sequences.keys()]).toEqual(["install", "validate"]);
  expect([...checkBelonging(envelope, manifest).sequences.keys()]).toEqual(["install", "validate"]);
  expect(() => readEnvelope(GOLDEN)).toThrow(expect.objectContaining({ code: "suit.dialect" }));
});

test("suit-manifest-09 §8.4: a plan gives the bytes of RIOT's tool, and waits for its signature as they do", () => {
  const envelope = authored(PLAN);
  expect(toHex(envelope.manifest.content)).toBe(manifestHex());
  expect(toHex(envelope.authentication.signed)).toBe(payloadOf(manifestHex()));
  const bytes = encodeEnvelope(envelope);
  expect(toHex(bytes)).toBe(hex(`a2 02 41 80 03 ${bstr(manifestHex())}`));
  expect(dialectOf(bytes)).toBe("riot-09");
  expect(readAnyEnvelope(bytes).authentication).toEqual(envelope.authentication);
});

test("suit-manifest-09 §8.4.10.4: two slots are two arms, each after the offset of its slot", () => {
  const slots = `
dialect: riot-09
vendor: acme.example
model: valve-2
components:
  - slots:
      - {slot: 4096, file: a.bin, uri: "coap://[fd00::1]/f/aaaaaa"}
      - {slot: 139264, file: b.bin, uri: "coap://[fd00::1]/f/bbbbbb"}
`;
  const other = new Uint8Array(Buffer.from("the same, linked elsewhere"));
  const envelope = authored(slots, { "a.bin": IMAGE, "b.bin": other });
  const arm = (offset: string, image: Uint8Array): string =>
    bstr(
      `86 14 a1 05 ${offset} 05 05 14 a2 03 ${bstr(payload(image))} 0e ${image.length < 24 ? image.length.toString(16) : `18${image.length.toString(16)}`}`.replaceAll(
        " ",
        "",
      ),
    );
  const payload = (image: Uint8Array): string => `82025820${sha256(image)}`;
  const shared = `88 14 a2 01 50 ${VENDOR} 02 50 ${CLASS} 0f 82 ${arm("19 1000", IMAGE)} ${arm("1a 00022000", other)} 01 0f 02 0f`;
  expect(toHex(envelope.manifest.content)).toContain(hex(shared));
  const { common: section, sequences } = readRiot09Manifest(envelope.manifest.content);
  expect(section.shared.commands.map(({ code }) => code)).toEqual([20, 15, 1, 2]);
  expect(sequences.get("install")?.here?.commands.map(({ code }) => code)).toEqual([15, 21, 3]);
  expect(encodeEnvelope(envelope).length + 113).toBeLessThan(640);
});

/** Each: what is wrong, the envelope, and its code. */
const swapped = (from: string, to: string, text = envelopeHex()): string => {
  expect(text).toContain(hex(from));
  return text.replace(hex(from), hex(to));
};
const resigned = (manifest: string): string => envelopeHex(manifest);
const BAD: ReadonlyArray<readonly [what: string, bytes: () => string, code: ErrorCode]> = [
  ["tag 107", () => `d86b${envelopeHex()}`, "suit.dialect"],
  ["an element beside the two", () => `a3${envelopeHex().slice(2)}0da0`, "suit.element"],
  ["something behind it", () => `${envelopeHex()}00`, "suit.tag"],
  ["no manifest", () => `a1 02 ${bstr(`81${bstr(blockHex(payloadOf(manifestHex())))}`)}`, "suit.missing"],
  [
    "a kid in the unprotected header",
    () => envelopeHex(manifestHex(), blockHex(payloadOf(manifestHex())).replace("a10127a0", "a10127a1044101")),
    "suit.malformed",
  ],
  [
    "EdDSA of RFC 9864",
    () => envelopeHex(manifestHex(), blockHex(payloadOf(manifestHex()), "a10132")),
    "suit.malformed",
  ],
  [
    "the payload detached",
    () => envelopeHex(manifestHex(), blockHex(payloadOf(manifestHex())).replace(bstr(payloadOf(manifestHex())), "f6")),
    "suit.malformed",
  ],
  [
    "a digest with today's number",
    () => envelopeHex(manifestHex(), blockHex(payloadOf(manifestHex()).replace("8202", "822f"))),
    "suit.digest-algorithm",
  ],
  [
    "more than the digest signed",
    () => envelopeHex(manifestHex(), blockHex(`${payloadOf(manifestHex())}00`)),
    "cbor.trailing",
  ],
  [
    "a block twice over other digests",
    () =>
      `a2 02 ${bstr(`82${bstr(blockHex(payloadOf(manifestHex())))}${bstr(blockHex(payloadOf("a0")))}`)} 03 ${bstr(manifestHex())}`,
    "suit.malformed",
  ],
  ["a manifest of another digest", () => swapped("02 18 2a 03", "02 18 2b 03"), "suit.manifest-digest"],
  ["version 2", () => resigned(manifestHex().replace("a50101", "a50102")), "suit.version"],
  ["a number of 33 bits", () => resigned(manifestHex().replace("02182a", "021b0000000100000000")), "suit.malformed"],
  ["text in the manifest", () => resigned(`a6${manifestHex().slice(2)}0d41a0`), "suit.element"],
  ["the install of today", () => resigned(manifestHex().replace("0a4382030f", "144382030f")), "suit.element"],
  [
    "two components",
    () => resigned(manifestHex().replace(bstr(common()), bstr(common().replace("0281814100", "0282814100814101")))),
    "suit.malformed",
  ],
  ["a command that RIOT does not run", () => resigned(manifestHex().replace("82030f", "82170f")), "suit.command"],
  [
    "a parameter that RIOT does not read",
    () => resigned(manifestHex().replace(bstr(install()), bstr("86 13 a1 13 01 15 02 03 0f"))),
    "suit.parameter",
  ],
  ["all components chosen", () => resigned(manifestHex().replace("82030f", "820cf5")), "cbor.type"],
  ["component 1 of one", () => resigned(manifestHex().replace("82030f", "820c01")), "suit.index"],
  [
    "nil as the last arm",
    () => resigned(manifestHex().replace("4382030f", bstr("82 0f 83 4382030f 4382030f f6"))),
    "cbor.type",
  ],
  ["an indefinite length", () => resigned(manifestHex().replace("4382030f", "449f030fff")), "cbor.malformed"],
  ["a longer head than needed", () => resigned(manifestHex().replace("02182a", "0219002a")), "cbor.malformed"],
  [
    "keys in another order",
    () => `a2 03 ${bstr(manifestHex())} 02 ${bstr(`81${bstr(blockHex(payloadOf(manifestHex())))}`)}`,
    "cbor.key-order",
  ],
];

test.each(BAD)("suit-manifest-09 §8: %s is refused", (_what, text, code) => {
  const read = (): void => {
    const envelope = readAnyEnvelope(bytesOf(text()));
    checkManifestDigest(envelope);
    readAnyManifest(envelope);
  };
  expect(read).toThrow(expect.objectContaining({ code }));
});

describe("what RIOT would stop at, or read wrongly, is not made", () => {
  const line = (text: string): string => `${PLAN}${text}\n`;
  const rows: ReadonlyArray<readonly [what: string, plan: string, code: ErrorCode]> = [
    ["text", line("text: {en: {update: Closes slower.}}"), "riot.plan"],
    ["an expiry", line("use-before: 2030-01-01"), "riot.plan"],
    ["two components", line("  - {id: two, file: app.bin, uri: 'coap://[fd00::1]/f/1ab2c3'}"), "riot.plan"],
    ["an image that comes along", PLAN.replace("file:", "integrated: true, file:"), "riot.plan"],
    ["an image without a URI", PLAN.replace(`, uri: "${URI}"`, ""), "riot.plan"],
    ["a URI of 64 bytes", PLAN.replace("1ab2c3", "x".repeat(45)), "riot.uri"],
    ["a URI of HTTP", PLAN.replace("coap://", "http://"), "riot.uri"],
  ];
  test.each(rows)("%s", (_what, plan, code) => {
    expect(() => authored(plan)).toThrow(expect.objectContaining({ code }));
  });
  test("the number 0, or one of 33 bits", () => {
    for (const sequence of [0n, 2n ** 32n]) {
      expect(() => authored(PLAN, undefined, sequence)).toThrow(expect.objectContaining({ code: "riot.plan" }));
    }
  });
  test("more than 640 bytes", () => {
    const many = Array.from({ length: 5 }, (_, slot) => `      - {slot: ${slot}, file: app.bin, uri: "${URI}"}`);
    const plan = PLAN.replace(/ {2}- \{file.*/, `  - slots:\n${many.join("\n")}`);
    expect(() => authored(plan)).toThrow(expect.objectContaining({ code: "riot.size" }));
  });
});

test("SU-E11: suit-manifest-09 §8: what is neither is refused with a code", () => {
  fc.assert(
    fc.property(fc.nat(GOLDEN.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3), (at, put, cut) => {
      const bytes = Buffer.concat([GOLDEN.subarray(0, at), put, GOLDEN.subarray(at + cut)]);
      try {
        const envelope = readAnyEnvelope(bytes);
        expect(toHex(encodeEnvelope(envelope))).toBe(toHex(bytes));
      } catch (error) {
        expect(error).toEqual(expect.objectContaining({ code: expect.any(String) }));
      }
    }),
    { seed: 9, numRuns: 300 },
  );
});
