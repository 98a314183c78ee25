/** draft-ietf-suit-manifest-37, Appendix B — the envelopes that the document prints, byte for byte both ways. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import {
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  digestOf,
  encodeEnvelope,
  encodeManifest,
  lintManifest,
  matches,
  readEnvelope,
  readManifest,
  SEVERABLE,
  sever,
  urisOf,
} from "../../../gateway/wire/suit/index.ts";

const FOLDER = "/work/shared/vectors/suit-draft-examples";

interface Example {
  readonly name: string;
  readonly digest: { readonly value: string };
  readonly signatureAlgorithm: unknown;
  readonly bytes?: Uint8Array;
}

/** Example 0 as it is signed, and example 3, which has a try-each in two sequences. */
const PRINTED: readonly Example[] = [
  {
    name: "example 0, signed",
    digest: { value: "6658ea560262696dd1f13b782239a064da7c6c5cbaf52fded428a6fc83c7e5af" },
    signatureAlgorithm: "ES256",
    bytes: bytesOf(`
      d86ba2025873825824822f58206658ea560262696dd1f13b782239a064da7c6c5cbaf52fded428a6fc83c7e5af584ad28443a10126a0f6584
      0408d0816f9b510749bf6a51b066951e08a4438f849eb092a1ac768eed9de696c1b1dd35d82ef149e6a73a61976ad2cfe78444b8064293350
      a122f332cb49f0da035871a50101020003585fa202818141000458568614a40150fa6b4a53d5ad5fdfbe9de663e4d41ffe02501492af14256
      95e48bf429b2d51f2ab45035824822f582000112233445566778899aabbccddeeff0123456789abcdeffedcba98765432100e1987d0010f02
      0f074382030f0943821702`),
  },
  {
    name: "example 3, unsigned",
    digest: { value: "f6d44a62ec906b392500c242e78e908e9cc5057f3f04104a06a8566200da2ee0" },
    signatureAlgorithm: null,
    bytes: bytesOf(`
      d86ba2025827815824822f5820f6d44a62ec906b392500c242e78e908e9cc5057f3f04104a06a8566200da2ee00359010fa5010102030358a
      4a2028181410004589b8814a20150fa6b4a53d5ad5fdfbe9de663e4d41ffe02501492af1425695e48bf429b2d51f2ab450f8258348614a105
      00050514a2035824822f582000112233445566778899aabbccddeeff0123456789abcdeffedcba98765432100e1987d058368614a10501050
      514a2035824822f58200123456789abcdeffedcba987654321000112233445566778899aabbccddeeff0e1a00012c22010f020f074382030f
      14585b860f8258288614a10500050514a115781c687474703a2f2f6578616d706c652e636f6d2f66696c65312e62696e58288614a10501050
      514a115781c687474703a2f2f6578616d706c652e636f6d2f66696c65322e62696e1502030f`),
  },
];

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}.cbor`));
const there = existsSync(FOLDER);
const folder: readonly Example[] = there
  ? (JSON.parse(readFileSync(`${FOLDER}/index.json`, "utf8")) as readonly Example[])
  : [];
const all = [...PRINTED, ...folder.map((example) => ({ ...example, bytes: read(example.name) }))];

describe.each(all)(
  "SU-E15: suit-manifest-37 Appendix B: $name",
  ({ bytes = new Uint8Array(), digest, signatureAlgorithm }) => {
    const envelope = readEnvelope(bytes);
    const manifest = readManifest(envelope.manifest.content);

    test("SU-E2: gives the same bytes again", () => {
      expect(toHex(encodeEnvelope(envelope))).toBe(toHex(bytes));
      expect(toHex(encodeManifest(manifest))).toBe(toHex(envelope.manifest.content));
      expect(toHex(bytes.subarray(envelope.manifest.offset).subarray(0, envelope.manifest.content.length))).toBe(
        toHex(envelope.manifest.content),
      );
    });

    test("SU-E3: §8.3: its digest covers the manifest with the head of its byte string", () => {
      expect(toHex(envelope.authentication.digest.bytes)).toBe(digest.value);
      expect(() => checkManifestDigest(envelope)).not.toThrow();
      expect(matches({ item: envelope.manifest.content }, envelope.authentication.digest)).toBe(false);
    });

    test("all that is in it belongs to it, and nothing about it is worth a remark", () => {
      expect(lintManifest(manifest, checkBelonging(envelope, manifest))).toEqual([]);
    });

    test("SU-E4: §6.2: is taken for authenticated only with a block", () => {
      const check = (): void => checkAuthenticated(envelope);
      if (signatureAlgorithm === null)
        expect(check).toThrow(expect.objectContaining({ code: "suit.no-authentication" }));
      else expect(check).not.toThrow();
    });
  },
);

test("§8.4.10.2: the arms of a try-each are found where they stand in their section", () => {
  const { content } = readEnvelope(PRINTED[1]!.bytes!).manifest;
  const { common, sequences } = readManifest(content);
  const [, tryEach] = common.shared.commands;
  const arms = tryEach?.argument.kind === "try-each" ? tryEach.argument.arms : [];
  const offsets = arms.map((arm) => arm?.commands.map(({ offset, code }) => [offset, code]));
  expect(offsets).toEqual([
    [
      [44, 20],
      [48, 5],
      [50, 20],
    ],
    [
      [98, 20],
      [102, 5],
      [104, 20],
    ],
  ]);
  for (const [offset, code] of offsets.flatMap((arm) => arm ?? [])) expect(common.shared.bytes[offset!]).toBe(code);
  const install = sequences.get("install")?.here;
  expect([...urisOf(install === undefined ? [] : [install])]).toEqual([
    "http://example.com/file1.bin",
    "http://example.com/file2.bin",
  ]);
});

(there ? describe : describe.skip)("suit-manifest-37 §5.4: example 2, severed on its way (needs ../shared)", () => {
  const full = there ? readEnvelope(read("example2-signed-full")) : readEnvelope(PRINTED[0]!.bytes!);

  test("SU-E13 SU-E14: without install and text it is the severed envelope that the document prints", () => {
    const severed = encodeEnvelope(sever(full, [SEVERABLE.install, SEVERABLE.text]));
    expect(toHex(severed)).toBe(toHex(read("example2-signed-severed")));
    expect(
      [encodeEnvelope(full), encodeEnvelope(sever(full, [SEVERABLE.text])), severed].map((one) => one.length),
    ).toEqual([923, 396, 333]);
  });

  test("SU-E13: §8.6: put together from its parts, its manifest and its severed elements come out the same", () => {
    const manifest = readManifest(full.manifest.content);
    const whole = checkBelonging(full, manifest);
    const install = whole.sequences.get("install");
    const author = {
      ...manifest,
      text: { here: whole.text! },
      sequences: new Map([...manifest.sequences, ["install", { here: install! }] as const]),
    };
    const made = createEnvelope(author, { severable: [SEVERABLE.install, SEVERABLE.text] });
    expect(toHex(encodeEnvelope({ ...made, authentication: full.authentication }))).toBe(toHex(encodeEnvelope(full)));
    expect(toHex(made.authentication.signed)).toBe(toHex(full.authentication.signed));
  });
});

test("SU-E9: RFC 9054: digests by each of the algorithms", () => {
  const shake = digestOf(new Uint8Array(), -18);
  expect([-16, -18, -43, -44, -45].map((algorithm) => digestOf(new Uint8Array(), algorithm).bytes.length)).toEqual([
    32, 32, 48, 64, 64,
  ]);
  // NIST's value of SHAKE128 over nothing.
  expect(toHex(shake.bytes)).toBe("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
});
