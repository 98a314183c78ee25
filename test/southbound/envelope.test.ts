/** The envelope that goes with a firmware offer: told at a wake, fetched in blocks, the same again after a restart. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openEnvelopes } from "../../gateway/app/trust/envelopes.ts";
import { type Logger, type NodeId, SILENT, shortIdOf } from "../../gateway/base/index.ts";
import type { Response } from "../../gateway/coap/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { houseModels } from "../../gateway/service/registry/index.ts";
import {
  Anchors,
  EnvelopeOffers,
  type EnvelopeOffersParts,
  Releases,
  SequenceMarks,
  TrustDesk,
} from "../../gateway/service/trust/index.ts";
import { chooseRelease } from "../../gateway/service/trust/offers/choose.ts";
import { imageLane } from "../../gateway/southbound/firmware/index.ts";
import { type ImageStore, openFileImages } from "../../gateway/store/index.ts";
import { OPTION } from "../../gateway/wire/coap/index.ts";
import { authenticate, type CoseKey, decodeMessage } from "../../gateway/wire/cose/index.ts";
import {
  checkBelonging,
  checkManifestDigest,
  type Envelope,
  encodeCapabilities,
  readEnvelope,
  readManifest,
} from "../../gateway/wire/suit/index.ts";
import type { Tree } from "../../gateway/yang/index.ts";
import { startCampaign } from "../support/campaign.ts";
import { con, type Stage, stage } from "../support/lockstep.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";
import { digestHex, IMAGE, newSigner, publicHalf, type ReleasePlan, release } from "../support/signed-release.ts";
import { CLASS, mapOf, type Raw, raw, VENDOR } from "../support/suit-raw.ts";
import { memoryFile } from "../support/trust-site.ts";

const CAPABILITIES = {
  components: [{ id: [Uint8Array.of(0)], wildcard: false }],
  commands: [1, 2, 3, 20, 21],
  parameters: [1, 2, 3, 14, 21],
  envelope: [2, 3, 20],
  manifest: [1, 2, 3, 7, 20],
  common: [],
  text: [],
  textComponent: [],
  dependency: [],
};
const ESP256 = encodeCapabilities({ ...CAPABILITIES, cryptoAlgorithms: [-16, -9] });
/** 21: it takes integrated payloads. */
const WITH_PAYLOADS = encodeCapabilities({ ...CAPABILITIES, cryptoAlgorithms: [-9], envelope: [2, 3, 20, 21] });
const HMAC = encodeCapabilities({ ...CAPABILITIES, cryptoAlgorithms: [-16, 5] });
/** Of sidgate-node and sidgate-suit. */
const SID = { checkIn: 60001, data: 60006, pending: 60040, suit: 60509, capabilities: 60510, classId: 60511 } as const;
const GATEWAY_MAC = 60520;
const VENDOR_ID = 60523;

const author = newSigner();
let folder: string;
let store: ImageStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-envelope-"));
  store = await openFileImages({ folder, cacheBytes: 1 << 20 });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => store.remove(digestHex(IMAGE)));

interface Site extends Services {
  readonly credentials: Credentials;
  readonly releases: Releases;
  readonly desk: TrustDesk;
  readonly envelopes: EnvelopeOffers;
}

interface SiteOptions {
  readonly on?: Site;
  readonly nodeMac?: EnvelopeOffersParts["nodeMac"];
  readonly log?: Logger;
}
let keyFiles = 0;

