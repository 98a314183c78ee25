/** Plans become manifests: the examples of draft-ietf-suit-manifest-37 come out byte for byte, the rest command by command. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { toHex } from "../../../../gateway/base/index.ts";
import {
  classId,
  createRelease,
  DNS,
  type Measured,
  manifestOf,
  readPlan,
  uuidV5,
  vendorId,
  versionNumbers,
} from "../../../../gateway/service/trust/author/index.ts";
import {
  createEnvelope,
  describeEnvelope,
  inLanguage,
  type NewManifest,
  readEnvelope,
  readText,
  SEVERABLE,
  uuidText,
} from "../../../../gateway/wire/suit/index.ts";

/** The two images of the examples. */
const IMAGES: ReadonlyMap<string, Measured> = new Map([
  ["one", { digest: pattern("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"), size: 34_768 }],
  ["two", { digest: pattern("0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff"), size: 76_834 }],
]);

function pattern(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Vendor and class are those of the examples: UUIDv5(DNS, "arm.com"), UUIDv5(that, "suit"). */
const plan = (rest: string) => readPlan(`vendor: arm.com\nclass: suit\n${rest}`, "plan.yaml");
const digestOf = (manifest: NewManifest, severable: readonly number[] = []): string =>
  toHex(createEnvelope(manifest, { severable }).authentication.digest.bytes);

const EXAMPLES: ReadonlyArray<readonly [name: string, sequence: bigint, plan: string, digest: string]> = [
  [
    "example 0, secure boot",
    0n,
    "components: [{file: one}]",
    "6658ea560262696dd1f13b782239a064da7c6c5cbaf52fded428a6fc83c7e5af",
  ],
  [
    "example 1, download and install",
    1n,
    "invoke: false\ncomponents: [{file: one, uri: http://example.com/file.bin}]",
    "1f2e7acca0dc2786f2fe4eb947f50873a6a3cfaa98866c5b02e621f42074daf2",
  ],
  [
    "example 3, A/B images",
    3n,
    `invoke: false
components:
  - slots:
      - {slot: 0, file: one, uri: http://example.com/file1.bin}
      - {slot: 1, file: two, uri: http://example.com/file2.bin}`,
    "f6d44a62ec906b392500c242e78e908e9cc5057f3f04104a06a8566200da2ee0",
  ],
  [
    "example 5, two images",
    5n,
    `components:
  - {id: 0x00, file: one, uri: http://example.com/file1.bin}
  - {id: 0x01, file: two, uri: http://example.com/file2.bin}`,
    "15ce60f77657e4531dc329155f8b0ed78f94bdc6d165b2665473693dcc34f470",
  ],
];

test.each(EXAMPLES)("SU-E15: suit-manifest-37 Appendix B: %s", (_name, sequence, text, digest) => {
  expect(digestOf(manifestOf(plan(text), { images: IMAGES }, sequence))).toBe(digest);
});

const EXAMPLE_2 = "/work/shared/vectors/suit-draft-examples/example2-signed-full.cbor";

(existsSync(EXAMPLE_2) ? test : test.skip)("suit-manifest-37 Appendix B: example 2, severed (needs ../shared)", () => {
  const { authentication, severable } = readEnvelope(new Uint8Array(readFileSync(EXAMPLE_2)));
  const [, words] = inLanguage(readText(severable.get(SEVERABLE.text)!.content), "en-US")!;
  const [component] = [...words.components.values()];
  const text = { "en-US": { description: words.manifest.get(1), component: component?.texts.get(5) } };
  const manifest = manifestOf(
    plan(`reference-uri: https://git.io/JJYoj
components: [{file: one, uri: http://example.com/very/long/path/to/file/file.bin}]
text: ${JSON.stringify(text)}`),
    { images: IMAGES },
    2n,
  );
  expect(digestOf(manifest, [SEVERABLE.install, SEVERABLE.text])).toBe(toHex(authentication.digest.bytes));
});

/** Its commands, one line each, as `inspect` shows them. */
function linesOf(rest: string, files: readonly string[] = ["one"]): readonly string[] {
  const images = new Map(files.map((file) => [file, Buffer.from(file)]));
  const { envelope, manifest, whole } = createRelease(plan(rest), images, 9n);
  return describeEnvelope(envelope, manifest, whole)
    .map(({ depth, name, value }) => `${" ".repeat(depth)}${name} ${value}`.trimEnd())
    .filter((line) => !/^ *(envelope|digest|manifest|text|image-|vendor-|class-)/.test(line))
    .map((line) => line.replace(/ reports .*/, ""));
}

test("suit-manifest-37 Appendix B, example 4: through external storage, and started from memory", () => {
  const [, , ...lines] = linesOf(
    "components: [{id: fw, file: one, uri: coap://a/fw, staged-in: flash, load-into: ram}]",
  );
  expect(lines).toEqual([
    " component 2 ram",
    " shared sequence",
    "  directive-set-component-index 0",
    "  directive-override-parameters",
    "  condition-vendor-identifier",
    "  condition-class-identifier",
    " validate (7)",
    "  directive-set-component-index 0",
    "  condition-image-match",
    " load (8)",
    "  directive-set-component-index 2",
    "  directive-override-parameters",
    "   source-component 0",
    "  directive-copy",
    "  condition-image-match",
    " invoke (9)",
    "  directive-set-component-index 2",
    "  directive-invoke",
    " payloadFetch (16)",
    "  directive-set-component-index 1",
    "  directive-override-parameters",
    "   uri coap://a/fw",
    "  directive-fetch",
    "  condition-image-match",
    " install (20)",
    "  directive-set-component-index 0",
    "  directive-override-parameters",
    "   source-component 1",
    "  directive-copy",
    "  condition-image-match",
  ]);
});

test("SU-U3: update-management: what must hold is asked before the first byte is fetched", () => {
  const install = linesOf(
    "components: [{file: one, uri: coap://a/b}]\nuse-before: 2030-01-01\nminimum-battery: 500\nupdate-priority: -1",
  );
  expect(install.slice(install.indexOf(" install (20)"))).toEqual([
    " install (20)",
    "  directive-override-parameters",
    "   use-before 1893456000",
    "   minimum-battery 500",
    "   update-priority -1",
    "  condition-use-before",
    "  condition-minimum-battery",
    "  condition-update-authorized",
    "  directive-override-parameters",
    "   uri coap://a/b",
    "  directive-fetch",
    "  condition-image-match",
  ]);
});

describe("what is said to people", () => {
  const textOf = (rest: string): unknown => {
    const { text } = manifestOf(plan(rest), { images: IMAGES }, 1n);
    if (text?.here === undefined) return undefined;
    return [...readText(text.here)].map(([language, { manifest, components }]) => [
      language,
      Object.fromEntries(manifest),
      [...components.values()].map(({ texts }) => Object.fromEntries(texts)),
    ]);
  };

  test("is nothing when the plan says nothing", () => expect(textOf("components: [{file: one}]")).toBeUndefined());

  test("is the plan's own words in English when it has no others", () => {
    const words = [{ 2: "valve-2", 3: "arm.com", 6: "1.4.2" }];
    expect(textOf("name: Valve\nmodel: valve-2\nversion: 1.4.2\ncomponents: [{file: one}]")).toEqual([
      ["en", { 1: "Valve" }, words],
    ]);
  });

  test("is said in each language", () => {
    const text = `text:
  de: {description: Ventil, update: Dichtet., component: Regelung, version-required: ab 1.2, current-version: "1.4"}
  fr-CA: {vendor-name: Acme, model-name: Vanne, model-info: DN15}`;
    expect(textOf(`name: Valve\n${text}\ncomponents: [{file: one}]`)).toEqual([
      ["de", { 1: "Ventil", 2: "Dichtet." }, [{ 3: "arm.com", 5: "Regelung", 7: "ab 1.2", 8: "1.4" }]],
      ["fr-CA", { 1: "Valve" }, [{ 1: "Acme", 2: "Vanne", 3: "arm.com", 4: "DN15" }]],
    ]);
  });
});

describe("SU-M11: suit-manifest-37 §8.6: what is severable", () => {
  const severableOf = (rest: string): readonly number[] => {
    const { envelope } = createRelease(plan(rest), new Map([["one", Buffer.from("one")]]), 1n);
    return [...envelope.severable.keys()];
  };
  const uri = `coap://updates.example/${"a".repeat(60)}`;

  test.each([
    ["texts always, a short install not", "name: N\ncomponents: [{file: one, uri: coap://a}]", [23]],
    ["a long install too", `name: N\ncomponents: [{file: one, uri: "${uri}"}]`, [20, 23]],
    ["what the plan says", `severable: [install]\nname: N\ncomponents: [{file: one, uri: coap://a}]`, [20]],
    ["nothing where it says so", `severable: []\nname: N\ncomponents: [{file: one, uri: "${uri}"}]`, []],
  ])("%s", (_name, rest, labels) => expect(severableOf(rest)).toEqual(labels));
});

test("SU-E12: suit-manifest-37 §7.5: an image that comes along stands under its URI", () => {
  const text = 'components: [{file: one, uri: "#app", integrated: true}]';
  const { envelope } = createRelease(plan(text), new Map([["one", Buffer.from("bytes")]]), 1n);
  expect([...envelope.integrated].map(([uri, bytes]) => [uri, Buffer.from(bytes).toString()])).toEqual([
    ["#app", "bytes"],
  ]);
});

test("SU-M8: RFC 9562 §5.5 and suit-manifest-37 §8.4.8.2: the identifiers of vendor and class", () => {
  expect(uuidText(uuidV5(DNS, "www.example.com"))).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  expect(uuidText(vendorId("arm.com"))).toBe("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
  expect(uuidText(classId(vendorId("arm.com"), "suit"))).toBe("1492af14-2569-5e48-bf42-9b2d51f2ab45");
});

test("identifiers that a plan gives itself are taken as they are", () => {
  const id = "00000000-0000-4000-8000-000000000001";
  const { common } = manifestOf(
    plan(`vendor-id: ${id}\nclass-id: ${id}\ncomponents: [{file: one}]`),
    { images: IMAGES },
    1n,
  );
  const [first] = common.shared.commands;
  const given = first?.argument.kind === "parameters" ? [...first.argument.parameters.values()].slice(0, 2) : [];
  expect(given.map((one) => (one.form === "identifier" ? uuidText(one.bytes) : one.form))).toEqual([id, id]);
});

test.each([
  ["1.4.2", [1, 4, 2]],
  ["2", [2]],
  ["1.10", [1, 10]],
  ["1.4.2-rc.1", [1, 4, 2, -1, 1]],
  ["1.4-beta", [1, 4, -2]],
  ["1.4-alpha.12", [1, 4, -3, 12]],
  ["v1.4", undefined],
  ["1.4-2-g3f2", undefined],
  ["1..4", undefined],
])("SU-U2: update-management: version %s as numbers", (text, numbers) => expect(versionNumbers(text)).toEqual(numbers));
