/** draft-ietf-suit-manifest-37 — what is refused, at which step and as what. */
import { describe, expect, test } from "@jest/globals";
import type { ErrorCode } from "../../../gateway/base/index.ts";
import {
  addBlock,
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  digestOf,
  encodeEnvelope,
  integrate,
  readEnvelope,
  readManifest,
  SEVERABLE,
  SUIT_LIMITS,
  wrap,
} from "../../../gateway/wire/suit/index.ts";
import {
  inside,
  mapOf,
  type Raw,
  raw,
  rawEnvelope,
  rawInstall,
  rawManifest,
  VENDOR,
  ZEROS,
} from "../../support/suit-raw.ts";

const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });
const hex = (digits: string): Uint8Array => Buffer.from(digits, "hex");
const BLOCK = hex("d28443a10126a0f640");
const DIGEST = inside([-16, ZEROS]);
const entries = (...pairs: ReadonlyArray<readonly [Raw, Raw]>): Uint8Array => raw({ tag: 107, item: mapOf(...pairs) });
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const AUTH: readonly [Raw, Raw] = [2, inside([DIGEST, BLOCK])];
const MANIFEST: readonly [Raw, Raw] = [3, rawManifest()];

const ENVELOPES: ReadonlyArray<readonly [name: string, code: ErrorCode, bytes: Uint8Array]> = [
  ["nothing", "cbor.truncated", hex("")],
  ["no tag", "suit.tag", rawEnvelope().subarray(2)],
  ["the tag of a COSE message", "suit.tag", rawEnvelope([], { tag: 18 })],
  ["tag 108", "suit.tag", rawEnvelope([], { tag: 108 })],
  ["the tag twice", "cbor.type", Buffer.concat([hex("d86b"), rawEnvelope()])],
  ["the tag not in its shortest form", "cbor.malformed", Buffer.concat([hex("d9006b"), rawEnvelope().subarray(2)])],
  ["bytes behind it", "cbor.trailing", Buffer.concat([rawEnvelope(), hex("00")])],
  ["its last byte missing", "cbor.truncated", rawEnvelope().subarray(0, -1)],
  ["a map of indefinite length", "cbor.malformed", hex("d86bbfff")],
  ["an array instead of a map", "cbor.type", raw({ tag: 107, item: [] })],
  ["a key twice", "cbor.duplicate-key", entries(AUTH, [{ hex: "02" }, inside([DIGEST, BLOCK])], MANIFEST)],
  ["its keys in the wrong order", "cbor.key-order", entries(MANIFEST, AUTH)],
  ["a payload before its manifest", "cbor.key-order", entries(AUTH, ["#a", ZEROS], MANIFEST)],
  ["no manifest", "suit.missing", entries(AUTH)],
  ["no authentication wrapper", "suit.missing", entries(MANIFEST)],
  ["an empty authentication wrapper", "suit.missing", rawEnvelope([], { auth: [] })],
  ["a wrapper that is no byte string", "cbor.type", entries([2, [DIGEST, BLOCK]], MANIFEST)],
  [
    "bytes behind the wrapper's array",
    "cbor.trailing",
    entries([2, Buffer.concat([inside([DIGEST, BLOCK]), hex("f6")])], MANIFEST),
  ],
  ["a delegation chain", "suit.delegation", entries([1, ZEROS], AUTH, MANIFEST)],
  ["an element that nobody knows", "suit.element", rawEnvelope([[99, ZEROS]])],
  ["validate beside the manifest", "suit.element", entries(AUTH, MANIFEST, [7, ZEROS])],
  ["a key that is neither number nor text", "cbor.type", entries(AUTH, MANIFEST, [ZEROS, ZEROS])],
  ["a payload without a URI", "suit.malformed", rawEnvelope([["", ZEROS]])],
  ["a payload that is no byte string", "cbor.type", rawEnvelope([["#a", "text"]])],
  ["a digest that is no array", "cbor.type", rawEnvelope([], { auth: [inside(ZEROS), BLOCK] })],
  ["a digest of three items", "suit.malformed", rawEnvelope([], { auth: [inside([-16, ZEROS, 0]), BLOCK] })],
  [
    "a digest of an unknown algorithm",
    "suit.digest-algorithm",
    rawEnvelope([], { auth: [inside([-15, ZEROS]), BLOCK] }),
  ],
  ["a digest that is cut short", "suit.digest-length", rawEnvelope([], { auth: [inside([-16, hex("00")]), BLOCK] })],
  ["nine blocks", "suit.limit", rawEnvelope([], { auth: [DIGEST, ...times(9, () => BLOCK)] })],
  ["65 KiB of text", "suit.limit", rawEnvelope([[23, new Uint8Array(65 * 1024)]])],
  ["33 payloads", "suit.limit", rawEnvelope(times(33, (index) => [`#${10 + index}`, ZEROS] as const))],
  // What others speak is named, whatever else is wrong with it.
  ["a bare manifest", "suit.dialect", raw({ tag: 1070, item: mapOf([1, 1]) })],
  [
    "RIOT's draft -09",
    "suit.dialect",
    raw(mapOf([2, inside([hex("d28443a10127a0448202410040")])], [3, rawManifest()])),
  ],
  ["install as 17 beside the manifest", "suit.dialect", rawEnvelope([[17, ZEROS]])],
  ["digests with the numbers of older drafts", "suit.dialect", rawEnvelope([], { auth: [inside([2, ZEROS]), BLOCK] })],
];

