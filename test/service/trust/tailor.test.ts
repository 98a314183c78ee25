/** Envelopes tailored to one recipient: what goes, what stays, and that the author's word stays the author's. */
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BugError, shortIdOf, toHex } from "../../../gateway/base/index.ts";
import { shortId } from "../../../gateway/service/images/index.ts";
import { type Recipient, recipientOf, TAILOR_LIMITS, tailor } from "../../../gateway/service/trust/index.ts";
import {
  authenticate,
  type CoseKey,
  createMac,
  createSign,
  createSign1,
  decodeKey,
  decodeMessage,
  encodeKey,
  generateKey,
  loadMlDsa,
  type MlDsa,
  newSecret,
  secretKey,
} from "../../../gateway/wire/cose/index.ts";
import {
  addBlock,
  type Capabilities,
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  type Envelope,
  encodeCapabilities,
  encodeEnvelope,
  encodeText,
  integrate,
  type Manifest,
  readEnvelope,
  readManifest,
  SEVERABLE,
  urisOf,
} from "../../../gateway/wire/suit/index.ts";
import { capabilityReports, manifests } from "../../support/arbitrary-manifest.ts";
import { inDrill } from "../../support/drill.ts";
import { digestHex, IMAGE, newSigner, plannedManifest, signed, URI } from "../../support/signed-release.ts";

const EXAMPLES = "/work/shared/vectors/suit-draft-examples";
const MAC_KEY = new Uint8Array(32).fill(7);
const ALL_PARTS = [SEVERABLE.install, SEVERABLE.text] as const;

/** A node of ES256 that installs, and says so in both lists. */
const can = (more: Partial<Capabilities> = {}): Capabilities => ({
  components: [{ id: [Uint8Array.of(0)], wildcard: false }],
  commands: [1, 2, 3, 12, 20, 21],
  parameters: [1, 2, 3, 14, 21],
  cryptoAlgorithms: [-16, -9],
  envelope: [2, 3, 20],
  manifest: [1, 2, 3, 7, 9, 20],
  common: [],
  text: [],
  textComponent: [],
  dependency: [],
  ...more,
});
const node = (more: Partial<Capabilities> = {}, gatewayMac = false): Recipient => ({
  capabilities: can(more),
  gatewayMac,
});
const UNREADABLE: Recipient = { capabilities: undefined, gatewayMac: true };

const TEXT = encodeText(
  new Map([
    [
      "en",
      {
        manifest: new Map([[1, "A valve that knows when the window is open, and closes by itself. ".repeat(4)]]),
        components: new Map(),
      },
    ],
  ]),
);

/** The shape of the draft's example 2: install and text beside the manifest. */
const authored = (...keys: readonly CoseKey[]): Envelope =>
  keys.reduce<Envelope>(
    (envelope, key) => signed(envelope, key),
    createEnvelope({ ...plannedManifest(), text: { here: TEXT } }, { severable: ALL_PARTS }),
  );
const bytesOf = (...keys: readonly CoseKey[]): Uint8Array => encodeEnvelope(authored(...keys));

/** As a recipient reads it up to the signature. */
function opened(bytes: Uint8Array): { readonly envelope: Envelope; readonly manifest: Manifest } {
  const envelope = readEnvelope(bytes);
  checkAuthenticated(envelope);
  checkManifestDigest(envelope);
  const manifest = readManifest(envelope.manifest.content);
  checkBelonging(envelope, manifest);
  return { envelope, manifest };
}

const isVouchedBy = (envelope: Envelope, key: CoseKey, mlDsa?: MlDsa): boolean =>
  envelope.authentication.blocks.some((block) =>
    authenticate(decodeMessage(block), [key], { detached: envelope.authentication.signed, mlDsa }).some(({ ok }) => ok),
  );

let author: CoseKey;
let mlDsa: MlDsa;
beforeAll(async () => {
  author = newSigner();
  mlDsa = await loadMlDsa();
});

