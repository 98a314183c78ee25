/** draft-ietf-suit-manifest-37 §6, §8.3, §9 — which releases are believed, and the code of each refusal. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type ErrorCode, toHex } from "../../../gateway/base/index.ts";
import { beyond } from "../../../gateway/service/trust/index.ts";
import type { SigningRights } from "../../../gateway/store/index.ts";
import {
  createMac0,
  createSign,
  generateKey,
  HEADER_LABEL,
  newCurveKey,
  newSecret,
} from "../../../gateway/wire/cose/index.ts";
import {
  addBlock,
  COMMAND,
  createEnvelope,
  encodeEnvelope,
  type NewCommand,
  PARAMETER,
  reasonOfError,
  SEVERABLE,
  sever,
} from "../../../gateway/wire/suit/index.ts";
import {
  digestHex,
  digestOfImage,
  IMAGE,
  newSigner,
  override,
  plain,
  plannedEnvelope,
  plannedManifest,
  publicHalf,
  type ReleasePlan,
  release,
  releaseWithImage,
  signed,
  uint,
  words,
} from "../../support/signed-release.ts";
import { CLASS, inside, mapOf, raw, VENDOR } from "../../support/suit-raw.ts";
import { openTrust, type TrustSite } from "../../support/trust-site.ts";

const AUTHOR = newSigner();
const SECOND = newSigner(-19);
const STRANGER = newSigner();
/** May sign for devices of the vendor and for the component 00 only. */
const LIMITED = newSigner();
const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });

async function site(): Promise<TrustSite> {
  const made = await openTrust();
  await made.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await made.desk.add(publicHalf(SECOND), "second", {}, "test");
  const rights: SigningRights = { vendors: [toHex(VENDOR)], components: [["00"]] };
  await made.desk.add(publicHalf(LIMITED), "limited", rights, "test");
  return made;
}
let shared: TrustSite;
beforeAll(async () => {
  shared = await site();
});

const useBefore = (time: number): readonly NewCommand[] => [
  override([PARAMETER.useBefore, uint(time)]),
  plain(COMMAND.useBefore),
];
const NOON = Date.parse("2026-11-21T12:00:00Z") / 1000;
const bad = (at: number, good: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(good);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};
/** A COSE_Sign1 whose algorithm stands in the unprotected header only. */
const unprotectedAlgorithm = (): Uint8Array => {
  const envelope = createEnvelope(plannedManifest());
  const block = raw({ tag: 18, item: [new Uint8Array(0), mapOf([1, -9]), null, new Uint8Array(64)] });
  return encodeEnvelope(addBlock(envelope, block));
};
const attachedPayload = (): Uint8Array => {
  const envelope = createEnvelope(plannedManifest());
  return encodeEnvelope(signed(envelope, AUTHOR, { detached: false }));
};
const withMac = (): Uint8Array => {
  const envelope = createEnvelope(plannedManifest());
  const mac = createMac0(envelope.authentication.signed, newSecret(32), { detached: true });
  return encodeEnvelope(addBlock(envelope, mac));
};
const good = release({}, AUTHOR);
const severed = plannedEnvelope({ severable: [SEVERABLE.install] }, AUTHOR);
const orphan = (): Uint8Array => {
  const { severable } = plannedEnvelope({ severable: [SEVERABLE.install] }, AUTHOR);
  return encodeEnvelope({ ...plannedEnvelope({}, AUTHOR), severable });
};
const duplicateKey = (): Uint8Array => {
  const { authentication, manifest } = plannedEnvelope({}, AUTHOR);
  const wrapper = inside([authentication.signed, ...authentication.blocks]);
  return raw({ tag: 107, item: mapOf([2, wrapper], [{ hex: "02" }, wrapper], [3, manifest.content]) });
};
const otherManifest = (): Uint8Array =>
  encodeEnvelope({
    ...plannedEnvelope({}, AUTHOR),
    manifest: plannedEnvelope({ sequence: 2 }, AUTHOR).manifest,
  });

