/** What a wake costs on the wire: whole CoAP messages, sent by an independent client to the real engine. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, UdpTransport } from "../../gateway/coap/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { startCampaign } from "../support/campaign.ts";
import { CoapPeer } from "../support/coap-peer.ts";
import { bytes, hex, openServices, type Services } from "../support/services.ts";

const IMAGE = Buffer.from("a new image for n17 ".repeat(100));
const ENVELOPE = { id: "ab12cd3", bytes: new Uint8Array(), digest: "", release: "" };
let folder: string;
let services: Services;
let engine: Engine;
let node: CoapPeer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-wire-"));
  services = await openServices({
    images: await openFileImages({ folder, cacheBytes: 1 << 20 }),
    // Of a release; how it is chosen and tailored: envelope.test.ts.
    envelopes: () => ({ offerFor: () => ENVELOPE, find: () => undefined }),
  });
  await services.join("n17");
  const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
  const { handler, checkIn } = services;
  const clock = systemClock();
  engine = new Engine({
    transports: [transport],
    clock,
    random: seededRandom(1),
    log: SILENT,
    handler,
    lanes: { checkIn },
  });
  await engine.start();
  node = await CoapPeer.connect(Number(transport.local?.split(":").at(-1)));
});
afterEach(async () => {
  node.close();
  await engine.close();
  await rm(folder, { recursive: true });
});

const wake = (payload: string, messageId?: number) =>
  node.request({
    method: "POST",
    path: "c",
    query: ["ep=n17"],
    format: 142,
    payload: bytes(payload),
    ...(messageId === undefined ? {} : { messageId }),
  });

const SIZES: ReadonlyArray<readonly [name: string, payload: string, up: number, down: number]> = [
  ["two readings, the answer tells the time", "a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c482211908 66 02 182d", 40, 20],
  [
    "two readings of a node that keeps its own time",
    "a1 19ea61 a3 02 01 05 a1 18c3 a2 01 c482211908 66 02 182d 09 f6",
    42,
    6,
  ],
  ["nothing new", "a1 19ea61 a2 02 01 09 f6", 27, 6],
];

test.each(SIZES)("%s: %#", async (name, payload, up, down) => {
  const { code, requestBytes, answerBytes } = await wake(payload);
  expect(code).toBe("2.04");
  console.log(
    `${name}\n  up   ${requestBytes.length} bytes ${hex(requestBytes)}\n  down ${answerBytes.length} bytes ${hex(answerBytes)}`,
  );
  expect([requestBytes.length, answerBytes.length]).toEqual([up, down]);
  expect(Math.max(up, down)).toBeLessThanOrEqual(64);
});

test("a retransmitted datagram and a new exchange with the same report get the same payload", async () => {
  const report = "a1 19ea61 a2 02 07 05 a1 18c3 a1 02 182d";
  const first = await wake(report, 0x0777);
  const facts = services.journal.last;
  const again = await wake(report, 0x0777);
  const anew = await wake(report);
  expect(hex(again.answerBytes)).toBe(hex(first.answerBytes));
  expect(hex(anew.payload)).toBe(hex(first.payload));
  expect(services.journal.last).toBe(facts);
});

test("an offer names image and envelope", async () => {
  const { images, ledger, registry } = services;
  async function* source() {
    yield IMAGE;
  }
  const image = await images.add(source(), { name: "fw.bin", model: "trv", version: "2" }, "test", ledger);
  const nodes = [...registry.nodes()].map(({ id }) => ({ id }));
  await startCampaign({ image, nodes, stopAtPct: 10, silentAfter: 8 }, services);
  const { payload, answerBytes } = await wake("a1 19ea61 a2 02 01 09 f6");
  console.log(`an offer: ${answerBytes.length} bytes ${hex(answerBytes)}`);
  expect(hex(payload)).toBe(
    hex(
      bytes(`
        a1 19ea61 a2
          0b 1a6b0187c0
          0f a4
            01 5820 e4becf5e88526f68073785cc10ba51d9459a13d5f759513ab3ac9f5526b16359
            02 1907d0
            03 68 662f 776a7a637971
            0d 69 662f 61623132636433`),
    ),
  );
  expect(answerBytes.length).toBe(82);
});
