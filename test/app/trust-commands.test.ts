/** The commands about trust and releases, as the CLI and the cloud send them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { trustHandlers } from "../../gateway/app/trust/commands.ts";
import { isCoded } from "../../gateway/base/index.ts";
import { shortId } from "../../gateway/service/images/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { encodeKey } from "../../gateway/wire/cose/index.ts";
import type { Json } from "../../gateway/yang/index.ts";
import { mcubootImage } from "../support/mcuboot.ts";
import { digestHex, IMAGE, newSigner, release, releaseWithImage } from "../support/signed-release.ts";
import { openTrust, type TrustSite } from "../support/trust-site.ts";

const AUTHOR = newSigner();
const KEY = Buffer.from(encodeKey(AUTHOR, "public")).toString("base64");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const NAMES = { model: "trv", version: "2" };

let folder: string;
let site: TrustSite;
let run: (op: string, args: Readonly<Record<string, Json>>) => Promise<Json>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-trust-"));
  site = await openTrust({ store: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  const handlers = trustHandlers({ desk: site.desk, images: site.images, recorder: site.ledger });
  run = async (op, args) =>
    (await handlers
      .get(op)?.(args, "test")
      .catch((error: unknown) => {
        if (isCoded(error)) return error.code;
        throw error;
      })) ?? null;
});
afterEach(() => rm(folder, { recursive: true }));

test("a release with its image: believed, stored, offered; withdrawn, and nothing takes it in again", async () => {
  expect(await run("trust.add", { name: "acme", key: KEY })).toMatchObject({ name: "acme" });
  const envelope = base64(releaseWithImage({}, IMAGE, AUTHOR));
  expect(await run("release.add", { envelope })).toBe("release.unnamed");
  const added = { sequence: "1", signers: 1, images: [shortId(digestHex(IMAGE))], awaited: 0, warnings: [] };
  expect(await run("release.add", { envelope, ...NAMES })).toMatchObject({ ...added, known: false });
  expect(site.images.list()).toMatchObject([{ digest: digestHex(IMAGE), verified: "manifest", ...NAMES }]);
  expect(await run("release.add", { envelope, ...NAMES })).toMatchObject({ ...added, known: true });
  const [known] = site.releases.list();
  expect(await run("release.withdraw", { release: known?.id ?? "", reason: "quarantined" })).toEqual({
    release: known?.id,
    reason: "quarantined",
  });
  expect(await run("release.add", { envelope, ...NAMES })).toBe("release.withdrawn");
});

test("a release is not believed whose MCUboot image no bootloader would take", async () => {
  await run("trust.add", { name: "acme", key: KEY });
  const sound = new Uint8Array(mcubootImage());
  const damaged = sound.map((byte, at) => (at === 36 ? byte ^ 1 : byte));
  const carrying = (image: Uint8Array): string => base64(releaseWithImage({ image }, image, AUTHOR));
  expect(await run("release.add", { envelope: carrying(damaged), ...NAMES })).toBe("image.mcuboot-hash");
  expect([site.releases.list(), site.images.list()]).toEqual([[], []]);
  const added = await run("release.add", { envelope: carrying(sound), ...NAMES });
  expect(added).toMatchObject({ images: [expect.any(String)], warnings: ["image.built"] });
  expect(site.images.list()).toMatchObject([{ format: "mcuboot", built: "1.4.2+7", verified: "manifest" }]);
});

test("a release whose image is elsewhere lets it in by digest", async () => {
  await run("trust.add", { name: "acme", key: KEY });
  const claim = { name: "fw.bin", ...NAMES };
  const add = (): Promise<unknown> =>
    site.images.add(stream(), claim, "test", site.ledger).then(
      ({ verified }) => verified,
      ({ code }) => code,
    );
  expect(await add()).toBe("image.unsigned");
  expect(await run("release.add", { envelope: base64(release({}, AUTHOR)) })).toMatchObject({ images: [], awaited: 1 });
  expect(await add()).toBe("manifest");
});

async function* stream(): AsyncGenerator<Uint8Array> {
  yield IMAGE;
}

test("signatures that came in two files add up to what a rule asks for", async () => {
  const second = newSigner(-19);
  await run("trust.add", { name: "acme", key: KEY });
  await run("trust.add", { name: "second", key: base64(encodeKey(second, "public")) });
  await run("trust.require", { signers: 2 });
  const [one, two] = [base64(release({}, AUTHOR)), base64(release({}, second))];
  expect(await run("release.add", { envelope: one })).toBe("release.threshold");
  expect(await run("release.add", { envelope: one, more: [two] })).toMatchObject({ signers: 2, known: false });
  expect(await run("release.add", { envelope: one, more: [base64(release({ sequence: 2 }, second))] })).toBe(
    "release.other-manifest",
  );
});

test("a key with its rights, a threshold, and both taken away again", async () => {
  const rights = { vendors: ["fa6b4a53d5ad5fdfbe9de663e4d41ffe"], components: [["00"]] };
  await run("trust.add", { name: "acme", key: KEY, ...rights });
  expect(site.anchors.get("acme").rights).toEqual(rights);
  await run("release.add", { envelope: base64(release({}, AUTHOR)) });
  expect(await run("trust.require", { signers: 2 })).toMatchObject({ signers: 2, withdrawn: [expect.any(String)] });
  expect(await run("trust.require", { signers: 1 })).toMatchObject({ withdrawn: [] });
  expect(await run("trust.remove", { anchor: "acme" })).toMatchObject({ name: "acme" });
  expect(site.anchors.list()).toEqual([]);
});

test.each<[string, Readonly<Record<string, Json>>, string]>([
  ["trust.add", { name: "acme", key: "AAAA" }, "cose.key-file"],
  ["trust.add", { name: "acme", key: base64(encodeKey(AUTHOR, "private")) }, "anchor.unfit"],
  ["trust.add", { name: "acme", key: KEY, vendors: ["acme"] }, "command.argument"],
  ["trust.add", { name: "a\u001b[2J", key: KEY }, "command.argument"],
  ["trust.remove", { anchor: "acme" }, "anchor.unknown"],
  ["trust.require", { signers: 0 }, "command.argument"],
  ["release.add", { envelope: "not base64!" }, "command.argument"],
  ["release.add", { envelope: "" }, "cbor.truncated"],
  ["release.withdraw", { release: "00000000" }, "release.unknown"],
  ["release.withdraw", { release: "00000000", reason: "bored" }, "command.argument"],
])("%s with %j fails [%s]", async (op, args, code) => {
  expect(await run(op, args)).toBe(code);
});