const REFUSED: ReadonlyArray<readonly [name: string, code: ErrorCode, bytes: () => Uint8Array]> = [
  ["the tag of something else", "suit.tag", () => bad(1, good)],
  ["bytes behind it", "cbor.trailing", () => Buffer.concat([good, Buffer.of(0)])],
  ["a key twice", "cbor.duplicate-key", duplicateKey],
  ["an element that nothing vouches for", "suit.orphan", orphan],
  ["no authentication block", "suit.no-authentication", () => encodeEnvelope(createEnvelope(plannedManifest()))],
  ["its algorithm in the unprotected header only", "cose.algorithm", unprotectedAlgorithm],
  ["its payload inside the block", "cose.content", attachedPayload],
  ["a MAC of a key that nobody here knows", "release.untrusted-key", withMac],
  ["a key that is not trusted", "release.untrusted-key", () => release({}, STRANGER)],
  ["another manifest than the signed one", "suit.manifest-digest", otherManifest],
  [
    "another install sequence than the signed one",
    "suit.severed-digest",
    () => {
      const { severable } = plannedEnvelope({ severable: [SEVERABLE.install], uri: "#other" }, AUTHOR);
      return encodeEnvelope({ ...severed, severable });
    },
  ],
  ["devices of a vendor that its signer has no right for", "release.rights", () => release({ vendor: CLASS }, LIMITED)],
  [
    "a component that its signer has no right for",
    "release.rights",
    () => release({ component: [Uint8Array.of(1)] }, LIMITED),
  ],
  [
    "a payload that is not the named one",
    "release.payload-digest",
    () => releaseWithImage({}, IMAGE.subarray(1), AUTHOR),
  ],
  ["a payload of another size than named", "release.payload-size", () => releaseWithImage({ size: 7 }, IMAGE, AUTHOR)],
  [
    "a payload without a digest in the manifest",
    "release.payload-unnamed",
    () => {
      const other = [override([PARAMETER.imageDigest, noSha256()])];
      return releaseWithImage({ shared: other }, IMAGE, AUTHOR);
    },
  ],
  ["an expiry that has passed", "release.expired", () => release({ shared: useBefore(NOON) }, AUTHOR)],
  ["a fetch without a URI", "suit.fetch-without-uri", () => release({ install: [plain(COMMAND.fetch)] }, AUTHOR)],
];
const noSha256 = (): ReturnType<typeof digestOfImage> => ({
  form: "digest",
  digest: { algorithm: -44, bytes: new Uint8Array(64) },
});

