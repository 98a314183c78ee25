/**
 * Waves with real processes: a campaign that stops by itself before its second wave got an offer, read from the journal that
 * the gateway left. In the drill `sidgate try` at its full size: five hundred nodes, a gateway that is killed, patches.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { CampaignRow } from "../../gateway/admin/api/index.ts";
import { introduceSecured } from "../../gateway/app/sim/fleet-credentials.ts";
import type { TrialResult } from "../../gateway/app/try/index.ts";
import { millis, minutes, type NodeId, SILENT, systemClock } from "../../gateway/base/index.ts";
import { fleetEndpoints, makeImage, startFleet } from "../../gateway/sim/index.ts";
import { type Fact, openFileJournal } from "../../gateway/store/index.ts";
import { drill } from "../support/drill.ts";
import { eventually, GatewayProcess, sidgate } from "../support/gateway-process.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-campaign-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function factsIn(data: string): Promise<readonly Fact[]> {
  const journal = await openFileJournal({ folder: join(data, "journal"), log: SILENT });
  try {
    return await journal.read(journal.first, journal.last);
  } finally {
    await journal.close();
  }
}

/** Nodes that were offered something, wave by wave. */
function offeredByWave(facts: readonly Fact[]): readonly number[] {
  const created = facts.find((fact) => fact.type === "campaign.created");
  const offered = new Set<NodeId>();
  for (const fact of facts) if (fact.type === "ota.phase" && fact.to === "offered") offered.add(fact.node);
  return created?.groups?.map((part) => part.filter((node) => offered.has(node)).length) ?? [];
}

const RATE = 600;
const YAML = `trust: { mode: lab }\nclock: { rate: ${RATE} }\nnodes: { wake-interval: 8m }`;

test("UX-R10 UX-R12: failures of the first wave stop the campaign before the second one got an offer", async () => {
  const gateway = await GatewayProcess.start(YAML, "off");
  const endpoints = fleetEndpoints(12);
  const fleet = startFleet({
    gateway: `coap://127.0.0.1:${gateway.coapPort}`,
    endpoints,
    credentials: await introduceSecured(gateway.client, endpoints),
    seed: 7,
    failShare: 0.75,
    wakeInterval: minutes(8),
    clock: systemClock(RATE),
    ackTimeout: millis(150),
    model: "trv",
  });
  try {
    await eventually("every node reported", () => fleet.nodes().every(({ reports }) => reports > 0));
    const path = join(folder, "image.bin");
    await writeFile(path, makeImage("trv", "2.0.0", 8_000));
    const { id } = await gateway.client.addImage<{ id: string }>({ path, model: "trv", version: "2.0.0" });
    const groups = [
      { name: "canary", size: "40%" },
      { name: "rest", size: "rest" },
    ];
    await gateway.client.command("campaign.create", { image: id, groups, stopAtPct: 25, attempts: 1 });
    const row = async () => (await gateway.client.get<CampaignRow[]>("/api/campaigns"))[0];
    await eventually("the campaign has stopped", async () => (await row())?.state === "stopped");
    // What the nodes of the second wave ask for from then on, they do not get either.
    const reports = fleet.stats().reports;
    await eventually("every node woke again", () => fleet.stats().reports > reports + endpoints.length);
    expect((await row())?.groups.map(({ state }) => state)).toEqual(["open", "closed"]);
    await fleet.close();
    await gateway.kill();
    const [canary, rest] = offeredByWave(await factsIn(gateway.data));
    expect(canary).toBeGreaterThan(0);
    expect(rest).toBe(0);
  } finally {
    await fleet.close();
    await gateway.stop();
  }
});

// -- the drill --------------------------------------------------------------------------------------------------------

async function tryOut(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly result: TrialResult }> {
  const { code, stdout, stderr } = await sidgate(["try", "--json", "--data", folder, ...args]);
  if (!stdout.startsWith("{")) throw new Error(`sidgate try said: ${stdout}${stderr}`);
  return { code, result: JSON.parse(stdout) as TrialResult };
}

drill(
  "five hundred nodes of which some fail and some fall silent stop by themselves",
  async () => {
    const { code, result } = await tryOut("--nodes", "500", "--loss", "5%", "--fail", "10%", "--silent", "3%");
    expect(result).toMatchObject({ nodes: 500, state: "stopped", checked: { violations: [] } });
    expect(code).toBe(3);
    const closed = result.groups.filter(({ state }) => state === "closed");
    expect(closed.length).toBeGreaterThan(0);
    expect(closed.map(({ offered }) => offered)).toEqual(closed.map(() => 0));
    const facts = await factsIn(join(folder, "data"));
    expect(offeredByWave(facts)).toEqual(result.groups.map(({ offered }) => offered));
  },
  400_000,
);

drill(
  "sixty nodes are updated while the gateway is killed again and again",
  async () => {
    const { code, result } = await tryOut("--nodes", "60", "--waves", "10", "--kill");
    expect(result).toMatchObject({ nodes: 60, done: 60, state: "done", checked: { violations: [] } });
    expect(result.kills).toBeGreaterThanOrEqual(3);
    expect(code).toBe(0);
  },
  400_000,
);

drill(
  "a small change is fetched as a patch",
  async () => {
    const { code, result } = await tryOut("--nodes", "25", "--delta");
    expect(result).toMatchObject({ done: 25, state: "done", checked: { violations: [] } });
    expect(code).toBe(0);
    expect(result.blocks).toBeLessThan((result.wholeBlocks ?? 0) / 5);
  },
  200_000,
);
