/**
 * The faults of a release that have a name each, and the one code that each is refused with: really signed envelopes, through
 * the command that brings releases in. docs/trust.md prints this table.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { trustHandlers } from "../../../gateway/app/trust/commands.ts";
import type { ErrorCode } from "../../../gateway/base/index.ts";
import { openFileImages } from "../../../gateway/store/index.ts";
import { createSign1, encodeKey } from "../../../gateway/wire/cose/index.ts";
import {
  addBlock,
  COMMAND,
  createEnvelope,
  encodeEnvelope,
  PARAMETER,
  SEVERABLE,
} from "../../../gateway/wire/suit/index.ts";
import {
  IMAGE,
  newSigner,
  override,
  plain,
  plannedEnvelope,
  plannedManifest,
  publicHalf,
  release,
  releaseWithImage,
  uint,
} from "../../support/signed-release.ts";
import { CLASS, inside, mapOf, type Raw, raw, rawInstall, rawManifest, VENDOR } from "../../support/suit-raw.ts";
import { openTrust, type TrustSite } from "../../support/trust-site.ts";

const AUTHOR = newSigner();
const STRANGER = newSigner();
const NOON = Date.parse("2026-11-21T12:00:00Z") / 1000;

/** An envelope around any manifest, and a true signature over its true digest. */
function signedAround(manifest: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(inside(manifest)).digest();
  const wrapped = inside([-16, digest]);
  const block = createSign1(wrapped, AUTHOR, { detached: true });
  return raw({ tag: 107, item: mapOf([2, inside([wrapped, block])], [3, manifest]) });
}
/** The same elements, written by hand. */
function byHand(entries: (parts: { wrapper: Uint8Array; manifest: Uint8Array }) => ReadonlyArray<readonly [Raw, Raw]>) {
  const { authentication, manifest } = plannedEnvelope({}, AUTHOR);
  const wrapper = inside([authentication.signed, ...authentication.blocks]);
  return raw({ tag: 107, item: mapOf(...entries({ wrapper, manifest: manifest.content })) });
}
const good = (): Uint8Array => release({}, AUTHOR);
const wrongTag = (): Uint8Array => {
  const bytes = good();
  bytes[1] = 108;
  return bytes;
};
const orphan = (): Uint8Array => {
  const { severable } = plannedEnvelope({ severable: [SEVERABLE.install] }, AUTHOR);
  return encodeEnvelope({ ...plannedEnvelope({}, AUTHOR), severable });
};
const unprotectedAlgorithm = (): Uint8Array => {
  const block = raw({ tag: 18, item: [new Uint8Array(0), mapOf([1, -9]), null, new Uint8Array(64)] });
  return encodeEnvelope(addBlock(createEnvelope(plannedManifest()), block));
};
const nested = (depth: number): Raw => (depth === 0 ? [3, 15] : [32, inside(nested(depth - 1))]);
const expired = (): Uint8Array =>
  release({ sequence: 6, shared: [override([PARAMETER.useBefore, uint(NOON)]), plain(COMMAND.useBefore)] }, AUTHOR);

