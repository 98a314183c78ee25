/** What becomes of releases that were believed: numbers, removal of an anchor, withdrawal, restart, and their images. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { type ErrorCode, millis, toHex } from "../../../gateway/base/index.ts";
import { labOver, type Releases, suitTrust } from "../../../gateway/service/trust/index.ts";
import { smallFile } from "../../../gateway/store/index.ts";
import { encodeEnvelope, readEnvelope, SEVERABLE, sever } from "../../../gateway/wire/suit/index.ts";
import {
  digestHex,
  IMAGE,
  newSigner,
  plannedEnvelope,
  publicHalf,
  release,
  releaseWithImage,
} from "../../support/signed-release.ts";
import { CLASS } from "../../support/suit-raw.ts";
import { memoryFile, openTrust, type TrustSite } from "../../support/trust-site.ts";

const AUTHOR = newSigner();
const SECOND = newSigner(-19);
const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });
const NAMES = { model: "trv", version: "2.0.0" };

async function site(): Promise<TrustSite> {
  const made = await openTrust();
  await made.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await made.desk.add(publicHalf(SECOND), "second", {}, "test");
  return made;
}
const accept = ({ desk }: TrustSite, bytes: Uint8Array): ReturnType<TrustSite["desk"]["accept"]> =>
  desk.accept(bytes, NAMES, "test");
const idOf = (bytes: Uint8Array): string => toHex(readEnvelope(bytes).authentication.digest.bytes);
const believes = (releases: Releases, size = IMAGE.length): Promise<string> =>
  suitTrust(releases)
    .accept({ name: "fw", model: "trv", version: "2", digest: digestHex(IMAGE), size })
    .catch(({ code }) => code);

test("SU-M2: suit-manifest-37 §8.4.2: numbers do not sink, and each is used by one release", async () => {
  const made = await site();
  const first = release({ sequence: 5 }, AUTHOR);
  expect(await accept(made, first)).toMatchObject({ isNew: true });
  expect(await accept(made, first)).toMatchObject({ isNew: false });
  await expect(accept(made, release({ sequence: 4 }, AUTHOR))).rejects.toEqual(coded("release.sequence-lower"));
  await expect(accept(made, release({ sequence: 5, setVersion: [2] }, AUTHOR))).rejects.toEqual(
    coded("release.sequence-reused"),
  );
  // Another class, another component, another signer: numbers of their own.
  await accept(made, release({ sequence: 1, class: new Uint8Array(16) }, AUTHOR));
  await accept(made, release({ sequence: 1, component: [Uint8Array.of(7)] }, AUTHOR));
  await accept(made, release({ sequence: 1 }, SECOND));
  await accept(made, release({ sequence: 2n ** 64n - 1n }, AUTHOR));
  await expect(accept(made, release({ sequence: 2n ** 64n - 2n }, AUTHOR))).rejects.toEqual(
    coded("release.sequence-lower"),
  );
});

test("SU-M2: of two signers, each one's number holds", async () => {
  const made = await site();
  await accept(made, release({ sequence: 9 }, SECOND));
  await expect(accept(made, release({ sequence: 8 }, AUTHOR, SECOND))).rejects.toEqual(coded("release.sequence-lower"));
  await accept(made, release({ sequence: 8 }, AUTHOR));
});

test("two at the same moment with one number: one of them is believed", async () => {
  const made = await site();
  const both = [release({ sequence: 5 }, AUTHOR), release({ sequence: 5, setVersion: [2] }, AUTHOR)];
  const settled = await Promise.allSettled(both.map((bytes) => accept(made, bytes)));
  expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("SU-E7: signatures and severed elements of one manifest add up", async () => {
  const made = await site();
  const plan = { severable: [SEVERABLE.install] };
  const severed = encodeEnvelope(sever(plannedEnvelope(plan, AUTHOR), [SEVERABLE.install]));
  await accept(made, severed);
  const { release: known, isNew } = await accept(made, release(plan, SECOND));
  expect(isNew).toBe(true);
  const envelope = readEnvelope(known.envelope);
  expect(envelope.authentication.blocks).toHaveLength(2);
  expect([...envelope.severable.keys()]).toEqual([SEVERABLE.install]);
  expect(known.signers).toHaveLength(2);
  expect(await accept(made, severed)).toMatchObject({ isNew: false });
});

test("without the key of its only signer a release is withdrawn; one with another signer stays", async () => {
  const made = await site();
  const alone = release({ sequence: 1 }, AUTHOR);
  const together = release({ sequence: 2 }, AUTHOR, SECOND);
  await accept(made, alone);
  await accept(made, together);
  expect(await believes(made.releases)).toBe("manifest");
  expect((await made.desk.remove("author", "test")).withdrawn.map(({ id }) => id)).toEqual([idOf(alone)]);
  expect(made.releases.standing().map(({ id }) => id)).toEqual([idOf(together)]);
  await made.desk.remove("second", "test");
  expect(await believes(made.releases)).toBe("image.unsigned");
  // The key was removed by mistake: what it had signed comes back with it, and no older one.
  await made.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await accept(made, together);
  await expect(accept(made, alone)).rejects.toEqual(coded("release.sequence-lower"));
  expect(await believes(made.releases)).toBe("manifest");
});

test("a threshold that rises withdraws what has too few signatures", async () => {
  const made = await site();
  await accept(made, release({ sequence: 1 }, AUTHOR));
  await accept(made, release({ sequence: 2, class: new Uint8Array(16) }, AUTHOR, SECOND));
  expect(await made.desk.require({ class: toHex(CLASS), k: 2 }, "test")).toHaveLength(1);
  expect(await made.desk.require({ k: 2 }, "test")).toHaveLength(0);
  await expect(made.desk.require({ k: 9 }, "test")).rejects.toEqual(coded("anchor.limit"));
});

test.each(["revoked", "quarantined"] as const)("a release that was %s does not come back", async (reason) => {
  const made = await site();
  const bytes = release({ sequence: 1 }, AUTHOR);
  await accept(made, bytes);
  await made.desk.withdraw(idOf(bytes).slice(0, 8), reason, "test");
  expect(await believes(made.releases)).toBe("image.unsigned");
  await expect(accept(made, bytes)).rejects.toEqual(coded("release.withdrawn"));
  expect(made.releases.find(idOf(bytes))).toMatchObject({ withdrawn: { reason }, envelope: new Uint8Array(0) });
  // Once a higher number is used it cannot come back anyway, and is forgotten.
  await accept(made, release({ sequence: 2 }, AUTHOR));
  expect(made.releases.find(idOf(bytes))).toBeUndefined();
  await expect(accept(made, bytes)).rejects.toEqual(coded("release.sequence-lower"));
  await expect(made.desk.withdraw("00".repeat(32), reason, "test")).rejects.toEqual(coded("release.unknown"));
});

test("an image is believed by digest and size; in lab mode any is, and told apart", async () => {
  const made = await site();
  await accept(made, release({}, AUTHOR));
  expect(await believes(made.releases)).toBe("manifest");
  expect(await believes(made.releases, 7)).toBe("image.size");
  const lab = labOver(made.releases);
  const image = { name: "fw", model: "trv", version: "2", digest: digestHex(IMAGE), size: IMAGE.length };
  expect(await lab.accept(image)).toBe("manifest");
  expect(await lab.accept({ ...image, digest: "00".repeat(32) })).toBe("lab");
});

test("SU-E12: §7.5: a payload that came along is handed over, and is not kept a second time", async () => {
  const made = await site();
  const bytes = releaseWithImage({}, IMAGE, AUTHOR);
  await expect(made.desk.accept(bytes, {}, "test")).rejects.toEqual(coded("release.unnamed"));
  const { images, release: known } = await accept(made, bytes);
  expect(images).toEqual([
    { uri: "#image", digest: digestHex(IMAGE), size: IMAGE.length, bytes: new Uint8Array(IMAGE) },
  ]);
  expect(readEnvelope(known.envelope).integrated.size).toBe(0);
  expect(idOf(known.envelope)).toBe(known.id);
  // Killed before the image was stored, the same command hands it over again.
  expect(await accept(made, bytes)).toMatchObject({ isNew: false, images });
});

test("a restart knows it all: from the journal, and from what was committed", async () => {
  const made = await site();
  const [first, second] = [release({ sequence: 5 }, AUTHOR), release({ sequence: 6 }, AUTHOR, SECOND)];
  await accept(made, first);
  await made.desk.require({ vendor: "00".repeat(16), k: 2 }, "test");
  await made.ledger.checkpoint();
  await accept(made, second);
  await made.desk.withdraw(idOf(first), "revoked", "test");
  for (const again of [await openTrust({ ...made }), await openTrust({ journal: made.journal, file: made.file })]) {
    expect(again.releases.list()).toEqual(made.releases.list());
    expect(again.anchors.list().map(({ id, name }) => [id, name])).toEqual(
      made.anchors.list().map(({ id, name }) => [id, name]),
    );
    expect(again.anchors.thresholds()).toEqual(made.anchors.thresholds());
    expect(again.marks.size).toBe(made.marks.size);
    expect(await again.desk.begin()).toEqual([]);
    await expect(accept(again, first)).rejects.toMatchObject({ blame: "trust" });
    expect(await believes(again.releases)).toBe("manifest");
  }
});

test("SU-M2: the journal is lost: the file knows how far the numbers went, and the next journal learns it from there", async () => {
  const made = await site();
  await accept(made, release({ sequence: 5 }, AUTHOR));
  const next = await openTrust({ file: made.file });
  await next.desk.begin();
  await next.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await expect(accept(next, release({ sequence: 4 }, AUTHOR))).rejects.toEqual(coded("release.sequence-lower"));
  const again = await openTrust({ journal: next.journal });
  await expect(accept(again, release({ sequence: 4 }, AUTHOR))).rejects.toEqual(coded("release.sequence-lower"));
  await accept(again, release({ sequence: 5 }, AUTHOR));
});

test("times that were taken by a clock that was wrong move with it", async () => {
  const made = await site();
  const since = made.clock.now();
  await accept(made, release({ sequence: 1 }, AUTHOR));
  await made.desk.withdraw(made.releases.list()[0]?.id ?? "", "revoked", "test");
  await made.ledger.record("clock.state", { synchronised: true, why: "told", since, step: millis(1000) });
  expect(made.releases.list()).toMatchObject([{ accepted: since + 1000, withdrawn: { at: since + 1000 } }]);
  expect(made.anchors.list().map(({ added }) => added)).toEqual([since + 1000, since + 1000]);
});

test("killed between the removal of a key and what follows from it, the next start goes on", async () => {
  const made = await site();
  await accept(made, release({}, AUTHOR));
  const { id: anchor, name } = made.anchors.get("author");
  await made.ledger.record("trust.anchor-removed", { anchor, name, actor: "test" });
  const again = await openTrust({ ...made });
  expect(await again.desk.begin()).toHaveLength(1);
  expect(again.releases.standing()).toEqual([]);
});

test("a folder for the marks that is not there, or a disk that is full, refuses the release and believes nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-marks-"));
  const path = join(folder, "sequence-marks");
  const made = await openTrust({ file: smallFile(path) });
  await made.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await accept(made, release({ sequence: 1 }, AUTHOR));
  expect(await smallFile(path).read()).toBe(await made.file.read());
  await rm(folder, { recursive: true });
  await expect(accept(made, release({ sequence: 2 }, AUTHOR))).rejects.toEqual(coded("keys.missing"));
  expect(made.releases.standing()).toHaveLength(1);
  const broken = await openTrust({
    journal: made.journal,
    file: { ...memoryFile(), write: async () => Promise.reject(new Error("full")) },
  }).catch(() => undefined);
  expect(broken).toBeUndefined();
});
