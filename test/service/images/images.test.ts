/** The image library: what gets in, what stays out, what a restart finds again. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isSameVersion, remarksOn, shortId } from "../../../gateway/service/images/index.ts";
import { suitTrust } from "../../../gateway/service/trust/index.ts";
import { type ImageStore, openFileImages } from "../../../gateway/store/index.ts";
import { type Making, mcubootImage } from "../../support/mcuboot.ts";
import { openServices, type Services } from "../../support/services.ts";

let folder: string;
let store: ImageStore;
let services: Services;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-images-"));
  store = await openFileImages({ folder, cacheBytes: 1 << 20 });
  services = await openServices({ images: store });
});
afterEach(() => rm(folder, { recursive: true }));

async function* stream(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65_536);
}
const IMAGE = Buffer.from("an image".repeat(100));
const DIGEST = createHash("sha256").update(IMAGE).digest("hex");
const CLAIM = { name: "fw.bin", model: "trv", version: "1.0.0" };
const files = async (): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

test("UX-R9: an image is streamed in, found by id, digest and its beginning, and served after a restart", async () => {
  const image = await services.images.add(
    stream(IMAGE.subarray(0, 300), IMAGE.subarray(300)),
    CLAIM,
    "test",
    services.ledger,
  );
  expect(image).toMatchObject({ digest: DIGEST, size: 800, id: shortId(DIGEST), verified: "lab" });
  for (const reference of [image.id, DIGEST, DIGEST.slice(0, 8), DIGEST.toUpperCase()]) {
    expect(services.images.get(reference).digest).toBe(DIGEST);
  }
  const { images } = await openServices({ images: store, on: services });
  expect(Buffer.from(images.open(images.get(image.id)).slice(790, 64)).toString()).toBe(IMAGE.subarray(790).toString());
});

const REFUSED: ReadonlyArray<
  readonly [name: string, source: () => AsyncIterable<Uint8Array>, claim: object, code: string]
> = [
  ["an empty file", () => stream(), {}, "image.empty"],
  ["a source without end", endless, {}, "image.too-large"],
  ["another digest than announced", () => stream(IMAGE), { digest: "00".repeat(32) }, "image.digest"],
];

test.each(REFUSED)("%s is refused and nothing is left behind", async (_name, source, claim, code) => {
  const facts = services.journal.last;
  const adding = services.images.add(source(), { ...CLAIM, ...claim }, "test", services.ledger);
  await expect(adding).rejects.toMatchObject({ code });
  expect(services.journal.last).toBe(facts);
  expect(services.images.list()).toEqual([]);
  expect(await files()).toEqual([]);
});

test("without lab mode an unsigned image is refused before any byte is readable", async () => {
  const { images, ledger } = await openServices({ images: store, trust: suitTrust({ naming: () => [] }) });
  await expect(images.add(stream(IMAGE), CLAIM, "test", ledger)).rejects.toMatchObject({ code: "image.unsigned" });
  expect(store.open(DIGEST)).toBeUndefined();
  expect(await files()).toEqual([]);
});

test("UX-R24: the same image twice, and another image with the same short id, have codes of their own", async () => {
  const { images, ledger } = await openServices({ images: store, shortIdOf: () => "aaaaaa" });
  await images.add(stream(IMAGE), CLAIM, "test", ledger);
  await expect(images.add(stream(IMAGE), CLAIM, "test", ledger)).rejects.toMatchObject({ code: "image.exists" });
  await expect(images.add(stream(Buffer.from("other")), CLAIM, "test", ledger)).rejects.toMatchObject({
    code: "image.short-id",
  });
  expect(images.list()).toHaveLength(1);
});

test.each([
  ["00000000", "000000"],
  ["ffffffff", "zzzzzz"],
  ["08421084", "111111"],
])("the short id of %s… is %s", (start, id) => {
  expect(shortId(start.padEnd(64, "0"))).toBe(id);
});

test("of equal imports at once only the first succeeds", async () => {
  const adding = ["m1", "m2", "m3"].map((model) =>
    services.images.add(stream(IMAGE), { ...CLAIM, model }, "test", services.ledger),
  );
  const outcomes = await Promise.allSettled(adding);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "image.exists" });
});

test("an image that lost its file is not available until it is added again", async () => {
  const image = await services.images.add(stream(IMAGE), CLAIM, "test", services.ledger);
  await store.remove(DIGEST);
  expect(services.images.isAvailable(image)).toBe(false);
  expect(() => services.images.open(image)).toThrow(expect.objectContaining({ code: "store.image-missing" }));
  const facts = services.journal.last;
  expect(await services.images.add(stream(IMAGE), CLAIM, "test", services.ledger)).toEqual(image);
  expect(services.images.isAvailable(image)).toBe(true);
  expect(services.journal.last).toBe(facts);
});

test("a removed image is gone with its bytes, after a restart too; campaigns still name it, and it may come again", async () => {
  const { images, ledger } = services;
  const { id } = await images.add(stream(IMAGE), CLAIM, "test", ledger);
  expect(await images.remove(id, "test", ledger)).toEqual({ digest: DIGEST, id, model: "trv", version: "1.0.0" });
  expect(await files()).toEqual([]);
  const restarted = await openServices({ images: store, on: services });
  for (const library of [images, restarted.images]) {
    expect([library.list(), library.byId(id), library.stored(DIGEST)]).toEqual([[], undefined, undefined]);
    expect(() => library.get(id)).toThrow(expect.objectContaining({ code: "image.unknown" }));
    expect(library.of(DIGEST)).toMatchObject({ version: "1.0.0" });
  }
  await expect(images.remove(id, "test", ledger)).rejects.toMatchObject({ code: "image.unknown" });
  await images.add(stream(IMAGE), { ...CLAIM, version: "1.0.1" }, "test", ledger);
  expect(images.get(id)).toMatchObject({ version: "1.0.1" });
  expect(images.of(DIGEST)).toMatchObject({ version: "1.0.1" });
});

/** MCUboot, "Image format": what its bootloader would refuse does not come in. */
const BODY = Buffer.alloc(5000, "firmware");
const mcuboot = (making: Making = {}): Buffer => mcubootImage({ body: BODY, ...making });
const damaged = (at: number): Buffer => {
  const image = mcuboot();
  image.writeUInt8(image.readUInt8(at) ^ 1, at);
  return image;
};
async function* inParts(bytes: Uint8Array, part: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += part) yield bytes.subarray(at, at + part);
}
const SHA_384 = { hash: { type: 0x11, name: "sha384" } };

