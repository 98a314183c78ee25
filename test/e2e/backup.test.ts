/**
 * docs/deployment.md, "Backup and restore" — a site whose campaign is under way, backed up while it runs, goes on from the backup:
 * the same nodes, trees, images and counts, the same answers to what nodes repeat, and a cloud that sees where history was put back.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { CampaignRow, ImageRow, NodeDetail } from "../../gateway/admin/api/index.ts";
import { DURABLE, hasRedis, startRedis } from "../store/redis-server.ts";
import {
  hasMosquitto,
  type Mosquitto,
  type Subscriber,
  startMosquitto,
  subscribe,
} from "../support/bridge-mosquitto.ts";
import { CoapPeer } from "../support/coap-peer.ts";
import { drill, inDrill } from "../support/drill.ts";
import { BIN, eventually, GatewayProcess, sidgate } from "../support/gateway-process.ts";

const NODES = inDrill(
  ["room-1", "room-2", "room-3"],
  Array.from({ length: 40 }, (_, index) => `room-${index + 1}`),
);
/** Of those that a gateway keeps by itself; one more than it keeps in the drill. */
const KEPT_MADE = inDrill(1, 6);
const MOST_KEPT = 5;

let folder: string;
let gateway: GatewayProcess;
let broker: Mosquitto | undefined;
let cloud: Subscriber | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-backup-"));
  broker = hasMosquitto ? await startMosquitto() : undefined;
  cloud = broker && (await subscribe(broker.port, "sidgate/1/+/event", "311"));
  gateway = await GatewayProcess.start(`trust: { mode: lab }${broker ? `\nmqtt: { url: "${broker.url}" }` : ""}`);
});
afterAll(async () => {
  await gateway.stop();
  await cloud?.close();
  await broker?.close();
  await rm(folder, { recursive: true });
});

const ask = (...args: readonly string[]) => sidgate([...args, "--config", gateway.config]);

/** Reports of a check-in, {60001: {2: number, 5: data}}: what the node is, and later what it measured. */
const REPORTS = {
  1: "a1 19ea61 a2 02 01 05 a1 1818 a1 01 63747276", // model "trv"
  2: "a1 19ea61 a2 02 02 05 a1 18c3 a2 01 c48221190866 02 182d", // 21.5 degrees, 45 per cent
} as const;

/** What each node is answered, as hex: an offer or the time. */
async function checkIn(number: 1 | 2, nodes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const peer = await CoapPeer.connect(gateway.coapPort);
  const answers = new Map<string, string>();
  try {
    for (const node of nodes) {
      const { code, payload } = await peer.request({
        method: "POST",
        path: "c",
        query: [`ep=${node}`],
        format: 142,
        payload: Buffer.from(REPORTS[number].replaceAll(" ", ""), "hex"),
        messageId: Math.floor(Math.random() * 65_536),
      });
      answers.set(node, `${code} ${Buffer.from(payload).toString("hex")}`);
    }
  } finally {
    peer.close();
  }
  return answers;
}

/** What must be the same before and after: all that people and clouds see of nodes, campaigns and images. */
async function told() {
  const { client } = gateway;
  const nodes = await Promise.all(NODES.map((node) => client.get<NodeDetail>(`/api/nodes/${node}`)));
  return {
    nodes: nodes.map(({ trace: _since, ...node }) => node),
    campaigns: await client.get<CampaignRow[]>("/api/campaigns"),
    images: await client.get<ImageRow[]>("/api/images"),
  };
}

const isDigest = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

interface Event {
  readonly epoch: number;
  readonly seq: string;
  readonly "prev-seq": string;
}