async function openSite({ on, nodeMac = "never", log = SILENT }: SiteOptions = {}): Promise<Site> {
  const anchors = new Anchors();
  const releases = new Releases();
  const credentials = new Credentials(SILENT);
  let envelopes: EnvelopeOffers | undefined;
  const services = await openServices({
    images: store,
    ...(on === undefined ? {} : { on }),
    more: [anchors, releases, credentials],
    envelopes: (parts) => {
      envelopes = openEnvelopes({ ...parts, releases, credentials }, { nodeMac, log });
      return envelopes;
    },
  });
  await credentials.unlock(join(folder, `site-${on === undefined ? ++keyFiles : keyFiles}`, "site.key"));
  const marks = await SequenceMarks.open(memoryFile(), releases.marks, SILENT);
  const { ledger: recorder, clock } = services;
  const desk = new TrustDesk({
    anchors,
    releases,
    marks,
    recorder,
    clock,
    quality: { synchronised: true },
    log: SILENT,
  });
  return { ...services, credentials, releases, desk, envelopes: envelopes! };
}

/** A site with a release, its image, and a campaign that has the nodes. */
async function started(site: Site, plan: ReleasePlan = {}, endpoints: readonly string[] = ["n17"]): Promise<NodeId[]> {
  const { desk, images, ledger, registry } = site;
  await desk.add(publicHalf(author), "acme", {}, "test");
  await desk.accept(release(plan, author), { model: "valve", version: "2" }, "test");
  const image = await images.add(oneChunk(), { name: "fw.bin", model: "valve", version: "2" }, "test", ledger);
  for (const endpoint of endpoints) await site.join(endpoint);
  const nodes = [...registry.nodes()].map(({ id }) => ({ id }));
  await startCampaign({ image, nodes, silentAfter: 8 }, site);
  return nodes.map(({ id }) => id);
}

async function* oneChunk(): AsyncGenerator<Uint8Array> {
  yield IMAGE;
}

interface Told {
  readonly capabilities?: Uint8Array;
  readonly mac?: boolean;
  readonly vendor?: Uint8Array;
  readonly class?: Uint8Array;
  readonly maxReply?: number;
}
let reports = 0;

/** A report with what the node tells of SUIT, by hand. */
function reportOf({ capabilities, mac = false, vendor, class: classId, maxReply }: Told): Uint8Array {
  const suit = new Map<Raw, Raw>();
  if (capabilities !== undefined) suit.set(SID.capabilities - SID.suit, capabilities);
  if (classId !== undefined) suit.set(SID.classId - SID.suit, classId);
  if (mac) suit.set(GATEWAY_MAC - SID.suit, null);
  if (vendor !== undefined) suit.set(VENDOR_ID - SID.suit, vendor);
  const limit: ReadonlyArray<readonly [Raw, Raw]> = maxReply === undefined ? [] : [[4, maxReply]];
  const data: ReadonlyArray<readonly [Raw, Raw]> = suit.size === 0 ? [] : [[5, mapOf([SID.suit - SID.data, suit])]];
  return raw(mapOf([SID.checkIn, mapOf([2, ++reports], ...limit, ...data)]));
}

const wake = async ({ checkIn }: Site, told: Told = {}, ep = "n17"): Promise<Response> => {
  const asked = request("POST", "c", { contentFormat: 142, query: [`ep=${ep}`], payload: reportOf(told) });
  return (await checkIn.answer(ANYBODY, asked)) ?? { code: "5.00" };
};

/** The path in {15: {13: "f/ID"}}: the last thing in an answer that says nothing behind the offer. */
const envelopeIn = ({ payload }: Response): string | undefined =>
  /\r(?:i)(f\/[0-9a-z]{7})/.exec(Buffer.from(payload ?? []).toString("latin1"))?.[1];
const idIn = (response: Response): string => envelopeIn(response)?.slice(2) ?? "none";

async function inOneStage<T>(site: Site, run: (script: Stage) => Promise<T>): Promise<T> {
  const { images, registry, envelopes, clock, handler, checkIn } = site;
  const lanes = { block: imageLane(images, registry, clock, { envelopes }), checkIn };
  const script = await stage({ handler, lanes });
  try {
    return await run(script);
  } finally {
    await script.engine.close();
  }
}

const BLOCK = 64;

