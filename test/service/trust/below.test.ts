/** suit-trust-domains — releases that bring others along, and signatures that come in several envelopes. */
import { describe, expect, test } from "@jest/globals";
import { type ErrorCode, toHex } from "../../../gateway/base/index.ts";
import { createRelease, readPlan, signEnvelope } from "../../../gateway/service/trust/author/index.ts";
import { MAX_BELOW, mergeEnvelopes } from "../../../gateway/service/trust/index.ts";
import { type CoseKey, decodeMessage, kidOf, newCurveKey, thumbprint } from "../../../gateway/wire/cose/index.ts";
import {
  COMMAND,
  createEnvelope,
  dropBlocks,
  type Envelope,
  encodeEnvelope,
  integrate,
  PARAMETER,
  readEnvelope,
  SEVERABLE,
  sever,
} from "../../../gateway/wire/suit/index.ts";
import {
  digestHex,
  newSigner,
  override,
  plain,
  plannedEnvelope,
  plannedManifest,
  publicHalf,
  signed,
  words,
} from "../../support/signed-release.ts";
import { openTrust } from "../../support/trust-site.ts";

const HOUSE = newSigner();
/** Of the radio's maker: for its components alone. */
const RADIO = newSigner(-19);
const STRANGER = newSigner();
const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });
const hex = (text: string): string => Buffer.from(text).toString("hex");
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(`image ${name}`));
const IMAGES = new Map(["app", "radio"].map((name) => [name, bytesOf(name)]));

const HEAD = "vendor: acme.example\nmodel: valve-2\nversion: 1.0\nname: Valve\n";
const made = (plan: string, sequence: bigint, below: ReadonlyMap<string, Uint8Array> = new Map()): Envelope =>
  createRelease(readPlan(HEAD + plan, "plan.yaml"), IMAGES, sequence, { dependencies: below }).envelope;
const by = (envelope: Envelope, ...keys: readonly CoseKey[]): Uint8Array =>
  encodeEnvelope(keys.reduce<Envelope>((one, key) => signEnvelope(one, { name: "key", key }), envelope));

const radio = (sequence: bigint): Envelope =>
  made('manifest-id: radio.suit\ncomponents: [{id: radio, file: radio, uri: "#radio", integrated: true}]', sequence);
const house = (sequence: bigint, below: Uint8Array): Envelope =>
  made(
    "components: [{id: app, file: app, uri: coap://a/app}]\ndependencies: [{file: radio.suit}]",
    sequence,
    new Map([["radio.suit", below]]),
  );

/** The house may sign for its own component and for the place of the manifest below. */
async function site() {
  const trust = await openTrust();
  const components = [[hex("app")], [hex("radio.suit")]];
  await trust.desk.add(publicHalf(HOUSE), "house", { components }, "test");
  const own = [[hex("radio")], [hex("radio.suit")]];
  await trust.desk.add(publicHalf(RADIO), "radio", { components: own }, "test");
  return trust;
}