describe("SU-E1 SU-E2 SU-E5 SU-E9 SU-E11: suit-manifest-37 §8.2, §8.3: an envelope is refused that has", () => {
  test.each(ENVELOPES)("%s [%s]", (_name, code, bytes) => {
    expect(() => readEnvelope(bytes)).toThrow(coded(code));
  });

  test("SU-E1: untagged ones are read where they are allowed", () => {
    expect(readEnvelope(rawEnvelope().subarray(2), { untagged: true }).tagged).toBe(false);
    expect(readEnvelope(rawEnvelope(), { untagged: true }).tagged).toBe(true);
  });

  test("SU-E4: one without blocks is read, and is not taken for authenticated", () => {
    const envelope = readEnvelope(rawEnvelope([], { auth: [DIGEST] }));
    expect(() => checkAuthenticated(envelope)).toThrow(coded("suit.no-authentication"));
  });

  test("SU-M12: 64 KiB and a payload of a megabyte are within the limits", () => {
    const envelope = readEnvelope(
      rawEnvelope([
        [23, new Uint8Array(SUIT_LIMITS.envelope - 512)],
        ["#a", new Uint8Array(1 << 20)],
      ]),
    );
    expect(envelope.integrated.get("#a")).toHaveLength(1 << 20);
  });
});

/** Sequences in sequences. */
const nested = (depth: number): Raw => (depth === 0 ? [3, 15] : [32, inside(nested(depth - 1))]);
const override = (...parameters: ReadonlyArray<readonly [Raw, Raw]>): Uint8Array =>
  rawInstall(20, mapOf(...parameters));