/** Block by block, as a small node does it; undefined = 4.04. */
async function fetched({ node }: Stage, path: string): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  for (let num = 0; ; num++) {
    await node.sends(con("GET", path).block2(num, 0, BLOCK));
    const { code, options, payload } = await node.receives();
    if (code !== 0x45) return undefined;
    parts.push(payload);
    const of = (wanted: number): Uint8Array | undefined => options.find(({ number }) => number === wanted)?.value;
    const whole = Buffer.concat(parts);
    if (((of(OPTION.block2)?.at(-1) ?? 0) & 8) !== 0) continue;
    expect(hex(of(OPTION.etag))).toBe(digestHex(whole).slice(0, 8));
    return new Uint8Array(whole);
  }
}

/** As a node reads it, up to the signature. */
function opened(bytes: Uint8Array | undefined): Envelope {
  const envelope = readEnvelope(bytes ?? new Uint8Array());
  checkManifestDigest(envelope);
  checkBelonging(envelope, readManifest(envelope.manifest.content));
  return envelope;
}

const isVouchedBy = ({ authentication: { blocks, signed } }: Envelope, key: CoseKey): boolean =>
  blocks.some((block) => authenticate(decodeMessage(block), [key], { detached: signed }).some(({ ok }) => ok));

describe("a node that told its capabilities", () => {
  let site: Site;
  beforeEach(async () => {
    site = await openSite();
  });

  test("gets an envelope with its offer, fetches it, and gets the same one after a restart", async () => {
    await started(site);
    const path = envelopeIn(await wake(site, { capabilities: ESP256 }));
    expect(path).toMatch(/^f\/[0-9a-z]{7}$/);
    const first = await inOneStage(site, (script) => fetched(script, path!));
    expect(path).toBe(`f/${shortIdOf(digestHex(first!), 7)}`);
    expect(isVouchedBy(opened(first), publicHalf(author))).toBe(true);

    const again = await openSite({ on: site });
    const after = await inOneStage(again, (script) => fetched(script, path!));
    expect(hex(after)).toBe(hex(first));
    expect(envelopeIn(await wake(again))).toBe(path);
  });

  test("may tell them earlier, and finds the envelope by FETCH too", async () => {
    const [node] = await started(site);
    const path = envelopeIn(await wake(site, { capabilities: ESP256 }));
    expect(envelopeIn(await wake(site))).toBe(path);
    const pending = await site.handler(
      ANYBODY,
      request("FETCH", "c", { query: ["ep=n17"], contentFormat: 141, payload: raw(SID.pending) }),
    );
    // {60040: {4 (offer): {-7 (60037): "f/...", 1: digest, 2: size, 3: uri}}}
    expect(hex(pending.payload)).toContain(`2669${Buffer.from(path!).toString("hex")}`);
    expect(site.campaigns.phaseOf(node!)).toBe("offered");
  });

  test("is offered another one when it tells others; the former can still be fetched", async () => {
    await started(site);
    const former = idIn(await wake(site, { capabilities: ESP256 }));
    const next = idIn(await wake(site, { capabilities: WITH_PAYLOADS }));
    expect(next).not.toBe(former);
    // The image is small, and this node takes it with its manifest.
    expect([...opened(site.envelopes.find(next)?.bytes).integrated.values()]).toEqual([IMAGE]);
    expect(opened(site.envelopes.find(former)?.bytes).integrated.size).toBe(0);
  });

  test("gets nothing more of a release that was withdrawn", async () => {
    await started(site);
    const path = envelopeIn(await wake(site, { capabilities: ESP256 }));
    await inOneStage(site, async (script) => {
      expect(await fetched(script, path!)).toBeDefined();
      await site.desk.withdraw(site.releases.list()[0]!.id, "revoked", "test");
      expect(await fetched(script, path!)).toBeUndefined();
    });
    expect(envelopeIn(await wake(site))).toBeUndefined();
    const again = await openSite({ on: site });
    expect(again.envelopes.find(path!.slice(2))).toBeUndefined();
  });

  test("gets the offer whole or not at all, by the size of reply that it takes", async () => {
    await started(site);
    const { payload = new Uint8Array() } = await wake(site, { capabilities: ESP256 });
    const fits = await wake(site, { maxReply: payload.length });
    expect([envelopeIn(fits), fits.payload?.length]).toEqual([envelopeIn({ code: "2.04", payload }), payload.length]);
    const cut = await wake(site, { maxReply: payload.length - 1 });
    expect(hex(cut.payload)).not.toContain(digestHex(IMAGE));
  });

  test("is not offered what is for devices of another vendor or class", async () => {
    await started(site);
    const other = Buffer.alloc(16, 9);
    expect(envelopeIn(await wake(site, { capabilities: ESP256, vendor: VENDOR, class: CLASS }))).toBeDefined();
    expect(envelopeIn(await wake(site, { class: other }))).toBeUndefined();
    expect(envelopeIn(await wake(site, { class: CLASS, vendor: other }))).toBeUndefined();
  });

  test("is not offered an envelope with an image that no release names", async () => {
    await started(site, { image: Buffer.from("another image") });
    const answer = await wake(site, { capabilities: ESP256 });
    expect(hex(answer.payload)).toContain(digestHex(IMAGE));
    expect(envelopeIn(answer)).toBeUndefined();
  });
});