test.each<readonly [name: string, image: Buffer, found: object]>([
  ["SHA-256", mcuboot(), { built: "1.4.2+7" }],
  ["a header padded to the vector table", mcuboot({ headerBytes: 512 }), { built: "1.4.2+7" }],
  ["protected TLVs", mcuboot({ shielded: [Buffer.from("500004000b000000", "hex")] }), { built: "1.4.2+7" }],
  ["SHA-384, read again from the disk", mcuboot(SHA_384), { built: "1.4.2+7" }],
])(
  "an MCUboot image with %s comes in, however it is cut, and a restart knows what it is",
  async (_name, image, found) => {
    for (const part of [1 << 20, 1, 31, 32, 33, image.length - 74, 5000]) {
      const { ledger } = services;
      const { id } = await services.images.add(inParts(image, part), { ...CLAIM, version: "1.4.2" }, "test", ledger);
      expect(services.images.get(id)).toMatchObject({ format: "mcuboot", ...found });
      const restarted = await openServices({ images: store, on: services });
      expect(restarted.images.get(id)).toEqual(services.images.get(id));
      await services.images.remove(id, "test", ledger);
    }
  },
);

test.each<readonly [name: string, image: Buffer, code: string, offset: number]>([
  ["a header cut short", mcuboot().subarray(0, 20), "image.mcuboot", 20],
  ["no TLVs, since the upload ended early", mcuboot().subarray(0, 3000), "image.mcuboot", 5032],
  ["another byte in its body", damaged(4000), "image.mcuboot-hash", 5036],
  ["another SHA-384", mcuboot({ hash: { type: 0x11, name: "sha384", of: "else" } }), "image.mcuboot-hash", 5036],
  ["padding behind it", Buffer.concat([mcuboot(), Buffer.alloc(9, 0xff)]), "image.mcuboot", mcuboot().length],
])("an MCUboot image with %s is refused, and nothing is left behind", async (_name, image, code, offset) => {
  const facts = services.journal.last;
  const adding = services.images.add(inParts(image, 1000), CLAIM, "test", services.ledger);
  await expect(adding).rejects.toMatchObject({ code, facts: { name: "fw.bin", offset } });
  expect(services.journal.last).toBe(facts);
  expect(await files()).toEqual([]);
  const plain = { ...CLAIM, format: "plain" } as const;
  const taken = await services.images.add(stream(image), plain, "test", services.ledger);
  expect(taken).not.toHaveProperty("format");
});

