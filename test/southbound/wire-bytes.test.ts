/**
 * Bytes on the wire beside other encodings: the encoders that stand in for the others are held to bytes of their specifications and
 * of other people's tests, ours to the codec of the product, and the table of docs/figures.md to both.
 */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { fromHex, SILENT } from "../../gateway/base/index.ts";
import { builtInModels, decodeInstances, encodeInstances, loadModels } from "../../gateway/yang/index.ts";
import { concat } from "../bench/wire/bytes.ts";
import { EXAMPLES } from "../bench/wire/content.ts";
import { wireBytes, wireFigures, wireTable } from "../bench/wire/figures.ts";
import { encodeLwm2mCbor } from "../bench/wire/lwm2m-cbor.ts";
import { encodeTlv, tlv, tlvValue } from "../bench/wire/lwm2m-tlv.ts";
import { encodeResources, encodeSenml, type SenmlRecord } from "../bench/wire/senml-cbor.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): string => Buffer.from(value).toString("hex");

test("LwM2M TLV: the Device object of the specification (LwM2M Core 1.1, examples of TLV)", () => {
  const several = (...values: readonly (readonly [id: number, value: number])[]): Uint8Array =>
    concat(values.map(([id, value]) => tlv("resourceInstance", id, tlvValue(value))));
  const device = concat([
    encodeTlv([
      [[3, 0, 0], "Open Mobile Alliance"],
      [[3, 0, 1], "Lightweight M2M Client"],
      [[3, 0, 2], "345000123"],
      [[3, 0, 3], "1.0"],
    ]),
    tlv("multipleResource", 6, several([0, 1], [1, 5])),
    tlv("multipleResource", 7, several([0, 3800], [1, 5000])),
    tlv("multipleResource", 8, several([0, 125], [1, 900])),
    encodeTlv([
      [[3, 0, 9], 100],
      [[3, 0, 10], 15],
    ]),
    tlv("multipleResource", 11, several([0, 0])),
    encodeTlv([
      [[3, 0, 13], 1_367_491_215],
      [[3, 0, 14], "+02:00"],
      [[3, 0, 16], "U"],
    ]),
  ]);
  const lines = [
    `c80014${text("Open Mobile Alliance")}`,
    `c80116${text("Lightweight M2M Client")}`,
    `c80209${text("345000123")}`,
    `c303${text("1.0")}`,
    "860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000",
    `c40d5182428fc60e${text("+02:00")}c11055`,
  ];
  expect(hex(device)).toBe(lines.join(""));
});

test("LwM2M TLV: an object instance, wide identifiers and a float, in the form of the example of npm lwm2m-codec", () => {
  const temperature = encodeTlv(
    [
      [[3303, 0, 5700], 31.5],
      [[3303, 0, 5701], "c"],
    ],
    true,
  );
  expect(hex(temperature)).toBe("08000be4164441fc0000e1164563");
});

test.each([
  ["identifiers in an array", [[[13, 26, 1], 42]], "a1830d181a01182a"],
  [
    "maps in maps, where several share them",
    [
      [[3, 3, 3], 25],
      [[3, 3, 1], 11],
    ],
    "a103a103a2031819010b",
  ],
  ["a flag", [[[13, 26, 1], true]], "a1830d181a01f5"],
] as const)("LwM2M CBOR: %s", (_name, resources, expected) => {
  expect(hex(encodeLwm2mCbor(resources))).toBe(expected);
});

test("SenML CBOR: the example of RFC 8428 section 6", () => {
  const current = (t: number, v: number): SenmlRecord => [
    ["n", "current"],
    ["t", t],
    ["v", v],
  ];
  const records: readonly SenmlRecord[] = [
    [
      ["bn", "urn:dev:ow:10e2073a0108006:"],
      ["bt", 1_276_020_076.001],
      ["bu", "A"],
      ["bver", 5],
      ["n", "voltage"],
      ["u", "V"],
      ["v", 120.1],
    ],
    ...[1.2, 1.3, 1.4, 1.5, 1.6].map((v, at) => current(at - 5, v)),
    current(0, 1.7),
  ];
  expect(hex(encodeSenml(records))).toBe(
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b00106223614120050067766f6c746167" +
      "6501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a3006763757272656e74062302fb3ff4cccccccc" +
      "cccda3006763757272656e74062202fb3ff6666666666666a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff9" +
      "99999999999aa3006763757272656e74060002fb3ffb333333333333",
  );
});

test("SenML CBOR: the base name is as long as makes it shortest, and one value alone needs none", () => {
  expect(hex(encodeResources([[[3, 0, 9], 100]]))).toBe(`81a20065${text("3/0/9")}021864`);
  const two = encodeResources([
    [[33_005, 0, 0], 21.5],
    [[33_005, 0, 1], 45],
  ]);
  expect(hex(two)).toBe(`82a32168${text("33005/0/")}00613002f94d60a200613102182d`);
});

test("the check-in of the table is what the product reads and writes", async () => {
  const schema = await loadModels({ folder: builtInModels(), log: SILENT });
  const example = EXAMPLES.find(({ name }) => name === "check_in");
  const bytes = fromHex(example?.coreconf ?? "") ?? new Uint8Array();
  expect(hex(encodeInstances(decodeInstances(bytes, schema, "input"), schema))).toBe(example?.coreconf);
});

/** Test data of this workspace; not part of the repository. */
const VECTORS = "/work/shared/vectors/comi-21.json";
(existsSync(VECTORS) ? test : test.skip)(
  "the examples of the draft are the draft's (skipped without its vectors)",
  () => {
    const drafts = JSON.parse(readFileSync(VECTORS, "utf8")) as readonly { messages: readonly { hex?: string }[] }[];
    const said = drafts.flatMap(({ messages }) => messages.map((each) => each.hex ?? ""));
    for (const { name, coreconf } of EXAMPLES.filter((each) => each.name !== "check_in")) {
      // Two of them are halves of a larger one, whose head is one item more.
      const inner = name === "system_clock" ? coreconf.slice(2) : coreconf;
      expect([name, said.some((each) => each.includes(inner))]).toEqual([name, true]);
    }
  },
);

test("docs/figures.md has the table, and the figures are its numbers", () => {
  const page = readFileSync(new URL("../../docs/figures.md", import.meta.url), "utf8");
  expect(page).toContain(wireTable());
  const checkIn = wireBytes().get("check_in")?.get("coreconf");
  expect(wireFigures()).toMatchObject({
    wire_check_in_coreconf: checkIn?.payload,
    wire_check_in_coreconf_datagrams: checkIn?.datagrams,
  });
});
