/** draft-ietf-suit-manifest-09 as RIOT reads it: whose releases are believed, by the same keys, rights and marks as all others. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type ErrorCode, fromHex, isCoded, toHex } from "../../../gateway/base/index.ts";
import { measure, readPlan, signEnvelope } from "../../../gateway/service/trust/author/index.ts";
import { createForRiot } from "../../../gateway/service/trust/author/riot.ts";
import { authenticateRelease } from "../../../gateway/service/trust/index.ts";
import { type CoseKey, createSign1 } from "../../../gateway/wire/cose/index.ts";
import { addBlock, type Envelope, encodeEnvelope } from "../../../gateway/wire/suit/index.ts";
import { inDrill } from "../../support/drill.ts";
import { digestHex, IMAGE, newSigner, publicHalf } from "../../support/signed-release.ts";
import { openTrust, type TrustSite } from "../../support/trust-site.ts";

const ED25519 = -19;
const AUTHOR = newSigner(ED25519);
const SECOND = newSigner(ED25519);
const LIMITED = newSigner(ED25519);
const STRANGER = newSigner(ED25519);
const URI = "coap://[fd00::1]/f/1ab2c3";
const VENDOR = "0637e301e05d505b8267486f5677de9b";
const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });

const unsigned = (sequence = 7n, model = "valve-2"): Envelope => {
  const plan = readPlan(
    `{dialect: riot-09, vendor: acme.example, model: ${model}, components: [{file: app, uri: "${URI}"}]}`,
    "plan",
  );
  return createForRiot(plan, new Map([["app", measure(IMAGE)]]), sequence);
};
const signedBy = (envelope: Envelope, ...keys: readonly CoseKey[]): Uint8Array =>
  encodeEnvelope(keys.reduce((one, key) => signEnvelope(one, { name: "key", key }), envelope));

async function site(): Promise<TrustSite> {
  const made = await openTrust();
  await made.desk.add(publicHalf(AUTHOR), "author", {}, "test");
  await made.desk.add(publicHalf(SECOND), "second", {}, "test");
  await made.desk.add(publicHalf(LIMITED), "limited", { vendors: ["00".repeat(16)] }, "test");
  return made;
}
let shared: TrustSite;
beforeAll(async () => {
  shared = await site();
});

test("a release is believed as its author made it, and names its image", async () => {
  const { desk, releases } = await site();
  const bytes = signedBy(unsigned(), AUTHOR);
  const { release, isNew } = await desk.accept(bytes, { model: "valve-2", version: "1.4.2" }, "test");
  expect(isNew).toBe(true);
  expect(toHex(release.envelope)).toBe(toHex(bytes));
  expect(release).toMatchObject({
    sequence: "7",
    vendors: [VENDOR],
    components: [["00"]],
    payloads: [{ digest: digestHex(IMAGE), size: IMAGE.length, uri: URI }],
  });
  expect(releases.naming(digestHex(IMAGE))).toHaveLength(1);
  expect((await desk.accept(bytes, {}, "test")).isNew).toBe(false);
});

test("suit-manifest-09 §8.4: numbers go up, and one number is for one manifest", async () => {
  const { desk } = await site();
  await desk.accept(signedBy(unsigned(7n), AUTHOR), {}, "test");
  const other = new Map([["app", measure(Uint8Array.of(1, 2, 3))]]);
  const plan = readPlan(
    `{dialect: riot-09, vendor: acme.example, model: valve-2, components: [{file: app, uri: "${URI}"}]}`,
    "plan",
  );
  const again = signedBy(createForRiot(plan, other, 7n), AUTHOR);
  await expect(desk.accept(again, {}, "test")).rejects.toEqual(coded("release.sequence-reused"));
  await expect(desk.accept(signedBy(unsigned(6n), AUTHOR), {}, "test")).rejects.toEqual(
    coded("release.sequence-lower"),
  );
  await desk.accept(signedBy(unsigned(8n), AUTHOR), {}, "test");
});

test("signatures of one manifest that come in two envelopes add up", async () => {
  const { desk, releases } = await site();
  await desk.accept(signedBy(unsigned(), AUTHOR), {}, "test");
  const { release } = await desk.accept(signedBy(unsigned(), SECOND), {}, "test");
  expect(release.signers).toHaveLength(2);
  await desk.require({ k: 2 }, "test");
  expect(releases.standing()).toHaveLength(1);
});

describe("what is not believed", () => {
  const rows: ReadonlyArray<readonly [what: string, bytes: () => Uint8Array, code: ErrorCode]> = [
    ["no signature", () => encodeEnvelope(unsigned()), "suit.no-authentication"],
    ["that of a stranger", () => signedBy(unsigned(), STRANGER), "release.untrusted-key"],
    ["that of somebody without the right", () => signedBy(unsigned(), LIMITED), "release.rights"],
    [
      "a signature for draft -37 over the same digest",
      () => {
        const open = unsigned();
        const modern = fromHex(toHex(open.authentication.signed).replace(/^8202/, "822f"))!;
        return encodeEnvelope(addBlock(open, createSign1(modern, AUTHOR, { algorithm: -8 })));
      },
      "suit.digest-algorithm",
    ],
    [
      "a signature over a detached digest",
      () => {
        const open = unsigned();
        const { signed } = open.authentication;
        return encodeEnvelope(addBlock(open, createSign1(signed, AUTHOR, { algorithm: -8, detached: true })));
      },
      "suit.malformed",
    ],
    [
      "the manifest of another release",
      () => {
        const other = { ...unsigned(9n), authentication: { ...unsigned(7n).authentication } };
        const block = createSign1(other.authentication.signed, AUTHOR, { algorithm: -8 });
        return encodeEnvelope(addBlock(other, block));
      },
      "suit.manifest-digest",
    ],
  ];
  test.each(rows)("%s", async (_what, bytes, code) => {
    await expect(shared.desk.verify(bytes())).rejects.toEqual(coded(code));
  });
});

test("RIOT verifies Ed25519 only: another key signs nothing", () => {
  expect(() => signEnvelope(unsigned(), { name: "author.pem", key: newSigner(-9) })).toThrow(
    expect.objectContaining({ code: "riot.key" }),
  );
  const signed = signEnvelope(unsigned(), { name: "author.pem", key: AUTHOR });
  expect(() => signEnvelope(signed, { name: "author.pem", key: AUTHOR })).toThrow(
    expect.objectContaining({ code: "release.signed" }),
  );
});

test("suit-manifest-09 §8.3: of a signed envelope no byte can be changed", async () => {
  const good = signedBy(unsigned(), AUTHOR);
  await authenticateRelease(good, shared.anchors);
  const accepted: string[] = [];
  for (let at = 0; at < good.length; at++) {
    for (let turn = 1; turn <= inDrill(1, 255); turn++) {
      const bytes = new Uint8Array(good);
      bytes[at] = (bytes[at]! + inDrill(1 + (at % 255), turn)) & 0xff;
      if (await isAccepted(bytes)) accepted.push(`byte ${at} = ${bytes[at]}`);
    }
  }
  expect(accepted).toEqual([]);
}, 300_000);

async function isAccepted(bytes: Uint8Array): Promise<boolean> {
  try {
    await authenticateRelease(bytes, shared.anchors);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}
