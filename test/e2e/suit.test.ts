/**
 * Trust from the author to the flash with real processes: a gateway that requires signed releases, and nodes under OSCORE that
 * verify what they install: one by the author's signature, one that knows no signature by the MAC of its gateway.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { CampaignDetail, NodeRow } from "../../gateway/admin/api/index.ts";
import { introduceSecured } from "../../gateway/app/sim/fleet-credentials.ts";
import { trialAuthor } from "../../gateway/app/try/trial-author.ts";
import { millis, minutes, systemClock } from "../../gateway/base/index.ts";
import { examineImage, type Fleet, fleetEndpoints, makeImage, startFleet } from "../../gateway/sim/index.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";

const RATE = 600;
/** Missed wakes; at this rate one passes in a second, in which a busy machine may not answer anybody. */
const PATIENT = 1000;
const MODEL = "trv";
const YAML = `trust: { node-mac: when-needed }\nclock: { rate: ${RATE} }\nnodes: { wake-interval: 10m }`;
let gateway: GatewayProcess;
let fleet: Fleet | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-suit-"));
  gateway = await GatewayProcess.start(YAML, "off");
});

afterAll(async () => {
  await fleet?.close();
  await gateway.stop();
  await rm(folder, { recursive: true });
});

async function addImage(bytes: Uint8Array, version: string): Promise<string> {
  const path = join(folder, "image.bin");
  await writeFile(path, bytes);
  const added = (await gateway.client.addImage({ path, model: MODEL, version })) as { readonly id: string };
  return added.id;
}

test("suit-manifest-37 §6.2: a signed release reaches both nodes, and one that nobody signed none", async () => {
  const { client } = gateway;
  const author = await trialAuthor(client);
  const endpoints = fleetEndpoints(2);
  fleet = startFleet({
    gateway: `coap://127.0.0.1:${gateway.coapPort}`,
    endpoints,
    credentials: await introduceSecured(client, endpoints),
    seed: 3,
    wakeInterval: minutes(10),
    clock: systemClock(RATE),
    ackTimeout: millis(500),
    model: MODEL,
    suit: { anchors: [author.publicKey], vendor: author.vendor, smallShare: 0.5 },
  });
  await eventually("both nodes reported", async () =>
    (await client.get<NodeRow[]>("/api/nodes")).every(({ model }) => model === MODEL),
  );

  const unsigned = makeImage(MODEL, "6.6.6", 3000, 2);
  await expect(addImage(unsigned, "6.6.6")).rejects.toMatchObject({ code: "image.unsigned" });

  const bytes = makeImage(MODEL, "2.0.0", 3000);
  await author.release({ bytes, model: MODEL, version: "2.0.0" });
  const { campaign } = (await client.command("campaign.create", {
    image: await addImage(bytes, "2.0.0"),
    silentAfter: PATIENT,
  })) as {
    readonly campaign: string;
  };
  const detail = (): Promise<CampaignDetail> => client.get<CampaignDetail>(`/api/campaigns/${campaign}`);
  await eventually("the campaign is done", async () => (await detail()).state === "done", 60_000);
  expect((await detail()).counts).toMatchObject({ total: 2, done: 2, failed: 0 });
  expect(fleet.stats()).toMatchObject({ updated: 2, verified: 2, failed: 0 });
  expect(fleet.nodes().map(({ runningDigest }) => runningDigest)).toEqual(Array(2).fill(examineImage(bytes).digest));
}, 120_000);