/** What is wrong, the code, where it is said that this is wrong, the bytes. */
type Negative = readonly [what: string, code: ErrorCode, document: string, bytes: () => Uint8Array];
const NEGATIVES: readonly Negative[] = [
  ["wrong tag", "suit.tag", "suit-manifest-37 §8.2", wrongTag],
  ["trailing bytes", "cbor.trailing", "RFC 8949 §5.1", () => Buffer.concat([good(), Buffer.of(0)])],
  [
    "duplicate keys",
    "cbor.duplicate-key",
    "RFC 8949 §5.6",
    () =>
      byHand(({ wrapper, manifest }) => [
        [2, wrapper],
        [{ hex: "02" }, wrapper],
        [3, manifest],
      ]),
  ],
  [
    "unsorted keys",
    "cbor.key-order",
    "RFC 8949 §4.2.1",
    () =>
      byHand(({ wrapper, manifest }) => [
        [3, manifest],
        [2, wrapper],
      ]),
  ],
  ["orphan element", "suit.orphan", "suit-manifest-37 §8.6", orphan],
  [
    "zero authentication blocks",
    "suit.no-authentication",
    "suit-manifest-37 §6.2",
    () => encodeEnvelope(createEnvelope(plannedManifest())),
  ],
  ["algorithm only in the unprotected header", "cose.algorithm", "RFC 9052 §3.1", unprotectedAlgorithm],
  ["unknown command", "suit.command", "suit-manifest-37 §11.4", () => signedAround(rawInstall(200, 15))],
  [
    "unknown parameter",
    "suit.parameter",
    "suit-manifest-37 §11.5",
    () => signedAround(rawInstall(20, mapOf([200, 1]))),
  ],
  ["index out of range", "suit.index", "suit-manifest-37 §8.4.10.1", () => signedAround(rawInstall(12, 1))],
  [
    "fetch without URI",
    "suit.fetch-without-uri",
    "suit-manifest-37 §8.4.10.4",
    () => release({ install: [plain(COMMAND.fetch)] }, AUTHOR),
  ],
  [
    "custom command in the shared sequence",
    "suit.shared-custom",
    "suit-manifest-37 §8.4.11",
    () => signedAround(rawManifest([], { shared: [1, 15, 2, 15, -300, 15] })),
  ],
  [
    "recursion of 200",
    "suit.limit",
    "suit-manifest-37 §9",
    () => signedAround(rawManifest([[20, inside(nested(200))]])),
  ],
  [
    "lower sequence number",
    "release.sequence-lower",
    "suit-manifest-37 §8.4.2",
    () => release({ sequence: 4 }, AUTHOR),
  ],
  ["expired", "release.expired", "suit-update-management-14, use-before", expired],
  ["untrusted key", "release.untrusted-key", "suit-manifest-37 §6.2", () => release({}, STRANGER)],
  [
    "digest mismatch",
    "release.payload-digest",
    "suit-manifest-37 §7.5",
    () => releaseWithImage({}, IMAGE.subarray(1), AUTHOR),
  ],
  [
    "size mismatch",
    "release.payload-size",
    "suit-manifest-37 §7.5",
    () => releaseWithImage({ size: 7 }, IMAGE, AUTHOR),
  ],
  [
    "unknown dialect",
    "suit.dialect",
    "suit-manifest-37 §11.1",
    () =>
      byHand(({ wrapper, manifest }) => [
        [2, wrapper],
        [3, manifest],
        [17, inside([3, 15])],
      ]),
  ],
];

let folder: string;
let site: TrustSite;
let add: (envelope: Uint8Array) => Promise<unknown>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-negatives-"));
  site = await openTrust({ store: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  const handlers = trustHandlers({ desk: site.desk, images: site.images, recorder: site.ledger });
  const run = async (op: string, args: Readonly<Record<string, string>>): Promise<unknown> =>
    handlers.get(op)?.(args, "test");
  await run("trust.add", { name: "author", key: Buffer.from(encodeKey(AUTHOR, "public")).toString("base64") });
  add = (envelope) =>
    run("release.add", { envelope: Buffer.from(envelope).toString("base64"), model: "trv", version: "2" });
  await add(release({ sequence: 5, component: [Uint8Array.of(0)] }, AUTHOR));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(NEGATIVES)("%s is refused [%s] (%s), and nothing is changed", async (_what, code, _document, bytes) => {
  const facts = site.journal.last;
  const marks = [...site.releases.marks];
  await expect(add(bytes())).rejects.toMatchObject({ code });
  expect(site.journal.last).toBe(facts);
  expect([...site.releases.marks]).toEqual(marks);
  expect(site.releases.list()).toHaveLength(1);
  expect(site.images.list()).toEqual([]);
  expect((await readdir(folder, { recursive: true })).filter((name) => name !== ".incoming")).toEqual([]);
});

test("none of the faults shares its code with another one", () => {
  expect(new Set(NEGATIVES.map(([, code]) => code)).size).toBe(NEGATIVES.length);
});

test("what is wrong with each is the fault alone: without it they are believed", async () => {
  const sound = rawManifest([[20, inside(nested(2))]], {
    shared: [
      20,
      mapOf([1, VENDOR], [2, CLASS], [3, inside([-16, createHash("sha256").update(IMAGE).digest()])]),
      1,
      15,
      2,
      15,
    ],
  });
  const own = await openTrust({ store: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  await own.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await expect(own.desk.verify(signedAround(sound))).resolves.toMatchObject({ warnings: expect.anything() });
  for (const bytes of [good(), release({ sequence: 5 }, AUTHOR), releaseWithImage({}, IMAGE, AUTHOR)]) {
    await expect(own.desk.verify(bytes)).resolves.toBeDefined();
  }
});

test("docs/trust.md prints this table", () => {
  const text = readFileSync(new URL("../../../docs/trust.md", import.meta.url), "utf8");
  const [, section = ""] = /\n## What is refused\n([\s\S]*?)(?:\n## |$)/.exec(text) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  const printed = NEGATIVES.map(([what, code, document]) => `| ${what} | \`${code}\` | ${document} |`);
  expect(rows.slice(2)).toEqual(printed);
});