describe("elements", () => {
  const rows: ReadonlyArray<readonly [name: string, recipient: Recipient, severed: readonly number[]]> = [
    ["text goes, install stays for a node that installs", node(), [23]],
    ["text stays for a node that lists texts", node({ text: [1] }), []],
    ["and for one that lists texts of components", node({ textComponent: [6] }), []],
    [
      "both lists without install: the node knows none",
      node({ envelope: [2, 3], manifest: [1, 2, 3, 7, 9] }),
      [20, 23],
    ],
    ["one list without install is not enough", node({ envelope: [], manifest: [1, 2, 3, 7, 9] }), [23]],
    ["no lists: the node knows everything", node({ envelope: [], manifest: [] }), [23]],
    ["a report that cannot be read", UNREADABLE, [23]],
  ];
  test.each(rows)("SU-E14 SU-R4 SU-U7: suit-manifest-37 §5.4: %s", (_name, recipient, severed) => {
    const whole = bytesOf(author);
    const tailored = tailor(whole, recipient);
    expect(tailored).toMatchObject({ severed, integrated: [], dropped: 0, added: 0 });
    const { envelope } = opened(tailored.bytes);
    expect([...envelope.severable.keys()]).toEqual(ALL_PARTS.filter((label) => !severed.includes(label)));
    expect(isVouchedBy(envelope, author)).toBe(true);
    expect(tailored.bytes).toEqual(tailor(whole, recipient).bytes);
  });

  test.each([
    [
      "payload-fetch goes when one list is there and has it not",
      { manifest: [1, 2, 3, 7, 20], envelope: [] },
      [14, 16],
    ],
    ["and stays when one of two has it", { manifest: [1, 2, 3, 16, 20], envelope: [2, 3, 20] }, [14]],
    ["coswid stays for a node that lists it", { manifest: [], envelope: [2, 3, 14, 16, 20] }, []],
  ])("SU-R4: suit-manifest-37 §8.6: %s", (_name, lists, severed) => {
    const plan = plannedManifest();
    const fetching = new Map(plan.sequences).set("payloadFetch", plan.sequences.get("install")!);
    const manifest = { ...plan, sequences: fetching, coswid: { here: Uint8Array.of(0xa0) } };
    const whole = encodeEnvelope(signed(createEnvelope(manifest, { severable: [14, 16] }), author));
    const tailored = tailor(whole, node(lists));
    expect(tailored.severed).toEqual(severed);
    opened(tailored.bytes);
  });

  test("the draft's example 2: 923 bytes as authored, 396 to install, 333 to boot", () => {
    if (!existsSync(EXAMPLES)) return;
    const whole = new Uint8Array(readFileSync(`${EXAMPLES}/example2-signed-full.cbor`));
    const boots = node({ cryptoAlgorithms: [-7], envelope: [2, 3], manifest: [1, 2, 3, 7, 9] });
    expect(whole.length).toBe(923);
    expect(tailor(whole, node({ cryptoAlgorithms: [-7] })).bytes.length).toBe(396);
    expect(tailor(whole, boots).bytes.length).toBe(333);
    expect(toHex(tailor(whole, boots).bytes)).toBe(
      readFileSync(`${EXAMPLES}/example2-signed-severed.cbor`).toString("hex"),
    );
  });

  test("an example of that shape of our own", () => {
    const sizes = [bytesOf(author), tailor(bytesOf(author), node()).bytes];
    expect(sizes.map(({ length }) => length)).toEqual([600, 323]);
  });
});

