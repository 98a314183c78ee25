/** Whole simulated nodes over real sockets against a small gateway that knows the wire format by its numbers. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Encoder } from "cbor-x";
import { millis, seconds, systemClock } from "../../gateway/base/index.ts";
import { type Fleet, type FleetOptions, fleetEndpoints, makeImage, startFleet } from "../../gateway/sim/index.ts";
import { identityOf } from "../../gateway/sim/suit/index.ts";
import { algorithmById, newSecret } from "../../gateway/wire/cose/index.ts";
import { COMMAND, encryptPayload, PARAMETER, readReport } from "../../gateway/wire/suit/index.ts";
import { newSigner, override, plain, publicHalf, release, words } from "../support/signed-release.ts";
import { leavesBySid, TestGateway, testImage } from "./test-gateway.ts";

const MODEL = "room-sensor";
let gateway: TestGateway;
let address: string;
let fleet: Fleet | undefined;

beforeEach(async () => {
  gateway = new TestGateway();
  address = await gateway.start();
});
afterEach(async () => {
  await fleet?.close();
  gateway.close();
});

/** A minute of the nodes' life takes 60 ms. */
function start({ nodes = 1, ...some }: Partial<FleetOptions> & { readonly nodes?: number } = {}): Fleet {
  fleet = startFleet({
    gateway: address,
    endpoints: fleetEndpoints(nodes),
    seed: 1,
    wakeInterval: seconds(60),
    clock: systemClock(1000),
    ackTimeout: millis(1000), // real time: nothing that is counted comes twice because the machine is busy
    ...some,
  });
  return fleet;
}
const view = (index = 0) => {
  const found = fleet?.nodes()[index];
  if (found === undefined) throw new RangeError("no such node");
  return found;
};
const updated = (): number => fleet?.stats().updated ?? 0;

test("a node updates itself over several sleeps and runs what it was given", async () => {
  gateway.image = testImage(makeImage(MODEL, "2.0.0", 10_000));
  start({ blocksPerWake: 8, szx: 4 });
  await gateway.until(() => updated() === 1);
  expect(view()).toMatchObject({ endpoint: "sim-0001", phase: "idle", blocks: { got: 40, total: 40 }, updatesDone: 1 });
  expect(view()).toMatchObject({ runningVersion: "2.0.0", runningDigest: gateway.image.digest.toString("hex") });
  expect(fleet?.stats().blocks).toBe(40); // none twice, whatever the pauses
  expect(gateway.state.get("sim-0001")?.get(60104)).toBe(0); // it says idle itself
});

test("any file is an image: without a first line the short digest is the version", async () => {
  gateway.image = testImage(Buffer.alloc(1000, 7));
  start();
  await gateway.until(() => updated() === 1);
  expect(view().runningVersion).toBe(gateway.image.digest.toString("hex").slice(0, 8));
});

test("ten nodes with loss, failures and silence end as the shares say", async () => {
  gateway.image = testImage(makeImage(MODEL, "2.0.0", 8192));
  const all = start({ nodes: 10, loss: 0.1, failShare: 0.3, silentShare: 0.1, ackTimeout: millis(20) });
  const failedEver = new Set<unknown>();
  await gateway.until(() => {
    for (const [endpoint, leaves] of gateway.state) if (leaves.has(60107)) failedEver.add(endpoint);
    return updated() === 6 && failedEver.size === 3;
  });
  expect(all.stats()).toMatchObject({ nodes: 10, updated: 6, silent: 1 });
  expect(all.stats().lost).toBeGreaterThan(0);
  // Each of the three failed in its own way: no-space 1, flash-error 4, boot-failed 5.
  const reasons = [...gateway.state.values()]
    .map((leaves) => leaves.get(60107))
    .filter((reason) => reason !== undefined);
  expect(reasons.sort()).toEqual([1, 4, 5]);
});

