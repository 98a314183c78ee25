/**
 * The product's main job with real processes: `sidgate run`, simulated nodes on npm coap, an image, a campaign, MQTT
 * watched from outside, all of it under OSCORE. And again while the gateway is killed with -9 in the middle of it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { watchCloud } from "../../cloud-bridge/app/index.ts";
import type { CampaignDetail, NodeRow } from "../../gateway/admin/api/index.ts";
import { introduceSecured } from "../../gateway/app/sim/fleet-credentials.ts";
import { millis, minutes, systemClock } from "../../gateway/base/index.ts";
import { examineImage, type Fleet, fleetEndpoints, makeImage, startFleet } from "../../gateway/sim/index.ts";
import { drill } from "../support/drill.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";

const RATE = 600;
/** Missed wakes; at this rate one passes in a second, in which a busy machine may not answer anybody. */
const PATIENT = 1000;
const YAML = `trust: { mode: lab }\nclock: { rate: ${RATE} }\nnodes: { wake-interval: 10m }`;
let gateway: GatewayProcess;
let fleet: Fleet | undefined;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-update-"));
  gateway = await GatewayProcess.start(YAML, "off");
});

afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
  await gateway.stop();
  await rm(folder, { recursive: true });
});

async function nodesReport(
  count: number,
  options: { readonly loss?: number; readonly blocksPerWake?: number } = {},
): Promise<void> {
  const endpoints = fleetEndpoints(count);
  const credentials = await introduceSecured(gateway.client, endpoints);
  fleet = startFleet({
    gateway: `coap://127.0.0.1:${gateway.coapPort}`,
    endpoints,
    credentials,
    seed: 7,
    wakeInterval: minutes(10),
    clock: systemClock(RATE),
    ackTimeout: millis(150),
    model: "trv",
    ...options,
  });
  await eventually("every node reported", async () =>
    (await gateway.client.get<NodeRow[]>("/api/nodes")).every(({ model }) => model === "trv"),
  );
}

async function startCampaign(image: Uint8Array): Promise<string> {
  const path = join(folder, "image.bin");
  await writeFile(path, image);
  const { id } = (await gateway.client.addImage({ path, model: "trv", version: "2.0.0" })) as { id: string };
  const { campaign } = (await gateway.client.command("campaign.create", { image: id, silentAfter: PATIENT })) as {
    campaign: string;
  };
  return campaign;
}

const detail = (campaign: string): Promise<CampaignDetail> =>
  gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`);

test("six nodes update through the gateway, and a cloud app sees it", async () => {
  const cloud = await watchCloud(`mqtt://127.0.0.1:${gateway.brokerPort}`, "sidgate/1/#");
  try {
    await nodesReport(6, { loss: 0.05 });
    const image = makeImage("trv", "2.0.0", 10_000);
    const campaign = await startCampaign(image);
    await eventually("the campaign is done", async () => (await detail(campaign)).state === "done");
    const { digest } = examineImage(image);
    expect((await detail(campaign)).counts).toMatchObject({ total: 6, done: 6, failed: 0, silent: 0 });
    expect(fleet?.nodes().map(({ runningDigest }) => runningDigest)).toEqual(Array(6).fill(digest));
    expect((await gateway.client.get<NodeRow[]>("/api/nodes")).map((row) => row.version)).toEqual(
      Array(6).fill("2.0.0"),
    );
    expect(cloud.messages()).toBeGreaterThan(50);
  } finally {
    await cloud.close();
  }
});

const KILLS = 10;

drill(
  "ten kills in mid-campaign lose no report and no campaign state",
  async () => {
    await nodesReport(5, { blocksPerWake: 8 });
    const image = makeImage("trv", "2.0.0", 40_000);
    const campaign = await startCampaign(image);
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 200 + 37 * kill));
      const before = await detail(campaign);
      const reportsBefore = (await gateway.client.get<{ journal: { lastDurable: number } }>("/api/status")).journal
        .lastDurable;
      await gateway.kill();
      await gateway.up();
      const after = await detail(campaign);
      expect(after.nodes.map(({ node }) => node)).toEqual(before.nodes.map(({ node }) => node));
      expect(after.counts.done).toBeGreaterThanOrEqual(before.counts.done);
      expect(gateway.status.journal.last).toBeGreaterThanOrEqual(reportsBefore);
    }
    await eventually("the campaign is done", async () => (await detail(campaign)).state === "done", 60_000);
    expect((await detail(campaign)).counts).toMatchObject({ total: 5, done: 5 });
  },
  150_000,
);