describe("integrated payloads", () => {
  const small = IMAGE;
  const takes = node({ envelope: [2, 3, 20, 21] });
  const rows: ReadonlyArray<
    readonly [name: string, recipient: Recipient, uri: string, payload: Uint8Array, isIn: boolean]
  > = [
    ["a small one that the node takes", takes, URI, small, true],
    ["a node that does not list 21 in its envelope", node(), URI, small, false],
    ["a node without a list of its envelope", node({ envelope: [] }), URI, small, false],
    ["a report that cannot be read", UNREADABLE, URI, small, false],
    ["one that is too long", takes, URI, new Uint8Array(TAILOR_LIMITS.payload + 1), false],
    ["a URI that the manifest does not name", takes, "#other", small, false],
    [
      "a URI of the sequence that was taken away",
      node({ envelope: [2, 3, 21], manifest: [1, 2, 3, 7] }),
      URI,
      small,
      false,
    ],
  ];
  test.each(rows)("SU-E12 SU-R4: suit-manifest-37 §7.5: %s", (_name, recipient, uri, payload, isIn) => {
    const tailored = tailor(bytesOf(author), recipient, { payloads: new Map([[uri, payload]]) });
    expect(tailored.integrated).toEqual(isIn ? [uri] : []);
    const { envelope } = opened(tailored.bytes);
    expect(envelope.integrated.get(uri)).toEqual(isIn ? payload : undefined);
    expect(isVouchedBy(envelope, author)).toBe(true);
  });

  test("suit-manifest-37 §7.5: none, when the whole would be too long", () => {
    const long = { ...plannedManifest(), text: { here: new Uint8Array([...TEXT, ...TEXT, ...TEXT]) } };
    const whole = encodeEnvelope(signed(createEnvelope(long), author));
    expect(whole.length + IMAGE.length).toBeGreaterThan(TAILOR_LIMITS.envelope);
    expect(tailor(whole, takes, { payloads: new Map([[URI, IMAGE]]) }).integrated).toEqual([]);
  });

  test("suit-manifest-37 §7.5: one that came along for a sequence that goes, goes with it", () => {
    const whole = encodeEnvelope(integrate(authored(author), URI, IMAGE));
    const { bytes } = tailor(whole, node({ envelope: [2, 3], manifest: [1, 2, 3, 7] }));
    expect(opened(bytes).envelope.integrated.size).toBe(0);
  });
});