describe("SU-P1 SU-E4 SU-E5: suit-manifest-37 §6: a release is refused that has", () => {
  test.each(REFUSED)("%s [%s]", async (_name, code, bytes) => {
    const facts = shared.journal.last;
    await expect(shared.desk.accept(bytes(), {}, "test")).rejects.toEqual(coded(code));
    expect(shared.journal.last).toBe(facts);
    expect(reasonOfError(code)).toEqual(expect.any(String));
  });

  test("SU-E8: any of some thousand changed bits, wherever it is: severed or whole", async () => {
    for (const bytes of [good, encodeEnvelope(sever(severed, [SEVERABLE.install]))]) {
      for (let bit = 0; bit < bytes.length * 8; bit += 7) {
        const changed = new Uint8Array(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const verdict = await shared.desk.verify(changed).then(
          () => `accepted with bit ${bit} changed`,
          ({ blame }) => blame,
        );
        expect(["wire", "trust", "usage"]).toContain(verdict);
      }
    }
  });
});

describe("suit-manifest-37 §6: a release is believed", () => {
  test("SU-M10: and says for whom it is and which bytes it vouches for", async () => {
    const verified = await shared.desk.verify(good);
    expect(verified).toMatchObject({
      vendors: [toHex(VENDOR)],
      classes: [toHex(CLASS)],
      components: [["00"]],
      payloads: [{ digest: digestHex(IMAGE), size: IMAGE.length, uri: "#image" }],
      sequence: 1n,
      useBefore: undefined,
      warnings: [],
    });
    expect(verified.signers.map(({ name }) => name)).toEqual(["author"]);
  });

  test.each<[string, () => Uint8Array]>([
    ["with a signature of a stranger beside the one that counts", () => release({}, STRANGER, AUTHOR)],
    ["signed with Ed25519", () => release({}, SECOND)],
    ["signed by who may sign for just this", () => release({}, LIMITED)],
    ["without the sequence that was severed", () => encodeEnvelope(sever(severed, [SEVERABLE.install]))],
    ["before it expires", () => release({ shared: useBefore(NOON + 1) }, AUTHOR)],
    [
      "whose only expired arm is one of several",
      () => {
        const arm = (commands: readonly NewCommand[]): { readonly commands: readonly NewCommand[] } => ({ commands });
        const arms = [arm(useBefore(NOON - 1)), arm([plain(COMMAND.imageMatch)])];
        return release({ shared: [{ code: COMMAND.tryEach, argument: { kind: "try-each", arms } }] }, AUTHOR);
      },
    ],
  ])("%s", async (_name, bytes) => {
    await expect(shared.desk.verify(bytes())).resolves.toBeDefined();
  });

  test("SU-U1: um: of one that expires only while the time is known", async () => {
    const { desk, quality } = await site();
    const bytes = release({ shared: useBefore(NOON + 3600) }, AUTHOR);
    quality.synchronised = false;
    await expect(desk.verify(bytes)).rejects.toEqual(coded("release.clock"));
    await expect(desk.verify(good)).resolves.toBeDefined();
    quality.synchronised = true;
    await expect(desk.verify(bytes)).resolves.toBeDefined();
  });

  test("SU-M10: §8.4.10.2: every arm of a try-each that a device may take vouches for its image", async () => {
    const other = IMAGE.subarray(5);
    const arm = (slot: number, image: Uint8Array, uri: string): { readonly commands: readonly NewCommand[] } => ({
      commands: [
        override([PARAMETER.componentSlot, uint(slot)]),
        plain(COMMAND.componentSlot),
        override(
          [PARAMETER.imageDigest, digestOfImage(image)],
          [PARAMETER.imageSize, uint(image.length)],
          [PARAMETER.uri, words(uri)],
        ),
      ],
    });
    const arms = [arm(0, IMAGE, "#a"), arm(1, other, "#b")];
    const install: readonly NewCommand[] = [
      { code: COMMAND.tryEach, argument: { kind: "try-each", arms } },
      plain(COMMAND.fetch),
      plain(COMMAND.imageMatch),
    ];
    const { payloads } = await shared.desk.verify(release({ install }, AUTHOR));
    expect(payloads).toEqual([
      { digest: digestHex(IMAGE), size: IMAGE.length, uri: "#a" },
      { digest: digestHex(other), size: other.length, uri: "#b" },
    ]);
  });
});

describe("SU-E6: RFC 9052 §4.1: k of n", () => {
  const SCOPES: ReadonlyArray<
    readonly [string, { vendor?: string; class?: string }, plan: ReleasePlan, enough: boolean]
  > = [
    ["any release", {}, {}, false],
    ["the vendor of the release", { vendor: toHex(VENDOR) }, {}, false],
    ["its class", { class: toHex(CLASS) }, {}, false],
    ["another vendor", { vendor: toHex(CLASS) }, {}, true],
    ["any vendor, of a release that compares none", { vendor: toHex(CLASS) }, { asks: [] }, false],
    ["the class of another vendor", { vendor: toHex(CLASS), class: toHex(CLASS) }, {}, true],
  ];
  test.each(SCOPES)("two signatures for %s", async (_name, scope, plan, enough) => {
    const { desk } = await site();
    await desk.require({ ...scope, k: 2 }, "test");
    const one = desk.verify(release(plan, AUTHOR));
    if (enough) await expect(one).resolves.toBeDefined();
    else await expect(one).rejects.toEqual(coded("release.threshold"));
    await expect(desk.verify(release(plan, AUTHOR, SECOND))).resolves.toBeDefined();
  });

  test("two signatures of one key count once, and those without the right not at all", async () => {
    const { desk } = await site();
    await desk.require({ k: 2 }, "test");
    await expect(desk.verify(release({}, AUTHOR, AUTHOR))).rejects.toEqual(coded("release.threshold"));
    const elsewhere = { component: [Uint8Array.of(1)] };
    await expect(desk.verify(release(elsewhere, AUTHOR, LIMITED))).rejects.toEqual(coded("release.threshold"));
    await expect(desk.verify(release({}, AUTHOR, LIMITED))).resolves.toBeDefined();
  });
});

test("SU-C2: RFC 9052 §3.1: a kid is a hint that may be absent, on either side; of another key it counts for nothing", async () => {
  const kid = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
  const author = { ...newSigner(), kid: kid("a") };
  const { desk } = await openTrust();
  await desk.add(publicHalf(SECOND), "second", {}, "test");
  await desk.add(publicHalf(author), "author", {}, "test");
  const envelope = createEnvelope(plannedManifest());
  const named = (text: string): Uint8Array =>
    encodeEnvelope(
      signed(envelope, { ...author, kid: undefined }, { unprotected: new Map([[HEADER_LABEL.kid, kid(text)]]) }),
    );
  for (const bytes of [named("a"), encodeEnvelope(signed(envelope, { ...author, kid: undefined }))]) {
    await expect(desk.verify(bytes)).resolves.toMatchObject({ signers: [{ name: "author" }] });
  }
  await expect(desk.verify(named("b"))).rejects.toEqual(coded("release.untrusted-key"));
});

test("SU-C2 SU-M12: more signatures to try than anybody needs are refused before the first is tried", async () => {
  const { desk } = await openTrust();
  for (let count = 0; count < 33; count += 1) await desk.add(publicHalf(newSigner(-19)), `${count}`, {}, "test");
  const envelope = createEnvelope(plannedManifest());
  const crowded = createSign(
    envelope.authentication.signed,
    Array.from({ length: 16 }, () => ({ key: AUTHOR })),
    {
      detached: true,
    },
  );
  await expect(desk.verify(encodeEnvelope(addBlock(envelope, crowded)))).rejects.toEqual(coded("release.limit"));
  const few = createSign(envelope.authentication.signed, [{ key: AUTHOR }], { detached: true });
  await desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await expect(desk.verify(encodeEnvelope(addBlock(envelope, few)))).resolves.toBeDefined();
});

test.each<[string, SigningRights, string | undefined]>([
  ["no limits", {}, undefined],
  ["the vendor", { vendors: ["aa"] }, undefined],
  ["another vendor", { vendors: ["bb"] }, "the vendor aa"],
  ["a class, and the release names none", { classes: ["cc"] }, "devices of any class"],
  ["a prefix of one component", { components: [["00"]] }, "the component 01/02"],
  ["a prefix of each component", { components: [["00"], ["01"]] }, undefined],
  ["no component", { components: [] }, "the component 00"],
])("SU-M9: suit-manifest-37 §9: rights for %s", (_name, rights, missing) => {
  const scope = { vendors: ["aa"], classes: [], components: [["00"], ["01", "02"]], unasked: [] };
  expect(beyond(rights, scope)).toBe(missing);
});

test.each([
  ["a shared secret", () => generateKey(5)],
  ["a key for key agreement", () => publicHalf(newCurveKey("X25519"))],
  ["a key with its private half", () => newSigner()],
])("%s is no trust anchor", async (_name, make) => {
  const { desk } = await openTrust();
  await expect(desk.add(make(), "author", {}, "test")).rejects.toEqual(coded("anchor.unfit"));
});

test("a key is trusted once, and under a name of its own", async () => {
  const { desk } = await site();
  await expect(desk.add(publicHalf(AUTHOR), "again", {}, "test")).rejects.toEqual(coded("anchor.exists"));
  await expect(desk.add(publicHalf(STRANGER), "author", {}, "test")).rejects.toEqual(coded("anchor.name"));
  await expect(desk.remove("nobody", "test")).rejects.toEqual(coded("anchor.unknown"));
});