const MANIFESTS: ReadonlyArray<readonly [name: string, code: ErrorCode, content: Uint8Array]> = [
  ["nothing", "cbor.truncated", hex("")],
  ["bytes behind it", "cbor.trailing", Buffer.concat([rawManifest(), hex("00")])],
  ["version 2", "suit.version", rawManifest([], { version: 2 })],
  ["version 2^64 - 1", "suit.version", rawManifest([], { version: 2n ** 64n - 1n })],
  ["no version", "suit.missing", raw(mapOf([2, 7], [3, inside(mapOf())]))],
  ["no sequence number", "suit.missing", raw(mapOf([1, 1], [3, inside(mapOf([2, [[ZEROS]]]))]))],
  ["a negative sequence number", "suit.malformed", raw(mapOf([1, 1], [2, -1], [3, inside(mapOf([2, [[ZEROS]]]))]))],
  ["no common section", "suit.missing", raw(mapOf([1, 1], [2, 7]))],
  ["a sequence and no common section", "suit.missing", raw(mapOf([1, 1], [2, 7], [7, inside([3, 15])]))],
  ["keys in the wrong order", "cbor.key-order", raw(mapOf([1, 1], [3, inside(mapOf())], [2, 7]))],
  ["a key twice", "cbor.duplicate-key", raw(mapOf([1, 1], [{ hex: "01" }, 1]))],
  ["an unknown element", "suit.element", rawManifest([[99, 1]])],
  ["an unknown element in its common section", "suit.element", raw(mapOf([1, 1], [2, 7], [3, inside(mapOf([3, 1]))]))],
  ["an empty list of components", "suit.malformed", rawManifest([], { components: [] })],
  ["33 components", "suit.limit", rawManifest([], { components: times(33, () => [ZEROS]) })],
  ["a component of text", "cbor.type", rawManifest([], { components: [["fw"]] })],
  ["install as 17, as older drafts had it", "suit.dialect", rawManifest([[17, inside([3, 15])]])],
  ["an empty sequence", "suit.malformed", rawInstall()],
  ["half a command", "suit.malformed", rawInstall(3)],
  ["a code that is text", "cbor.type", rawInstall("fetch", 15)],
  ["an unknown command", "suit.command", rawInstall(30, 15)],
  ["command 0", "suit.command", rawInstall(0, 15)],
  ["command -256, which is not private yet", "suit.command", rawInstall(-256, 15)],
  ["a private command with a list", "suit.malformed", rawInstall(-257, [])],
  ["a private command in the shared sequence", "suit.shared-custom", rawManifest([], { shared: [-257, 0] })],
  [
    "a private parameter in the shared sequence",
    "suit.shared-custom",
    rawManifest([], { shared: [20, mapOf([-256, 0])] }),
  ],
  ["fetch in the shared sequence", "suit.shared-command", rawManifest([], { shared: [21, 15] })],
  ["set-parameters in the shared sequence", "suit.shared-command", rawManifest([], { shared: [19, mapOf([14, 1])] })],
  [
    "fetch in a try-each of the shared sequence",
    "suit.shared-command",
    rawManifest([], { shared: [15, [inside([21, 15]), inside([3, 15])]] }),
  ],
  ["a reporting policy of 16", "suit.malformed", rawInstall(3, 16)],
  ["a reporting policy below zero", "suit.malformed", rawInstall(3, -1)],
  ["component 1 of one", "suit.index", rawInstall(12, 1)],
  ["component 2^64 - 1", "suit.malformed", rawInstall(12, 2n ** 64n - 1n)],
  ["component 1 of one in a list", "suit.index", rawInstall(12, [0, 1])],
  ["no component in a list", "suit.malformed", rawInstall(12, [])],
  ["component false", "suit.malformed", rawInstall(12, false)],
  ["a source component out of range", "suit.index", override([22, 5])],
  ["override-multiple of a component out of range", "suit.index", rawInstall(34, mapOf([1, mapOf([14, 1])]))],
  ["override-multiple of none", "suit.malformed", rawInstall(34, mapOf())],
  ["copy-params from a component out of range", "suit.index", rawInstall(35, mapOf([3, [21]]))],
  ["copy-params of nothing", "suit.malformed", rawInstall(35, mapOf([0, []]))],
  [
    "a dependency out of range",
    "suit.index",
    raw(mapOf([1, 1], [2, 7], [3, inside(mapOf([1, mapOf([1, mapOf()])], [2, [[ZEROS]]]))])),
  ],
  [
    "a dependency with more than a prefix",
    "suit.element",
    raw(mapOf([1, 1], [2, 7], [3, inside(mapOf([1, mapOf([0, mapOf([2, 1])])], [2, [[ZEROS]]]))])),
  ],
  ["a try-each of one arm", "suit.malformed", rawInstall(15, [inside([3, 15])])],
  ["a try-each of one arm and nil", "suit.malformed", rawInstall(15, [inside([3, 15]), null])],
  ["a try-each with nil in front", "suit.malformed", rawInstall(15, [null, inside([3, 15]), inside([3, 15])])],
  [
    "17 arms",
    "suit.limit",
    rawInstall(
      15,
      times(17, () => inside([3, 15])),
    ),
  ],
  ["nine sequences in each other", "suit.limit", rawInstall(...(nested(9) as readonly Raw[]))],
  ["200 sequences in each other", "suit.limit", rawInstall(...(nested(200) as readonly Raw[]))],
  ["513 commands", "suit.limit", rawInstall(...times(513, () => [3, 15]).flat())],
  [
    "513 commands in two sequences of one",
    "suit.limit",
    rawInstall(...times(3, () => [32, inside(times(200, () => [3, 15]).flat())]).flat()),
  ],
  ["bytes behind a sequence in it", "cbor.trailing", rawInstall(32, hex("8203 0f 00".replaceAll(" ", "")))],
  ["no parameters", "suit.malformed", override()],
  ["an unknown parameter", "suit.parameter", override([11, 0])],
  ["parameter -255, which is not private yet", "suit.parameter", override([-255, 0])],
  ["parameters in the wrong order", "cbor.key-order", override([14, 1], [3, DIGEST])],
  ["a vendor of 15 bytes", "suit.malformed", override([1, VENDOR.subarray(1)])],
  ["a vendor with a wrong tag", "suit.malformed", override([1, { tag: 111, item: hex("01") }])],
  ["a device by its enterprise number", "suit.malformed", override([24, { tag: 112, item: hex("01") }])],
  ["an image digest that is not wrapped", "cbor.type", override([3, [-16, ZEROS]])],
  ["an image digest of an unknown algorithm", "suit.digest-algorithm", override([3, inside([-999, ZEROS])])],
  ["a negative image size", "suit.malformed", override([14, -1])],
  ["a soft failure of 1", "cbor.type", override([13, 1])],
  ["a soft failure of null", "suit.malformed", override([13, null])],
  ["a URI of bytes", "cbor.type", override([21, ZEROS])],
  ["a URI that is not UTF-8", "cbor.utf8", override([21, { hex: "61ff" }])],
  ["an unknown comparison", "suit.malformed", override([28, inside([6, [1]])])],
  ["a version of nothing", "suit.malformed", override([28, inside([1, []])])],
  ["an unknown event to wait for", "suit.malformed", override([29, inside(mapOf([10, 1]))])],
  ["nothing to wait for", "suit.malformed", override([29, inside(mapOf())])],
  ["a time below zero to wait for", "suit.malformed", override([29, inside(mapOf([5, -1]))])],
  ["another device without a version", "suit.malformed", override([29, inside(mapOf([4, [ZEROS, []]]))])],
  ["a private parameter that is a list", "suit.malformed", override([-300, []])],
  ["a severed sequence whose digest nobody knows", "suit.digest-algorithm", rawManifest([[20, [1, ZEROS]]])],
  ["a digest in place of validate", "cbor.type", rawManifest([[7, [-16, ZEROS]]])],
];