test("a site in the middle of a campaign goes on from its backup under a new epoch", async () => {
  const { client } = gateway;
  const events = (): readonly Event[] => (cloud?.lines ?? []).map(({ payload }) => JSON.parse(payload));
  for (const endpoint of NODES) await client.command("node.add", { endpoint, plain: true });
  const path = join(folder, "trv.bin");
  await writeFile(path, Buffer.alloc(20_000, "trv"));
  const { id } = await client.addImage<{ id: string }>({ path, model: "trv", version: "2.0.0" });
  await checkIn(1, NODES);
  await client.command("campaign.create", { image: id });
  const woken = NODES.slice(1); // one is still to be offered it
  const answers = await checkIn(2, woken);
  const before = await told();
  expect(before.campaigns).toMatchObject([{ state: "running" }]);

  const file = join(folder, "site.tar.gz");
  const made = await ask("backup", file, "--keys", "--label", "before the move");
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("It has the site's key") });
  await client.command("node.add", { endpoint: "room-late", plain: true }); // is not in it
  const { epoch } = gateway.status;
  await gateway.kill();
  await rm(gateway.data, { recursive: true });
  const restored = await ask("restore", file);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(restored.stdout).toContain("begins a new epoch by itself");

  await gateway.up();
  expect(gateway.status.epoch).toBeGreaterThan(epoch);
  expect(gateway.output).toContain(`epoch ${gateway.status.epoch} now. It was restored from a backup`);
  expect(await told()).toEqual(before);
  expect(await checkIn(2, woken)).toEqual(answers);
  expect(await told()).toEqual(before);
  if (cloud === undefined) return;
  const isNew = (event: Event): boolean => event.epoch === gateway.status.epoch;
  await cloud.until(() => events().some(isNew));
  expect(new Set(events().map((event) => event.epoch))).toEqual(new Set([epoch, gateway.status.epoch]));
  expect(events().find(isNew)).toHaveProperty("prev-seq", "0");
}, 120_000);

test("a backup by command lies in the data folder, without the key, and never more than five", async () => {
  const place = join(gateway.data, "backups");
  const all = async () => readdir(place).catch(() => []);
  const kept = async () => (await all()).filter((name) => name.endsWith(".tar.gz") && !name.startsWith("."));
  for (let n = 0; n < KEPT_MADE; n++) {
    await gateway.client.command("backup", { label: `n ${n}` });
    // It is done when what it froze is gone, too: before that the next one is refused.
    const isDone = (names: readonly string[]): boolean =>
      names.some((name) => name.endsWith(`-n-${n}.tar.gz`)) && !names.some((name) => name.startsWith("."));
    await eventually("the backup lies there", async () => isDone(await all()));
  }
  const names = await kept();
  expect(names.length).toBe(Math.min(KEPT_MADE, MOST_KEPT));
  const copy = join(gateway.data, "backups", names[0] ?? "");
  expect((await readFile(copy)).length).toBeGreaterThan(0);
  const restored = await ask("restore", copy, "--data", join(folder, "copy"));
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining("The site's key is not there") });
});

(hasRedis ? test : test.skip)(
  "a site moves from its folder into Redis, and by a backup of that into a folder",
  async () => {
    const before = await told();
    const { site, epoch } = gateway.status;
    await gateway.kill();
    const file = join(folder, "moved.tar.gz");
    expect(await ask("backup", file, "--keys")).toMatchObject({ code: 0 });
    const former = `${gateway.data}-former`;
    await rename(gateway.data, former);
    const inFolder = await readFile(gateway.config, "utf8");
    const redis = await startRedis(folder, ...DURABLE);
    await writeFile(gateway.config, `${inFolder}\nstore: { redis: "${redis.url}" }\n`);
    try {
      expect(await ask("restore", file)).toMatchObject({ code: 0, stdout: expect.stringContaining("into Redis and ") });
      await gateway.up();
      expect(gateway.status.site).toBe(site);
      expect(gateway.status.epoch).toBeGreaterThan(epoch);
      expect(await told()).toEqual(before);

      await gateway.client.command("backup", { label: "of redis" });
      const place = join(gateway.data, "backups");
      // Not the draft, which has the same end.
      const isMade = (name: string): boolean => name.startsWith(site) && name.endsWith("-of-redis.tar.gz");
      const made = async () => (await readdir(place).catch(() => [])).find(isMade);
      await eventually("the backup lies there", async () => (await made()) !== undefined);
      const again = join(place, (await made()) ?? "");
      const data = join(folder, "again");
      await writeFile(gateway.config, inFolder);
      expect(await ask("restore", again, "--data", data)).toMatchObject({ code: 0 });
      expect((await readdir(join(data, "images"))).sort()).toEqual(
        (await readdir(join(former, "images"))).filter(isDigest).sort(),
      );
    } finally {
      await gateway.kill();
      await writeFile(gateway.config, inFolder);
      await rm(gateway.data, { recursive: true });
      await rename(former, gateway.data);
      await redis.stop();
    }
  },
);

