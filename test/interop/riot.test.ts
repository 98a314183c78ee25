/**
 * RIOT's update from end to end: an author makes and signs a release, a gateway believes it, and a node that shares no line with
 * us (aiocoap, cbor2, cryptography) is told, fetches, verifies and installs it as RIOT's sys/suit does.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { CampaignDetail } from "../../gateway/admin/api/index.ts";
import { shortIdOf, toHex } from "../../gateway/base/index.ts";
import type { JsonObject } from "../../gateway/yang/api.ts";
import { freeUdpPort } from "../bench/measure.ts";
import { eventually, GatewayProcess, sidgate } from "../support/gateway-process.ts";
import { digestHex } from "../support/signed-release.ts";
import { pythonOf } from "./peers/python.ts";
import { scriptPath } from "./peers/server-process.ts";

const PYTHON = pythonOf("aiocoap");
const NOTE = PYTHON === undefined ? " (skipped: needs aiocoap)" : "";
const IMAGE = new Uint8Array(Buffer.from("the firmware of a valve on RIOT ".repeat(20)));
const ID = shortIdOf(digestHex(IMAGE).slice(0, 8), 6);

let gateway: GatewayProcess;
let child: ChildProcess | undefined;
beforeAll(async () => {
  if (PYTHON !== undefined) gateway = await GatewayProcess.start();
});
afterAll(async () => {
  child?.kill();
  if (PYTHON !== undefined) await gateway.stop();
});

/** The steps of the node, each when it is done. */
function startNode(port: number, key: string): { next(): Promise<JsonObject>; wakes(): void } {
  const args = ["riot-1", "valve-2", "acme.example", key];
  const script = [scriptPath("riot-node.py"), String(port), String(gateway.coapPort), ...args];
  child = spawn(PYTHON ?? "", script, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const next = async (): Promise<JsonObject> => JSON.parse((await lines.next()).value ?? "{}") as JsonObject;
  return { next, wakes: () => void child?.stdin?.write("\n") };
}

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await sidgate(args);
  if (code !== 0) throw new Error(`${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

(PYTHON === undefined ? test.skip : test)(
  `suit-manifest-09: from a plan to the other slot of a node that runs as RIOT does${NOTE}`,
  async () => {
    const at = (name: string): string => join(gateway.folder, name);
    const here = ["--config", gateway.config];
    const from = `coap://127.0.0.1:${gateway.coapPort}/f/{id}`;
    await writeFile(at("app.bin"), IMAGE);
    await writeFile(
      at("plan.yaml"),
      `dialect: riot-09\nvendor: acme.example\nmodel: valve-2\nsequence: 2\ncomponents:\n  - {file: app.bin, uri: "${from}"}\n`,
    );
    await run("release", "keygen", "--algorithm", "ed25519", "--out", at("author"));
    await run("release", "create", at("plan.yaml"), "--out", at("a.suit"));
    await run("release", "sign", at("a.suit"), "--key", at("author.pem"), "--out", at("b.suit"));
    expect(await run("release", "verify", at("b.suit"), "--key", at("author.pub"))).toContain("Verified.");
    await run("trust", "add", at("author.pub"), "--name", "acme", ...here);
    await run("release", "add", at("b.suit"), ...here);
    await run("image", "add", at("app.bin"), "--model", "valve-2", "--version", "2", ...here);

    await run("node", "add", "riot-1", "--plain", ...here);

    const pem = await readFile(at("author.pub"), "utf8");
    const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    const node = startNode(await freeUdpPort(), der.subarray(-32).toString("hex"));
    expect(await node.next()).toEqual({ checked_in: "2.04 Changed" });
    expect(await node.next()).toEqual({ registered: "2.01 Created" });
    const { campaign } = (await gateway.client.command("campaign.create", { image: ID })) as { campaign: string };

    const envelope = toHex(await readFile(at("b.suit")));
    expect(await node.next()).toEqual({ trigger: expect.stringContaining("/f/"), envelope });
    expect(await node.next()).toEqual({ fetched: from.replace("{id}", ID), size: IMAGE.length });
    expect(await node.next()).toEqual({ slot: 1, version: 2 });
    expect(await node.next()).toEqual({ registered: "2.01 Created" });
    await eventually("the campaign is done", async () => {
      const { state } = await gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`);
      return state === "done";
    });
  },
);