describe("authentication blocks", () => {
  const withMac = { macKey: () => MAC_KEY };
  const block = (envelope: Envelope, key: CoseKey): Uint8Array =>
    createSign1(envelope.authentication.signed, key, { detached: true, mlDsa });

  test("SU-E7: suit-manifest-37 §8.3: blocks of algorithms that the node has not are dropped while one is left", () => {
    const other = newSigner(-19);
    const whole = bytesOf(author, other);
    const tailored = tailor(whole, node(), withMac);
    expect(tailored).toMatchObject({ dropped: 1, added: 0 });
    expect(isVouchedBy(opened(tailored.bytes).envelope, author)).toBe(true);
    expect(tailor(whole, node({ cryptoAlgorithms: [-19, -9] })).dropped).toBe(0);
    expect(tailor(whole, node({ cryptoAlgorithms: [-46] })).dropped).toBe(0); // then they are all there is
    expect(tailor(whole, UNREADABLE, withMac)).toMatchObject({ dropped: 0, added: 0 });
  });

  test("RFC 9052 §4.1, §6.1: one signer of several is enough; a MAC for several takes both algorithms", () => {
    const bare = createEnvelope(plannedManifest());
    const { signed: content } = bare.authentication;
    const shared = newSecret(16);
    const sign = createSign(content, [{ key: author }, { key: newSigner(-19) }], { detached: true });
    const mac = createMac(content, [{ key: { ...shared, kid: Uint8Array.of(1) }, algorithm: -3 }], { detached: true });
    const whole = encodeEnvelope(addBlock(addBlock(bare, sign), mac));
    const kindsFor = (...cryptoAlgorithms: number[]): readonly string[] =>
      readEnvelope(tailor(whole, node({ cryptoAlgorithms })).bytes).authentication.blocks.map(
        (each) => decodeMessage(each).kind,
      );
    expect(kindsFor(-19)).toEqual(["sign"]);
    expect(kindsFor(5, -3)).toEqual(["mac"]);
    expect(kindsFor(5)).toEqual(["sign", "mac"]);
  });

  const macs: ReadonlyArray<readonly [name: string, recipient: Recipient, key: Uint8Array | undefined, added: number]> =
    [
      ["a node that believes one and can verify nothing else", node({ cryptoAlgorithms: [5] }, true), MAC_KEY, 1],
      ["a node that does not say that it believes one", node({ cryptoAlgorithms: [5] }), MAC_KEY, 0],
      ["a node that has not HMAC 256/256", node({ cryptoAlgorithms: [4] }, true), MAC_KEY, 0],
      ["a node that can verify the author's own", node({ cryptoAlgorithms: [5, -9] }, true), MAC_KEY, 0],
      ["a policy or credentials without a key", node({ cryptoAlgorithms: [5] }, true), undefined, 0],
    ];
  test.each(macs)("SU-T8: suit-manifest-37 Appendix C.1: a MAC for %s", (_name, recipient, key, added) => {
    const tailored = tailor(bytesOf(author), recipient, { macKey: () => key });
    const { envelope } = opened(tailored.bytes);
    expect(tailored).toMatchObject({ dropped: added, added });
    expect(isVouchedBy(envelope, author)).toBe(added === 0);
  });

  test("SU-T8 SU-C4: RFC 9052 §6.3: the MAC, computed by hand", () => {
    const { bytes } = tailor(bytesOf(author), node({ cryptoAlgorithms: [5] }, true), withMac);
    const { signed: digest, blocks } = opened(bytes).envelope.authentication;
    // MAC_structure: ["MAC0", h'a10105', h'', digest]; the message: 17([h'a10105', {}, nil, tag])
    const structure = Buffer.concat([
      Buffer.from("84644d41433043a101054058", "hex"),
      Uint8Array.of(digest.length),
      digest,
    ]);
    const tag = createHmac("sha256", MAC_KEY).update(structure).digest("hex");
    expect(digest.length).toBeGreaterThan(23);
    expect(blocks.map(toHex)).toEqual([`d18443a10105a0f65820${tag}`]);
  });

  test("ML-DSA-44 and ESP256 become one MAC", () => {
    const pq = generateKey(-48, mlDsa);
    const bare = authored();
    const envelope = addBlock(addBlock(bare, block(bare, pq)), block(bare, author));
    const whole = encodeEnvelope(envelope);
    const small = tailor(whole, node({ cryptoAlgorithms: [5] }, true), withMac);
    const classic = tailor(whole, node(), withMac);
    const pqOnly = tailor(whole, node({ cryptoAlgorithms: [-48] }), withMac);
    expect(small).toMatchObject({ severed: [23], dropped: 2, added: 1 });
    expect([whole, pqOnly.bytes, classic.bytes, small.bytes].map(({ length }) => length)).toEqual([
      3036, 2683, 323, 291,
    ]);
    expect(isVouchedBy(opened(pqOnly.bytes).envelope, decodeKey(encodeKey(pq, "public")), mlDsa)).toBe(true);
  });
});

test("suit-manifest-37 §6.2: an envelope that nobody signed cannot be tailored", () => {
  expect(() => tailor(bytesOf(), node())).toThrow(BugError);
});

test("SU-R2: suit-report: reports are read leniently, and a fault is told", () => {
  const report = encodeCapabilities(can());
  expect(recipientOf({ capabilities: report, gatewayMac: true })).toEqual({ recipient: node({}, true) });
  const { recipient, fault } = recipientOf({ capabilities: Uint8Array.of(0xff), gatewayMac: true });
  expect(recipient).toEqual(UNREADABLE);
  expect(fault?.code).toMatch(/^cbor\./);
});

const recipients: fc.Arbitrary<Recipient> = fc.record({
  gatewayMac: fc.boolean(),
  capabilities: fc.option(
    fc.record({ ...subsets(), components: fc.constant(can().components) }).map((lists) => can(lists)),
    { nil: undefined },
  ),
});
function subsets() {
  const of = (...labels: readonly number[]): fc.Arbitrary<number[]> => fc.subarray([...labels]);
  return {
    cryptoAlgorithms: of(-16, -7, -9, -19, 5),
    envelope: of(2, 3, 14, 15, 16, 18, 20, 21, 23),
    manifest: of(1, 2, 3, 7, 9, 14, 15, 16, 18, 20, 23),
    text: of(1, 2),
  };
}