// -- the drill --------------------------------------------------------------------------------------------------------

const KILLS = 6;
const LARGE = 12 << 20;

/** Starts a command and kills it, at another moment each time. Whether it had ended before. */
async function killed(share: number, wholeMs: number, ...args: readonly string[]): Promise<boolean> {
  const child: ChildProcess = spawn(process.execPath, [BIN, ...args], { stdio: "ignore" });
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), wholeMs * share);
  const [code] = await ended;
  clearTimeout(timer);
  return code === 0;
}

/** Digests of what a backup takes, by path. */
async function contentOf(data: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const kept = paths.filter((path) => !path.includes("/backups/") && !/(lock\.mdb|restored\.json)$/.test(path));
  return new Map(
    await Promise.all(
      kept.sort().map(async (path) => {
        const digest = createHash("sha256").update(await readFile(path));
        return [path.slice(data.length), digest.digest("hex")] as const;
      }),
    ),
  );
}

drill(
  "sidgate backup and sidgate restore are killed at any moment: afterwards nothing is there, or the whole",
  async () => {
    await gateway.kill();
    await gateway.up();
    const path = join(folder, "large.bin");
    for (const version of ["3.0.0", "3.0.1", "3.0.2"]) {
      await writeFile(path, randomBytes(LARGE));
      await gateway.client.addImage({ path, model: "trv", version });
    }
    await gateway.kill();
    const file = join(folder, "killed.tar.gz");
    const backup = ["backup", file, "--keys", "--data", gateway.data];
    let begun = Date.now();
    expect(await sidgate(backup)).toMatchObject({ code: 0 });
    const backupMs = Date.now() - begun;
    const whole = join(folder, "whole");
    begun = Date.now();
    expect(await sidgate(["restore", file, "--data", whole])).toMatchObject({ code: 0 });
    const restoreMs = Date.now() - begun;
    const content = await contentOf(whole);
    const outcomes = { backups: 0, restores: 0, nothing: 0 };

    for (let kill = 0; kill < KILLS; kill++) {
      await rm(file, { force: true });
      const share = 0.2 + (kill + Math.random()) / KILLS;
      const isDone = await killed(share, backupMs, ...backup);
      const isThere = (await readdir(folder)).includes("killed.tar.gz");
      if (isDone) expect(isThere).toBe(true);
      if (isThere) outcomes.backups++;
      else expect(await sidgate(backup)).toMatchObject({ code: 0 });
      expect((await readdir(join(gateway.data, "backups"))).filter((name) => name.startsWith(".") && !isThere)).toEqual(
        [],
      );

      const data = join(folder, `killed-${kill}`);
      await killed(share, restoreMs, "restore", file, "--data", data);
      const again = await sidgate(["restore", file, "--data", data]);
      if (again.code === 0) outcomes.nothing++;
      else {
        expect(again.stderr).toContain("[backup.occupied]");
        outcomes.restores++;
        // Killed behind its moment, it is finished by who opens the folder next.
        expect(await sidgate(["backup", join(folder, "next.tar.gz"), "--data", data])).toMatchObject({ code: 0 });
      }
      expect(await contentOf(data)).toEqual(content);
      await rm(data, { recursive: true });
    }
    process.stdout.write(`backup and restore: ${KILLS} kills each, ${JSON.stringify(outcomes)}\n`);
  },
  600_000,
);
