/** docs/deployment.md, "Backup and restore" — a site with a node and an image, backed up while it runs, goes on from the backup. */

import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { CampaignRow, ImageRow, NodeDetail } from "../../gateway/admin/api/index.ts";
import { hasMosquitto, type Line, type Subscriber, subscribe } from "../support/bridge-mosquitto.ts";
import { GatewayProcess, sidgate } from "../support/gateway-process.ts";

let folder: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-backup-"));
  gateway = await GatewayProcess.start("trust: { mode: lab }");
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

const ask = (...args: readonly string[]) => sidgate([...args, "--config", gateway.config]);
const events = (lines: readonly Line[]) =>
  lines.filter(({ topic }) => topic.endsWith("/event")).map(({ payload }) => JSON.parse(payload));

async function told() {
  const [nodes, campaigns, images] = await Promise.all([
    gateway.client.get<NodeDetail>("/api/nodes/room-1"),
    gateway.client.get<CampaignRow[]>("/api/campaigns"),
    gateway.client.get<ImageRow[]>("/api/images"),
  ]);
  const { trace: _since, ...node } = nodes;
  return { node, campaigns, images };
}

const withMosquitto = hasMosquitto ? test : test.skip;

withMosquitto(
  "a site goes on from its backup under a new epoch (needs mosquitto_sub)",
  async () => {
    const { client } = gateway;
    await client.command("node.add", { endpoint: "room-1", plain: true });
    const coap = `coap://127.0.0.1:${gateway.coapPort}`;
    const report = await sidgate(["ask", "POST", `${coap}/c?ep=room-1`, "--payload", "a0", "--format", "140"]);
    expect(report.stderr).not.toContain("sidgate:");
    const image = join(folder, "trv.bin");
    await writeFile(image, Buffer.alloc(20_000, "trv"));
    await client.addImage({ path: image, model: "trv", version: "2.0.0" });
      const before = await told();

    const file = join(folder, "site.tar.gz");
    const made = await ask("backup", file, "--keys", "--label", "before the move");
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("It has the site's key") });
    await client.command("node.add", { endpoint: "room-2", plain: true }); // is not in it
    const { epoch } = gateway.status;
    await gateway.kill();
    expect((await ask("restore", file)).stderr).toContain("[backup.occupied]");
    await rm(gateway.data, { recursive: true });
    const restored = await ask("restore", file);
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining("begins a new epoch by itself") });

    await gateway.up();
    expect(gateway.status.epoch).toBeGreaterThan(epoch);
    expect(await told()).toEqual(before);
    expect(gateway.output).toContain(`epoch ${gateway.status.epoch} now. It was restored from a backup`);
    const cloud: Subscriber = await subscribe(gateway.brokerPort, "sidgate/1/#", "311");
    await client.command("node.add", { endpoint: "room-3", plain: true });
    const lines = await cloud.until((all) => events(all).some(({ epoch: of }) => of === gateway.status.epoch));
    expect(events(lines).find(({ epoch: of }) => of === gateway.status.epoch)).toHaveProperty("prev-seq");
    await cloud.close();
  },
  60_000,
);

test("a backup by command lies in the data folder, and five of them at most", async () => {
  const { client } = gateway;
  for (let n = 0; n < 6; n++) {
    await client.command("backup", { label: `n ${n}` });
    const folderOf = join(gateway.data, "backups");
    for (;;) {
      const names = await readdir(folderOf).catch(() => []);
      if (names.some((name) => name.endsWith(`-n-${n}.tar.gz`) && !name.startsWith("."))) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const kept = (await readdir(join(gateway.data, "backups"))).filter((name) => !name.startsWith("."));
  expect(kept.length).toBe(5);
  const [name = ""] = kept;
  const bytes = await readFile(join(gateway.data, "backups", name));
  expect(createHash("sha256").update(bytes).digest("hex")).toMatch(/^[0-9a-f]{64}$/);
  expect(await ask("restore", join(gateway.data, "backups", name), "--data", join(folder, "copy"))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("The site's key is not there"),
  });
}, 60_000);