function holds(whole: Uint8Array, recipient: Recipient, payload: Uint8Array, author: CoseKey | undefined): void {
  const before = readEnvelope(whole);
  const uris = [...urisOf([...checkBelonging(before, readManifest(before.manifest.content)).sequences.values()])];
  const payloads = new Map(uris.map((uri) => [uri, payload]));
  const tailored = tailor(whole, recipient, { payloads, macKey: () => MAC_KEY });
  const { envelope } = opened(tailored.bytes);
  expect(toHex(envelope.authentication.signed)).toBe(toHex(before.authentication.signed));
  const added = tailored.integrated.reduce((sum, uri) => sum + Buffer.byteLength(uri) + 5 + payload.length + 5, 0);
  expect(tailored.bytes.length).toBeLessThanOrEqual(whole.length + added + 50 * tailored.added);
  const macKey: CoseKey = { kty: "Symmetric", secret: secretKey(MAC_KEY) };
  if (tailored.added > 0) expect(isVouchedBy(envelope, macKey)).toBe(true);
  else if (author !== undefined) expect(isVouchedBy(envelope, author)).toBe(true);
  expect(tailor(tailored.bytes, recipient, { payloads, macKey: () => MAC_KEY }).bytes).toEqual(tailored.bytes);
}

test("SU-E7: any envelope for any node reads strictly, has the author's digest, and is vouched for", () => {
  fc.assert(
    fc.property(manifests, recipients, fc.uint8Array({ maxLength: 600 }), (manifest, recipient, payload) => {
      const severable = Object.values(SEVERABLE).filter((label) => hasHere(manifest, label));
      holds(encodeEnvelope(signed(createEnvelope(manifest, { severable }), author)), recipient, payload, author);
    }),
    { seed: 6, numRuns: inDrill(30, 2000) },
  );
});

/** What the manifest itself says, so that it can be taken out of it. */
function hasHere(manifest: Parameters<typeof createEnvelope>[0], label: number): boolean {
  if (label === SEVERABLE.text) return manifest.text?.here !== undefined;
  if (label === SEVERABLE.coswid) return manifest.coswid?.here !== undefined;
  const name = Object.entries(SEVERABLE).find(([, number]) => number === label)![0];
  return [...manifest.sequences].some(([key, { here }]) => key === name && here !== undefined);
}

test("so does each signed example of the draft", () => {
  if (!existsSync(EXAMPLES)) return;
  const index = JSON.parse(readFileSync(`${EXAMPLES}/index.json`, "utf8")) as ReadonlyArray<{ readonly name: string }>;
  const names = index.map(({ name }) => name).filter((name) => name.includes("-signed"));
  expect(names.length).toBeGreaterThanOrEqual(6);
  fc.assert(
    fc.property(fc.constantFrom(...names), recipients, (name, recipient) => {
      holds(new Uint8Array(readFileSync(`${EXAMPLES}/${name}.cbor`)), recipient, IMAGE, undefined);
    }),
    { seed: 7, numRuns: inDrill(25, 1000) },
  );
});

test("any capability report makes an envelope that reads", () => {
  fc.assert(
    fc.property(capabilityReports, fc.boolean(), (capabilities, gatewayMac) => {
      opened(tailor(bytesOf(author), { capabilities, gatewayMac }, { macKey: () => MAC_KEY }).bytes);
    }),
    { seed: 8, numRuns: inDrill(25, 2000) },
  );
});

test("ids of envelopes begin as those of images with the same digest would, and have one character more", () => {
  const digest = digestHex(IMAGE);
  expect(shortIdOf(digest, 7)).toHaveLength(7);
  expect(shortIdOf(digest, 7).slice(0, 6)).toBe(shortId(digest));
  expect(shortIdOf(digest, 14)).toBe(shortIdOf(digest, 7) + shortIdOf(digest, 7, 7));
  // 5 bits each: 00000 00001 11111 10000 00000 00000 00111
  expect(shortIdOf("007f0000ff", 7)).toBe("01zg007");
});
