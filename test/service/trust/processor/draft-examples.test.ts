/** The example manifests of draft-ietf-suit-manifest-37, each on a device that is made for it: dry, then really. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { fromHex } from "../../../../gateway/base/index.ts";
import {
  dryRun,
  finishNow,
  type NodeView,
  type Outcome,
  PROCEDURES,
  type Program,
  programOf,
  run,
} from "../../../../gateway/service/trust/processor/index.ts";
import { type ComponentId, readEnvelope, SHA_256 } from "../../../../gateway/wire/suit/index.ts";
import { type Making, MemoryDevice } from "./memory-device.ts";
import { bytes } from "./workshop.ts";

const FOLDER = "/work/shared/vectors/suit-draft-examples";
const testExample = existsSync(FOLDER) ? test : test.skip;
const example = (name: string): Program => programOf(readEnvelope(readFileSync(`${FOLDER}/${name}.cbor`)));

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const ONE = { digest: hex("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"), size: 34768n };
const TWO = { digest: hex("0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff"), size: 76834n };
const claims = new Map([
  ["image one", ONE],
  ["image two", TWO],
]);
const number = (value: number): ComponentId => [new Uint8Array([value])];
const IDENTIFIERS = {
  vendor: "fa6b4a53d5ad5fdfbe9de663e4d41ffe",
  class: "1492af1425695e48bf429b2d51f2ab45",
};
const identifier = (text: string) => [{ form: "identifier", bytes: hex(text), tagged: false }] as const;

/** The draft's own identifiers, and images that claim to be those of the draft. */
class ArmDevice extends MemoryDevice {
  constructor(making: Making) {
    super({ ...making, claims });
  }
  override identifiers(kind: "vendor" | "class" | "device") {
    return identifier(kind === "device" ? "" : IDENTIFIERS[kind]);
  }
}
const HAS_ONE = { component: number(0), image: bytes("image one") };

const EXAMPLES: ReadonlyArray<readonly [title: string, file: string, making: Making, did: readonly string[]]> = [
  ["0, secure boot", "example0-signed", { components: [[number(0), HAS_ONE.image]] }, ["invoke"]],
  [
    "1, download",
    "example1-signed",
    { components: [[number(0)]], network: { "http://example.com/file.bin": bytes("image one") } },
    ["fetch http://example.com/file.bin"],
  ],
  [
    "2, download and boot, severable",
    "example2-signed-full",
    {
      components: [[number(0)]],
      network: { "http://example.com/very/long/path/to/file/file.bin": bytes("image one") },
    },
    ["fetch http://example.com/very/long/path/to/file/file.bin", "invoke"],
  ],
  [
    "3, A/B images, slot 0",
    "example3-signed",
    { components: [[number(0)]], slot: 0n, network: { "http://example.com/file1.bin": bytes("image one") } },
    ["fetch http://example.com/file1.bin"],
  ],
  [
    "3, A/B images, slot 1",
    "example3-signed",
    { components: [[number(0)]], slot: 1n, network: { "http://example.com/file2.bin": bytes("image two") } },
    ["fetch http://example.com/file2.bin"],
  ],
  [
    "5, two images",
    "example5-signed",
    {
      components: [[number(0)], [number(1)]],
      network: {
        "http://example.com/file1.bin": bytes("image one"),
        "http://example.com/file2.bin": bytes("image two"),
      },
    },
    ["fetch http://example.com/file1.bin", "fetch http://example.com/file2.bin", "invoke"],
  ],
];

const both = (program: Program, device: MemoryDevice): readonly Outcome[] =>
  [PROCEDURES.update, PROCEDURES.invocation].map((names) => finishNow(run(program, names, device)));

/** What a gateway would know of such a node: who it is, and its slot. */
const viewOf = ({ slot, components = [] }: Making): NodeView => ({
  identifiers: { vendor: identifier(IDENTIFIERS.vendor), class: identifier(IDENTIFIERS.class) },
  components: components.map(([id, content]) => ({
    id,
    image: content === undefined ? "empty" : { digest: { algorithm: SHA_256, bytes: ONE.digest }, size: ONE.size },
    ...(typeof slot === "bigint" ? { slot } : {}),
  })),
});

testExample.each(EXAMPLES)("SU-E15 SU-P10: suit-manifest-37 appendix B, example %s", (_title, file, making, did) => {
  const device = new ArmDevice(making);
  const dry = dryRun(example(file), viewOf(making));
  expect(dry.verdict).toBe("applies");
  const fetches = did.filter((note) => note.startsWith("fetch ")).map((note) => note.slice(6));
  expect(dry.courses.flatMap((course) => course.fetches.map(({ uri }) => uri))).toEqual(fetches);
  expect(both(example(file), device).map(({ result }) => result)).toEqual(["done", "done"]);
  expect(device.did).toEqual(did);
});

testExample("suit-manifest-37 appendix B, example 4: load from external storage", () => {
  // The second image is what the first one becomes when it is loaded: the draft has no real images to show it with.
  class Unpacking extends ArmDevice {
    override copy(request: Parameters<MemoryDevice["copy"]>[0]) {
      if (request.into[0]?.[0] !== 1) return super.copy(request);
      this.did.push("unpack");
      return this.write({ ...request, content: bytes("image two") });
    }
  }
  const device = new Unpacking({
    components: [[number(0)], [number(2)], [number(1)]],
    network: { "http://example.com/file.bin": bytes("image one") },
  });
  expect(both(example("example4-signed"), device).map(({ result }) => result)).toEqual(["done", "done"]);
  expect(device.did).toEqual(["fetch http://example.com/file.bin", "copy", "unpack", "write", "invoke"]);
});

testExample("SU-M9: suit-manifest-37 appendix B: another vendor's node is refused before anything is fetched", () => {
  const device = new MemoryDevice({
    components: [[number(0)]],
    network: { "http://example.com/file.bin": bytes("image one") },
  });
  const [update] = both(example("example1-signed"), device);
  expect(update).toMatchObject({ result: "failed", reason: "condition-failed", at: { section: 3 } });
  expect(device.did).toEqual([]);
});

testExample("suit-manifest-37 appendix B, example 3: without the slot both ways are tried", () => {
  const view = viewOf({ components: [[number(0)]] });
  const dry = dryRun(example("example3-signed"), view);
  expect(dry.verdict).toBe("depends");
  expect(dry.questions).toHaveLength(2);
  const fetched = dry.courses.filter(({ outcome }) => outcome.result === "done").flatMap(({ fetches }) => fetches);
  expect(fetched.map(({ uri, bytes: size }) => `${uri} ${size}`)).toEqual([
    "http://example.com/file1.bin 34768",
    "http://example.com/file2.bin 76834",
  ]);
  expect(dry.bytes).toEqual({ least: 34768n, most: 76834n });
});

testExample("SU-E13: suit-manifest-37 appendix B, example 2: severed, it can still start what it installed", () => {
  const severed = example("example2-signed-severed");
  const boot = dryRun(severed, viewOf({ components: [[number(0), HAS_ONE.image]] }), {
    procedures: [PROCEDURES.invocation],
  });
  expect(boot.verdict).toBe("applies");
  expect(dryRun(severed, viewOf({ components: [[number(0)]] })).verdict).toBe("fails");
});