test("a node that told none gets its offer as before", async () => {
  const site = await openSite();
  await started(site);
  const { payload } = await wake(site, { vendor: VENDOR });
  const id = site.images.list()[0]!.id;
  const size = IMAGE.length.toString(16).padStart(4, "0");
  const uri = Buffer.from(`f/${id}`).toString("hex");
  expect(hex(payload)).toContain(hex(bytes(`0f a3 01 5820 ${digestHex(IMAGE)} 02 19${size} 03 68${uri}`)));
});

test("suit-report: a report that cannot be read costs the tailoring, and is told once", async () => {
  const told: string[] = [];
  const log: Logger = { ...SILENT, warn: (event, facts) => void told.push(`${event} ${facts?.["code"]}`) };
  const site = await openSite({ log });
  await started(site);
  const id = idIn(await wake(site, { capabilities: Uint8Array.of(0xa1) }));
  await wake(site);
  expect(hex(site.envelopes.find(id)?.bytes)).toBe(hex(site.releases.list()[0]?.envelope));
  expect(told).toEqual(["envelope.capabilities-unreadable cbor.truncated"]);
});

describe("the MAC of a gateway", () => {
  /** RFC 5869 by hand: the key that a node derives from its OSCORE master secret. */
  const derived = (secret: Uint8Array): Buffer => {
    const pseudoRandom = createHmac("sha256", Buffer.alloc(32)).update(secret).digest();
    return createHmac("sha256", pseudoRandom).update("Sidgate SUIT MAC").update(Uint8Array.of(1)).digest();
  };
  /** RFC 9052 §6.3 */
  const macOf = ({ authentication: { signed } }: Envelope, key: Buffer): string =>
    createHmac("sha256", key)
      .update(raw(["MAC0", bytes("a10105"), new Uint8Array(), signed]))
      .digest("hex");
  const give = async ({ credentials, ledger }: Site, node: NodeId, name: string): Promise<void> => {
    await ledger.record("credential.added", { ...credentials.issue({ node, name }), actor: "test" });
  };

  test("RFC 5869, RFC 9052 §6.2: each node gets one by the key that it derives itself", async () => {
    const site = await openSite({ nodeMac: "when-needed" });
    const nodes = await started(site, {}, ["n17", "n18"]);
    for (const node of nodes) await give(site, node, node);
    const ids = [];
    for (const [index, endpoint] of ["n17", "n18"].entries()) {
      const id = idIn(await wake(site, { capabilities: HMAC, mac: true }, endpoint));
      const envelope = opened(site.envelopes.find(id)?.bytes);
      const key = derived(site.credentials.ofNode(nodes[index]!)!.masterSecret);
      expect(envelope.authentication.blocks.map(hex)).toEqual([`d18443a10105a0f65820${macOf(envelope, key)}`]);
      ids.push(id);
    }
    expect(new Set(ids).size).toBe(2);

    const again = await openSite({ on: site, nodeMac: "when-needed" });
    const all = ids.map((id) => hex(again.envelopes.find(id)?.bytes));
    expect(all).toEqual(ids.map((id) => hex(site.envelopes.find(id)?.bytes)));
  });

  test("new credentials make another one", async () => {
    const site = await openSite({ nodeMac: "when-needed" });
    const [node] = await started(site);
    await give(site, node!, "n17");
    const former = idIn(await wake(site, { capabilities: HMAC, mac: true }));
    await site.credentials.remove(site.credentials.idsOfNode(node!), site.ledger, "test");
    await give(site, node!, "n17");
    expect(idIn(await wake(site))).not.toBe(former);
  });

  const without: ReadonlyArray<
    readonly [name: string, nodeMac: "never" | "when-needed", told: Told, credential: boolean]
  > = [
    ["policy is against it", "never", { capabilities: HMAC, mac: true }, true],
    ["the node does not believe it", "when-needed", { capabilities: HMAC }, true],
    ["the node can verify the author's signature", "when-needed", { capabilities: ESP256, mac: true }, true],
    ["the node has no credentials", "when-needed", { capabilities: HMAC, mac: true }, false],
  ];
  test.each(without)("there is none where %s", async (_name, nodeMac, told, credential) => {
    const site = await openSite({ nodeMac });
    const [node] = await started(site);
    if (credential) await give(site, node!, "n17");
    const envelope = opened(site.envelopes.find(idIn(await wake(site, told)))?.bytes);
    expect(isVouchedBy(envelope, publicHalf(author))).toBe(true);
    expect(envelope.authentication.blocks).toHaveLength(1);
  });
});