test("a wrong header ends an import with its first bytes", async () => {
  const image = mcuboot();
  image.writeUInt16LE(8, 8);
  let parts = 0;
  async function* told(): AsyncGenerator<Uint8Array> {
    for await (const part of inParts(image, 100)) {
      parts += 1;
      yield part;
    }
  }
  const adding = services.images.add(told(), CLAIM, "test", services.ledger);
  await expect(adding).rejects.toMatchObject({ code: "image.mcuboot", facts: { offset: 8 } });
  expect(parts).toBe(1);
});

test("what is said to be an MCUboot image and is none is refused", async () => {
  const adding = services.images.add(stream(IMAGE), { ...CLAIM, format: "mcuboot" }, "test", services.ledger);
  await expect(adding).rejects.toMatchObject({ code: "image.mcuboot", facts: { offset: 0 } });
});

test("an encrypted MCUboot image comes in with a remark, since its hash is not over these bytes", async () => {
  const more = [Buffer.from("330004000b000000", "hex")];
  const image = mcuboot({ flags: 4, hash: { type: 0x10, name: "sha256", of: "what it was" }, more });
  const added = await services.images.add(stream(image), { ...CLAIM, version: "1.4.2" }, "test", services.ledger);
  expect(added).toMatchObject({ format: "mcuboot", encrypted: true });
  expect(remarksOn(added).map(({ code }) => code)).toEqual(["image.encrypted"]);
});

test.each([
  ["1.4.2", true],
  ["v1.4.2", true],
  ["1.4.2-rc.1", true],
  ["1.4.2+7", true],
  ["1.4.2+8", false],
  ["1.4", false],
  ["1.4.3", false],
  ["spring", false],
])("%s said of an image whose header says 1.4.2+7: the same? %s", (said, isSame) => {
  expect(isSameVersion(said, "1.4.2+7")).toBe(isSame);
  const image = { name: "fw.bin", version: said, built: "1.4.2+7" };
  expect(remarksOn(image).map(({ code }) => code)).toEqual(isSame ? [] : ["image.built"]);
});

test("a start sweeps the bytes that no fact names, and those that were to be removed", async () => {
  const { id } = await services.images.add(stream(IMAGE), CLAIM, "test", services.ledger);
  const orphan = await store.receive(stream(Buffer.from("orphan")), { name: "x", maxBytes: 9 });
  await orphan.keep(); // and the gateway dies
  expect(await files()).toHaveLength(2);
  const restarted = await openFileImages({ folder, cacheBytes: 1 << 20 });
  const { images } = await openServices({ images: restarted, on: services });
  expect(await images.sweep(restarted.digests())).toBe(1);
  expect(await files()).toEqual([DIGEST]);
  expect(images.isAvailable(images.get(id))).toBe(true);
});
