/** What people are told of an envelope, and what authors are told before they sign one. */
import { expect, test } from "@jest/globals";
import {
  addBlock,
  checkBelonging,
  createEnvelope,
  describeEnvelope,
  encodeText,
  lintManifest,
  type NewManifest,
  readManifest,
  SEVERABLE,
  sever,
} from "../../../gateway/wire/suit/index.ts";
import { CLASS, inside, mapOf, raw, rawInstall, rawManifest, VENDOR, ZEROS } from "../../support/suit-raw.ts";

const FW = [Buffer.from("fw"), Buffer.from([0])];
const words = encodeText(new Map([["en", { manifest: new Map([[1, "A valve\u001b[2J"]]), components: new Map() }]]));

/** Every kind of argument and value, once. */
const manifest: NewManifest = {
  ...readManifest(
    raw(
      mapOf(
        [1, 1],
        [2, 7],
        [
          3,
          inside(
            mapOf(
              [1, mapOf([1, mapOf([1, [Buffer.from("dep")]])])],
              [2, [FW, [Buffer.from("patch")]]],
              [
                4,
                inside([12, true, 20, mapOf([1, VENDOR], [2, { tag: 112, item: CLASS.subarray(0, 2) }]), 1, 15, 2, 0]),
              ],
            ),
          ),
        ],
        [4, "coap://author/m"],
        [5, [Buffer.from("root")]],
        [6, inside([1, 2, -1])],
        [7, inside([12, 0, 15, [inside([3, 2]), inside([14, 0]), null]])],
        [
          20,
          inside([
            12,
            [0, 1],
            34,
            mapOf([1, mapOf([21, "#patch"])]),
            35,
            mapOf([1, [3, 14]]),
            32,
            inside([21, 3]),
            -300,
            "mine",
          ]),
        ],
        [
          24,
          inside([
            12,
            0,
            20,
            mapOf([4, 2n ** 40n], [13, true], [28, inside([2, [1, 0]])], [29, inside(mapOf([1, -3]))]),
            29,
            0,
          ]),
        ],
      ),
    ),
  ),
  text: { here: words },
};

test("SU-M3 SU-U6: an envelope line by line: names, offsets, identifiers, and nothing that steers a terminal", () => {
  const block = Buffer.from("d28443a10128a1044101f640", "hex");
  const envelope = addBlock(addBlock(createEnvelope(manifest, { severable: [SEVERABLE.install] }), block), ZEROS);
  const read = readManifest(envelope.manifest.content);
  const lines = describeEnvelope(envelope, read, checkBelonging(envelope, read));
  const digest = /^SHA-256 [0-9a-f]{64}$/;
  expect(
    lines.map(
      ({ depth, offset, name, value }) =>
        `${" ".repeat(depth)}${name}: ${value.replace(digest, "SHA-256 …")}${offset === undefined ? "" : ` @${offset}`}`,
    ),
  ).toEqual([
    "envelope: tag 107",
    " digest: SHA-256 …",
    " authentication: sign1 ESP256, key 01",
    " authentication: 32 bytes that are no message we know [cose.malformed]",
    " manifest: 211 bytes @2",
    " install (severable): 39 bytes @2",
    "manifest: sequence number 7",
    " reference URI: coap://author/m",
    " kept at: root",
    " set version: 1.2.-1",
    " component 0: fw/0x00",
    " component 1: patch, a dependency under dep",
    " shared sequence: ",
    "  directive-set-component-index: all components @1",
    "  directive-override-parameters:  @3",
    "   vendor-identifier: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
    "   class-identifier: enterprise number 1492",
    "  condition-vendor-identifier: reports recordSuccess, recordFailure, sysinfoSuccess, sysinfoFailure @29",
    "  condition-class-identifier: reports nothing @31",
    " validate (7): ",
    "  directive-set-component-index: 0 @1",
    "  directive-try-each:  @3",
    "   arm 1: ",
    "    condition-image-match: reports recordFailure @7",
    "   arm 2: ",
    "    condition-abort: reports nothing @11",
    "   arm 3: nothing",
    " install (20): ",
    "  directive-set-component-index: 0, 1 @1",
    "  directive-override-multiple:  @5",
    "   component 1: ",
    "    uri: #patch",
    "  directive-copy-params: image-digest, image-size of component 1 @18",
    "  directive-run-sequence:  @25",
    "   sequence: ",
    "    directive-fetch: reports recordSuccess, recordFailure @29",
    '  private command -300: "mine" @31',
    " uninstall (24): ",
    "  directive-set-component-index: 0 @1",
    "  directive-override-parameters:  @3",
    "   use-before: 1099511627776",
    "   soft-failure: true",
    "   version: greaterEqual 1.0",
    "   wait-info: authorization -3",
    "  directive-wait: reports nothing @31",
    " text: en",
    "  manifestDescription: A valve\\u{1b}[2J",
  ]);
  // before a signature was verified nothing of the manifest is read
  expect(describeEnvelope(envelope).map(({ name }) => name)).toEqual([
    "envelope",
    "digest",
    "authentication",
    "authentication",
    "manifest",
    "install (severable)",
  ]);
  const severed = describeEnvelope(sever(envelope, [SEVERABLE.install]), read).find(
    ({ name }) => name === "install (20)",
  );
  expect(severed?.value).toMatch(/^severed, SHA-256 [0-9a-f]{64}$/);
});

const lint = (content: Uint8Array): unknown => {
  const read = readManifest(content);
  const envelope = createEnvelope(read);
  return lintManifest(read, checkBelonging(envelope, read)).map(({ severity, error }) => [severity, error.code]);
};

test.each<readonly [string, Uint8Array, unknown]>([
  ["nothing, when all is well", rawManifest([[20, inside([20, mapOf([21, "#a"]), 21, 15])]]), []],
  [
    "§8.4.5: identifiers that nobody checks",
    rawManifest([], { shared: [3, 15] }),
    [
      ["warning", "suit.shared-conditions"],
      ["warning", "suit.shared-conditions"],
    ],
  ],
  ["§8.4.10.4: a fetch for which nothing sets a URI", rawInstall(21, 15), [["error", "suit.fetch-without-uri"]]],
  ["… inside a run-sequence", rawInstall(32, inside([21, 15])), [["error", "suit.fetch-without-uri"]]],
  [
    "… but not while a sequence is out of sight",
    rawManifest([
      [16, [-16, ZEROS]],
      [20, inside([21, 15])],
    ]),
    [],
  ],
  [
    "§6.5: several components, and no word of which",
    rawManifest([[7, inside([3, 15])]], { components: [[ZEROS], [ZEROS]] }),
    [
      ["error", "suit.no-index"],
      ["error", "suit.no-index"],
    ],
  ],
])("SU-M6: an author is told of %s", (_name, content, findings) => {
  expect(lint(content)).toEqual(findings);
});