describe("the one of several releases", () => {
  const info = (id: string, sequence: string, vendors: readonly string[] = [], classes: readonly string[] = []) => ({
    ...{ id, sequence, vendors, classes, components: [], signers: [], payloads: [] },
    ...{ envelope: new Uint8Array(), accepted: 0 as never },
  });
  const [mine, foreign] = ["aa".repeat(16), "bb".repeat(16)];
  const told = { vendor: bytes(mine) };
  test.each([
    ["the highest number, as a number", [info("a", "9"), info("b", "10"), info("c", "2")], {}, "b"],
    ["not one for other devices", [info("a", "1", [mine]), info("b", "2", [foreign])], told, "a"],
    ["one with several alternatives", [info("a", "1"), info("b", "2", [foreign, mine])], told, "b"],
    ["one of an enterprise number, which no UUID contradicts", [info("a", "2", ["pen:01"]), info("b", "1")], told, "a"],
    ["whatever the node did not tell", [info("a", "1"), info("b", "2", [foreign], [foreign])], {}, "b"],
    ["of two with one number always the same", [info("b", "1"), info("a", "1")], {}, "a"],
    ["none of none", [], told, undefined],
    ["none when all are for others", [info("b", "2", [], [foreign])], { class: bytes(mine) }, undefined],
  ])("suit-manifest-37 §8.4.2: %s", (_name, releases, node, chosen) => {
    expect(chooseRelease(releases, node)?.id).toBe(chosen);
  });
});