describe("SU-M1 SU-M4 SU-P1: suit-manifest-37 §8.4: a manifest is refused that has", () => {
  test.each(MANIFESTS)("%s [%s]", (_name, code, content) => {
    expect(() => readManifest(content)).toThrow(coded(code));
  });

  test("SU-M12: eight sequences in each other, 512 commands and 16 arms are read", () => {
    for (const commands of [
      nested(8) as readonly Raw[],
      times(512, () => [3, 15]).flat(),
      [15, times(16, () => inside([3, 15]))],
    ]) {
      expect(() => readManifest(rawInstall(...commands))).not.toThrow();
    }
  });
});

describe("SU-E8: suit-manifest-37 §8.3, §8.6, §7.5: what stands in an envelope belongs to its manifest", () => {
  const sequence = readManifest(override([21, "#image"])).sequences.get("install")!;
  const manifest = { ...readManifest(rawManifest()), sequences: new Map([["install", sequence]] as const) };
  const full = createEnvelope(manifest, { severable: [SEVERABLE.install] });
  const inner = readManifest(full.manifest.content);
  const image = new Map([["#image", ZEROS]]);

  test("severed elements with their digests and payloads with their URIs do", () => {
    expect(checkBelonging({ ...full, integrated: image }, inner).sequences.get("install")).toEqual(sequence.here);
    expect(() => checkManifestDigest(full)).not.toThrow();
    // the same bytes come back from the wire
    expect(readEnvelope(encodeEnvelope({ ...full, integrated: image })).integrated).toEqual(image);
  });

  test.each<readonly [string, ErrorCode, Partial<typeof full>]>([
    ["another manifest than the one that was signed", "suit.manifest-digest", { manifest: wrap(rawManifest()) }],
    ["an element whose digest is another", "suit.severed-digest", { severable: new Map([[20, wrap(hex("82030f"))]]) }],
    ["an element under another name", "suit.orphan", { severable: new Map([[16, full.severable.get(20)!]]) }],
    ["text that the manifest does not have", "suit.orphan", { severable: new Map([[23, wrap(hex("a0"))]]) }],
    ["CoSWID that the manifest does not have", "suit.orphan", { severable: new Map([[14, wrap(hex("a0"))]]) }],
    ["a payload that no URI names", "suit.integrated", { integrated: new Map([["#imag", ZEROS]]) }],
    [
      "a payload whose URI stood in an element that was severed",
      "suit.integrated",
      { severable: new Map(), integrated: image },
    ],
  ])("%s does not [%s]", (_name, code, change) => {
    const envelope = { ...full, ...change };
    expect(() => {
      checkManifestDigest(envelope);
      checkBelonging(envelope, inner);
    }).toThrow(coded(code));
  });

  test("SU-E13: an element that stands in the manifest may not stand beside it too", () => {
    const both = { ...createEnvelope(manifest), severable: full.severable };
    expect(() => checkBelonging(both, readManifest(both.manifest.content))).toThrow(coded("suit.orphan"));
  });

  test("SU-E13: a severed sequence is read as strictly as the manifest", () => {
    const wild = wrap(inside([12, 9]));
    const envelope = { ...full, severable: new Map([[20, wild]]) };
    const named = { ...inner, sequences: new Map([["install", { digest: digestOf(wild.item) }]] as const) };
    expect(() => checkBelonging(envelope, named)).toThrow(coded("suit.index"));
  });
});

describe("suit-manifest-37 §8: an author is told what cannot be made", () => {
  const manifest = readManifest(rawManifest());
  const envelope = createEnvelope(manifest);
  const blocks = (count: number): typeof envelope => times(count, () => BLOCK).reduce(addBlock, envelope);

  test.each<readonly [string, () => unknown]>([
    ["validate taken out of the manifest", () => createEnvelope(manifest, { severable: [7] })],
    ["text taken out of a manifest that has none", () => createEnvelope(manifest, { severable: [SEVERABLE.text] })],
    [
      "install taken out of a manifest that has none",
      () => createEnvelope(manifest, { severable: [SEVERABLE.install] }),
    ],
    ["a digest of an unknown algorithm", () => createEnvelope(manifest, { algorithm: -15 })],
    ["a payload without a URI", () => integrate(envelope, "", ZEROS)],
    ["a ninth block", () => blocks(9)],
  ])("%s", (_name, make) => {
    expect(make).toThrow(coded("suit.usage"));
    expect(blocks(8).authentication.blocks).toHaveLength(8);
  });
});