describe("SU-T5: suit-trust-domains: a manifest below another", () => {
  test("is vouched for by its own signer where those above it may not", async () => {
    const { desk } = await site();
    const verified = await desk.verify(by(house(1n, by(radio(1n), RADIO)), HOUSE));
    expect(verified.signers.map(({ name }) => name)).toEqual(["house"]);
    expect(verified.believed).toMatchObject([{ sequence: 1n, signers: [{ name: "radio" }] }]);
    expect(verified.payloads.map(({ uri, digest }) => [uri, digest])).toEqual([
      ["#radio", digestHex(bytesOf("radio"))],
      ["coap://a/app", digestHex(bytesOf("app"))],
    ]);
  });

  test("needs no signature where those above it may sign for all that it touches", async () => {
    const { desk } = await openTrust();
    await desk.add(publicHalf(HOUSE), "house", {}, "test");
    const verified = await desk.verify(by(house(1n, by(radio(1n))), HOUSE));
    expect(verified.believed).toMatchObject([{ signers: [{ name: "house" }] }]);
  });

  const REFUSED: ReadonlyArray<readonly [name: string, code: ErrorCode, below: () => Uint8Array]> = [
    ["it is signed by nobody", "release.below", () => by(radio(1n))],
    ["it is signed by a stranger", "release.below", () => by(radio(1n), STRANGER)],
    ["its own signer may not either", "release.below", () => by(radio(1n), HOUSE)],
    [
      "its payload is another one",
      "release.payload-digest",
      () => by(integrate(radio(1n), "#radio", bytesOf("app")), RADIO),
    ],
  ];
  test.each(REFUSED)("is refused when %s [%s]", async (_name, code, below) => {
    const { desk } = await site();
    await expect(desk.verify(by(house(1n, below()), HOUSE))).rejects.toEqual(coded(code));
  });

  test("is refused when what came along is no envelope of it", async () => {
    const { desk } = await site();
    const whole = house(1n, by(radio(1n), RADIO));
    const broken = integrate(whole, "#radio.suit", bytesOf("app"));
    await expect(desk.verify(by(broken, HOUSE))).rejects.toEqual(coded("cbor.type"));
    const other = integrate(whole, "#radio.suit", by(radio(2n), RADIO));
    // Its digest is another one: nobody processes it, and nobody vouches for its payload.
    await expect(desk.verify(by(other, HOUSE))).rejects.toEqual(coded("release.payload-unnamed"));
  });

  test("SU-M2: §8.4.2: has a number of its own, which does not sink whatever stands above it", async () => {
    const { desk, releases, file } = await site();
    const names = { model: "valve-2", version: "1" };
    await desk.accept(by(house(1n, by(radio(5n), RADIO)), HOUSE), names, "test");
    const lower = by(house(2n, by(radio(4n), RADIO)), HOUSE);
    await expect(desk.accept(lower, names, "test")).rejects.toEqual(coded("release.sequence-lower"));
    await desk.accept(by(house(2n, by(radio(5n), RADIO)), HOUSE), names, "test");
    const marks = [...releases.marks].filter(([name]) => name.includes(hex("radio.suit")));
    expect(marks.map(([, { sequence }]) => sequence).sort()).toEqual([2n, 5n]);
    expect(await file.read()).toContain(hex("radio.suit"));
  });

  test("SU-T6 SU-E12: §7.5: its image comes in, and the envelope is kept without it and still believed", async () => {
    const { desk, releases } = await site();
    const { images, release } = await desk.accept(
      by(house(1n, by(radio(1n), RADIO)), HOUSE),
      { model: "valve-2", version: "1" },
      "test",
    );
    expect(images.map(({ uri, size }) => [uri, size])).toEqual([["#radio", bytesOf("radio").length]]);
    const kept = readEnvelope(release.envelope).integrated.get("#radio.suit");
    expect(readEnvelope(kept!).integrated.size).toBe(0);
    expect(await desk.begin()).toEqual([]);
    await desk.remove("radio", "test");
    expect(releases.get(release.id).withdrawn?.reason).toBe("untrusted");
  });

  test("at most 16 of them are opened", async () => {
    const { desk } = await site();
    const many = Array.from({ length: MAX_BELOW + 1 }, (_, index) => `r${index}.suit`);
    const plan = `dependencies: [${many.map((file) => `{file: ${file}, id: ${file}}`).join(", ")}]`;
    const below = new Map(many.map((file, index) => [file, by(radio(BigInt(index)))]));
    await expect(desk.verify(by(made(plan, 1n, below), HOUSE))).rejects.toEqual(coded("release.limit"));
  });
});

describe("SU-E7: suit-manifest-37 Appendix C.1: envelopes of one manifest", () => {
  const SECOND = newSigner(-19);
  const envelope = plannedEnvelope({ severable: [SEVERABLE.install] });
  const one = encodeEnvelope(sever(signed(envelope, HOUSE), [SEVERABLE.install]));
  const two = encodeEnvelope(signed(envelope, SECOND));

  test("add up to k of n, whichever comes first", async () => {
    const { desk } = await openTrust();
    await desk.add(publicHalf(HOUSE), "house", {}, "test");
    await desk.add(publicHalf(SECOND), "second", {}, "test");
    await desk.require({ k: 2 }, "test");
    await expect(desk.verify(one)).rejects.toEqual(coded("release.threshold"));
    await expect(desk.verify(two)).rejects.toEqual(coded("release.threshold"));
    for (const both of [mergeEnvelopes([one, two]), mergeEnvelopes([two, one, one])]) {
      expect((await desk.verify(both)).signers).toHaveLength(2);
      expect(readEnvelope(both).severable.size).toBe(1);
    }
    expect(mergeEnvelopes([one])).toEqual(one);
  });

  test("are of one manifest, and have no more signatures than one envelope", () => {
    const other = encodeEnvelope(plannedEnvelope({ sequence: 2 }, HOUSE));
    expect(() => mergeEnvelopes([one, other])).toThrow(coded("release.other-manifest") as Error);
    const crowded = Array.from({ length: 9 }, () => encodeEnvelope(signed(envelope, HOUSE)));
    expect(() => mergeEnvelopes(crowded)).toThrow(coded("suit.limit") as Error);
    const bare = encodeEnvelope(dropBlocks(envelope, () => false));
    expect(mergeEnvelopes([bare, two])).toEqual(two);
  });
});