describe("what is remembered", () => {
  /** Offers over ports that count. */
  function counted(site: Site, nodes: readonly NodeId[], more: Partial<EnvelopeOffersParts> = {}) {
    const looked: NodeId[] = [];
    const offers = new EnvelopeOffers({
      suitOf: houseModels(site.schema).suit,
      smallImage: () => undefined,
      releases: site.releases,
      credentials: site.credentials,
      nodeMac: "never",
      log: SILENT,
      treeOf: (node): Tree | undefined => {
        looked.push(node);
        return site.registry.find(node)?.tree;
      },
      underWay: () => nodes.map((node): [NodeId, string] => [node, digestHex(IMAGE)]),
      ...more,
    });
    return { offers, looked };
  }
  test("after a restart the nodes under way are gone through once, whoever asks", async () => {
    const site = await openSite();
    const nodes = await started(site, {}, ["n17", "n18", "n19"]);
    const id = idIn(await wake(site, { capabilities: ESP256 }, "n18"));
    const { offers, looked } = counted(site, nodes);
    expect(offers.find("abc123")).toBeUndefined(); // an image's
    expect(looked).toEqual([]);
    expect(offers.find(id)?.id).toBe(id);
    expect(looked).toEqual(nodes.slice(0, 2));
    for (const stranger of ["0000000", "zzzzzzz"]) expect(offers.find(stranger)).toBeUndefined();
    expect(looked).toEqual(nodes);
  });

  test("of many nodes each question goes through some", async () => {
    const site = await openSite();
    const [node] = await started(site);
    const id = idIn(await wake(site, { capabilities: ESP256 }));
    const others = Array.from({ length: 300 }, (_, number) => `m-${number}` as NodeId);
    const { offers, looked } = counted(site, [...others, node!]);
    expect(offers.find(id)).toBeUndefined();
    expect(looked).toHaveLength(256);
    expect(offers.find(id)?.id).toBe(id);
    expect(looked).toHaveLength(301);
  });

  test("nodes of one kind share one envelope, and no node is looked at for it again", async () => {
    const site = await openSite();
    const [node] = await started(site);
    await wake(site, { capabilities: ESP256 });
    const { offers, looked } = counted(site, [node!]);
    const { tree } = site.registry.get(node!);
    const first = offers.offerFor(node!, tree, digestHex(IMAGE));
    expect(offers.offerFor("n-2" as NodeId, tree, digestHex(IMAGE))).toBe(first);
    expect(offers.find(first!.id)).toBe(first);
    expect(looked).toEqual([]);
  });

  test("an envelope that memory had no room for is made again from its node", async () => {
    const site = await openSite();
    const [node] = await started(site);
    await wake(site, { capabilities: HMAC, mac: true });
    const { tree } = site.registry.get(node!);
    // A key of its own for each node: as many envelopes as there are nodes.
    const credentials = {
      idsOfNode: (id: NodeId): readonly string[] => [id],
      deriveKey: (id: NodeId): Uint8Array => Buffer.from(digestHex(Buffer.from(id)), "hex"),
    };
    const { offers, looked } = counted(site, [], { credentials, nodeMac: "when-needed" });
    const first = offers.offerFor(node!, tree, digestHex(IMAGE))!;
    for (let number = 0; number < 1024; number++) offers.offerFor(`m-${number}` as NodeId, tree, digestHex(IMAGE));
    const again = offers.find(first.id);
    expect(again).not.toBe(first);
    expect(hex(again?.bytes)).toBe(hex(first.bytes));
    expect(looked).toEqual([node]);
  });

  test("two envelopes whose ids would be the same get two", async () => {
    const site = await openSite();
    const [node] = await started(site);
    await wake(site, { capabilities: ESP256 });
    const { offers } = counted(site, [node!], {
      idOf: (_digest, place) => `00000${place}0`,
      smallImage: () => IMAGE,
    });
    const first = offers.offerFor(node!, site.registry.get(node!).tree, digestHex(IMAGE));
    await wake(site, { capabilities: WITH_PAYLOADS });
    const second = offers.offerFor(node!, site.registry.get(node!).tree, digestHex(IMAGE));
    expect([first?.id, second?.id]).toEqual(["0000000", "0000010"]);
    expect(offers.find("0000000")).toBe(first);
    expect(offers.find("0000010")).toBe(second);
  });
});