test("a report whose answers are lost comes again with the same bytes in another exchange", async () => {
  gateway.ignore = () => gateway.checkIns.length <= 8;
  start({ ackTimeout: millis(3) });
  await gateway.until(() => gateway.checkIns.some(({ report }) => report === 1));
  const first = gateway.checkIns.filter(({ report }) => report === 0);
  expect(first.length).toBeGreaterThan(8);
  expect(new Set(first.map(({ payload }) => payload.toString("hex"))).size).toBe(1);
  const messageIds = new Set(first.map(({ datagram }) => datagram.readUInt16BE(2)));
  expect(messageIds.size).toBeGreaterThan(1); // the retransmissions of one exchange share theirs
  expect(messageIds.size).toBeLessThan(first.length);
  // Of all that came: later reports were repeated as well.
  const distinct = (): number => new Set(gateway.checkIns.map(({ datagram }) => datagram.readUInt16BE(2))).size;
  await gateway.until(() => view().retransmissions === gateway.checkIns.length - distinct());
});

test("a gateway that serves smaller blocks than asked for is followed", async () => {
  gateway.image = testImage(makeImage(MODEL, "2.0.0", 5000));
  gateway.maxSzx = 3;
  start({ szx: 6 });
  await gateway.until(() => updated() === 1);
  // A node that hears nothing in time asks again.
  const asked = gateway.blocksServed.map(({ num }) => num);
  expect(asked.filter((num, at) => num !== asked[at - 1])).toEqual(Array.from({ length: 40 }, (_, num) => num));
});

test("an image behind the URI that changes in mid-way is fetched from the start", async () => {
  gateway.image = testImage(makeImage(MODEL, "2.0.0", 4096));
  gateway.etag = Buffer.from("01020304", "hex");
  start({ szx: 4, blocksPerWake: 4 });
  await gateway.until(() => gateway.blocksServed.length === 4);
  gateway.etag = Buffer.from("05060708", "hex");
  await gateway.until(() => updated() === 1);
  const nums = gateway.blocksServed.map(({ num }) => num);
  expect(nums.slice(4, 6)).toEqual([4, 0]); // the first foreign block, then the beginning
});

test("bytes that are not what was offered are never run", async () => {
  gateway.image = { ...testImage(makeImage(MODEL, "2.0.0", 2048)), digest: Buffer.alloc(32, 1) };
  start();
  await gateway.until(() => gateway.state.get("sim-0001")?.get(60107) === 0);
  expect(view()).toMatchObject({ reason: "digest-mismatch", runningVersion: "1.0.0", updatesDone: 0 });
});

