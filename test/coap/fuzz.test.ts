/** Mutated datagrams, the first thousands of what `npm run fuzz -- coap` throws; and what a flood leaves behind. */
import { expect, test } from "@jest/globals";
import { millis, SILENT, seededRandom } from "../../gateway/base/index.ts";
import { Engine } from "../../gateway/coap/index.ts";
import { encodeBlockOption, encodeMessage } from "../../gateway/wire/coap/index.ts";
import { runCampaign } from "../fuzz/campaign.ts";
import { inDrill } from "../support/drill.ts";
import { GATEWAY } from "../support/lockstep.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const COUNT = inDrill(4_000, 60_000);

test("thousands of mutated datagrams: no fault, no word of ours, no stranger served too much, every table within its limit", async () => {
  const findings = await runCampaign({ count: COUNT, seed: 20_261_121, udpShare: 0.02 });
  expect(findings).toMatchObject({ amplified: [], leaks: [], faults: [], overflows: [] });
  const { stats } = findings;
  expect(stats.failures).toBe(0);
  // the datagrams reach every part: broken ones, refused ones, blocks, check-ins, observations
  expect(stats.malformed).toBeGreaterThan(COUNT / 6);
  expect(stats.requests).toBeGreaterThan(COUNT / 6);
  expect(stats.blocksServed).toBeGreaterThan(20);
  expect(stats.checkIns).toBeGreaterThan(20);
  expect(stats.notifications).toBeGreaterThan(3);
  expect(stats.duplicates).toBeGreaterThan(20);
  expect(stats.portZero).toBeGreaterThan(3);
});

test("what a flood left behind is gone after its lifetimes", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const engine = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(1),
    log: SILENT,
    handler: () => ({ code: "2.05", payload: new Uint8Array(2000) }),
  });
  await engine.start();
  const block1 = { number: 27, value: encodeBlockOption({ num: 0, more: true, szx: 0 }) };
  for (let peer = 0; peer < 2000; peer++) {
    const node = network.endpoint({ address: "192.0.2.9", port: 1024 + peer });
    for (let messageId = 0; messageId < 4; messageId++) {
      const token = Uint8Array.of(messageId);
      const path = { number: 11, value: Uint8Array.of(97 + messageId) };
      const message = {
        type: "CON",
        code: 3,
        messageId,
        token,
        options: [path, block1],
        payload: new Uint8Array(16),
      } as const;
      node.send(encodeMessage(message), GATEWAY);
      const get = { ...message, code: 1, messageId: 100 + messageId, options: [path], payload: new Uint8Array(0) };
      node.send(encodeMessage(get), GATEWAY);
    }
  }
  const { kept } = engine.stats();
  expect(kept).toMatchObject({ dedup: 16_000, bodies: 64, snapshots: 256 });
  await clock.advance(millis(900_000));
  expect(Object.values(engine.stats().kept).every((size) => size === 0)).toBe(true);
  await engine.close();
});