describe("SU-C2: RFC 9052 §3.1: a kid", () => {
  const kidIn = (envelope: Envelope): Uint8Array | undefined =>
    kidOf(decodeMessage(envelope.authentication.blocks[0] ?? new Uint8Array(0)).headers);
  const bare = createEnvelope(plannedManifest());
  const text = new Uint8Array(Buffer.from("build-1"));

  test("is written where it is asked for: the key's own, its thumbprint, or what the author says", () => {
    const key = { ...HOUSE, kid: text };
    expect(kidIn(signEnvelope(bare, { name: "k", key: HOUSE }))).toBeUndefined();
    expect(kidIn(signEnvelope(bare, { name: "k", key: HOUSE }, { kid: "own" }))).toEqual(thumbprint(HOUSE));
    expect(kidIn(signEnvelope(bare, { name: "k", key }, { kid: "own" }))).toEqual(text);
    expect(kidIn(signEnvelope(bare, { name: "k", key: HOUSE }, { kid: text }))).toEqual(text);
    const other = { kid: new Uint8Array(Buffer.from("other")) };
    expect(() => signEnvelope(bare, { name: "k", key }, other)).toThrow(coded("suit.usage") as Error);
  });

  test("of a thumbprint finds its key among many", async () => {
    const { desk } = await openTrust();
    for (let count = 0; count < 5; count += 1) await desk.add(publicHalf(newSigner()), `${count}`, {}, "test");
    await desk.add(publicHalf(HOUSE), "house", {}, "test");
    const bytes = encodeEnvelope(signEnvelope(bare, { name: "k", key: HOUSE }, { kid: "own" }));
    expect((await desk.verify(bytes)).signers.map(({ id }) => id)).toEqual([toHex(thumbprint(HOUSE))]);
  });
});

test("SU-F5: suit-firmware-encryption: the ciphertext is the image of the release, and it says what it becomes", async () => {
  const { desk, releases } = await openTrust();
  await desk.add(publicHalf(HOUSE), "house", {}, "test");
  const plan = "components: [{id: fw, file: app, uri: coap://a/1, staged-in: flash, encrypt-for: [node]}]";
  const recipients = new Map([["node", publicHalf(newCurveKey("P-256"))]]);
  const { envelope, ciphertexts } = createRelease(readPlan(HEAD + plan, "plan.yaml"), IMAGES, 1n, { recipients });
  await desk.accept(by(envelope, HOUSE), {}, "test");
  const sealed = digestHex(ciphertexts[0]?.bytes ?? new Uint8Array(0));
  expect(releases.standing()[0]?.payloads).toEqual([
    { digest: sealed, size: ciphertexts[0]?.bytes.length, uri: "coap://a/1", becomes: digestHex(bytesOf("app")) },
  ]);
  expect(releases.becomes(sealed)).toBe(digestHex(bytesOf("app")));
  // What it becomes is no image that anybody may bring in or be offered.
  expect(releases.naming(digestHex(bytesOf("app")))).toEqual([]);
});

test("SU-T6: suit-manifest-37 §8.4.10.4: a manifest that only names a URI below it is believed without it", async () => {
  const { desk } = await site();
  const shared = [override([PARAMETER.uri, words("coap://a/below.suit")])];
  const manifest = plannedManifest({ component: [Buffer.from("app")], shared });
  const below = { ...manifest.common, components: [[Buffer.from("app")], [Buffer.from("radio.suit")]] };
  const named = {
    ...manifest,
    common: { ...below, dependencies: new Map([[1, { prefix: undefined }]]), shared: { commands: [] } },
    sequences: new Map([
      [
        "dependencyResolution" as const,
        {
          here: {
            commands: [
              { code: COMMAND.setComponentIndex, argument: { kind: "index", index: 1 } } as const,
              ...shared,
              plain(COMMAND.fetch),
            ],
          },
        },
      ],
    ]),
  };
  const verified = await desk.verify(encodeEnvelope(signed(createEnvelope(named), HOUSE)));
  expect([verified.payloads, verified.believed]).toEqual([[], []]);
});