describe("nodes that verify", () => {
  const AUTHOR = newSigner();
  const VENDOR = "acme.example";
  const SUIT = { anchors: [publicHalf(AUTHOR)], vendor: VENDOR };
  const { vendor, class: ofClass } = identityOf(VENDOR, MODEL, "sim-0001");
  const bytes = makeImage(MODEL, "2.0.0", 3000);
  const said = (sid: number): unknown => gateway.state.get("sim-0001")?.get(sid);
  const reason = (): unknown => {
    const report = said(60521);
    const result = report instanceof Uint8Array ? readReport(report).result : undefined;
    return typeof result === "object" ? result.reason : result;
  };
  const offers = (envelope: Uint8Array): void => {
    gateway.image = testImage(bytes);
    gateway.envelope = testImage(envelope, "f/ENVELOP");
  };
  const planFor = (uri: string, sequence = 7) => ({ vendor, class: ofClass, image: bytes, uri, sequence });

  test("suit-manifest-37 §6.4: fetch the envelope, then what it wants, and tell what came of it", async () => {
    offers(release(planFor("coap://acme.example/fw.bin"), AUTHOR));
    start({ suit: SUIT, szx: 4 });
    await gateway.until(() => updated() === 1 && said(60522) !== undefined);
    expect(view()).toMatchObject({ runningVersion: "2.0.0", installed: 7n });
    expect([said(60522), reason()]).toEqual([7, true]);
    expect(said(60511)).toEqual(Buffer.from(ofClass));
    // The image lies at the gateway: nobody was asked as a proxy for it.
    expect(gateway.blocksServed.length).toBeLessThan(20);
  });

  test("suit-firmware-encryption §6: an encrypted image is fetched as it was offered, and runs in the clear", async () => {
    const secret = { ...newSecret(16), algorithm: algorithmById(-3) };
    const { info, ciphertext } = encryptPayload(bytes, [secret]);
    const install = [
      override([PARAMETER.encryptionInfo, { form: "bytes", bytes: info }], [PARAMETER.uri, words("fw.enc")]),
      plain(COMMAND.fetch),
      plain(COMMAND.imageMatch),
    ];
    offers(release({ ...planFor("fw.enc"), install }, AUTHOR));
    gateway.image = testImage(ciphertext);
    start({ suit: { ...SUIT, keys: [secret] } });
    await gateway.until(() => updated() === 1);
    expect(view()).toMatchObject({ runningVersion: "2.0.0", runningDigest: testImage(bytes).digest.toString("hex") });
  });

  test("RFC 7252 §5.7.2: what the gateway has not under a path of its own it is asked for as a proxy", async () => {
    offers(release(planFor("coap://acme.example/deep/fw.bin"), AUTHOR));
    gateway.image = { ...testImage(Buffer.from(bytes).reverse()), digest: Buffer.alloc(32, 5) };
    gateway.proxied.set("acme.example/deep/fw.bin", testImage(bytes));
    start({ suit: SUIT });
    await gateway.until(() => updated() === 1);
    expect(view().runningVersion).toBe("2.0.0");
  });

  test("suit-manifest-37 §6.2: an offer without an envelope installs nothing", async () => {
    gateway.image = testImage(bytes);
    start({ suit: SUIT });
    await gateway.until(() => said(60107) === 6);
    expect(view()).toMatchObject({ reason: "refused", runningVersion: "1.0.0" });
    expect(gateway.blocksServed).toHaveLength(0);
  });

  test("suit-manifest-37 §6.2: an envelope that was changed installs nothing, and its image is not fetched", async () => {
    const envelope = new Uint8Array(release(planFor("#image"), AUTHOR));
    envelope[60] = (envelope[60] ?? 0) ^ 1; // in the signature
    offers(envelope);
    start({ suit: SUIT });
    await gateway.until(() => said(60107) === 6);
    expect([view().runningVersion, reason()]).toEqual(["1.0.0", 4]);
    expect(gateway.blocksServed).toHaveLength(1);
  });

  test("suit-report: of four nodes that fail each says it in its own way", async () => {
    offers(release(planFor("#image"), AUTHOR));
    start({ nodes: 4, failShare: 1, suit: SUIT });
    const reasons = () => [...gateway.state.values()].map((leaves) => leaves.get(60107)).sort();
    await gateway.until(() => reasons().length === 4 && reasons().every((one) => one !== undefined));
    expect(reasons()).toEqual([0, 1, 4, 5]); // digest-mismatch, no-space, flash-error, boot-failed
  });
});

test("edits are applied and their revision is told", async () => {
  const encoder = new Encoder({ mapsAsObjects: false });
  gateway.edits = { revision: 5, payload: encoder.encode(new Map([[60033, 30]])) };
  start();
  await gateway.until(() => gateway.checkIns.some(({ body }) => body.get(3) === 5));
  expect(gateway.checkIns.filter(({ body }) => body.get(3) === 5)).toHaveLength(1);
});

test("a check-in with two readings and nothing pending takes at most 64 bytes of CoAP", async () => {
  start();
  const twoReadings = () =>
    gateway.checkIns.find(({ body }) => [...leavesBySid(body).keys()].join() === "60202,60203" && body.size === 3);
  await gateway.until(() => twoReadings() !== undefined);
  const found = twoReadings();
  console.log(`check-in with two readings: ${found?.datagram.length} bytes: ${found?.datagram.toString("hex")}`);
  expect(found?.datagram.length).toBeLessThanOrEqual(64);
});

test("a gateway that is not there yet is found when it comes", async () => {
  gateway.close();
  const all = start();
  while (all.stats().datagrams === 0) await new Promise((resolve) => setImmediate(resolve)); // sent to a closed port
  gateway = new TestGateway();
  await gateway.start(Number(new URL(address).port));
  await gateway.until(() => view().reports > 0);
  expect(view().retransmissions).toBeGreaterThan(0);
});

test("an address that is none is an error of the caller", () => {
  expect(() => start({ gateway: "http://127.0.0.1" })).toThrow(expect.objectContaining({ code: "cli.usage" }));
});
