/**
 * An independent node that serves its datastore, on aiocoap and cbor2, at a gateway that runs: it registers under OSCORE, is
 * read, edited, refuses an edit, notifies, and changes by itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { NodeDetail } from "../../gateway/admin/api/index.ts";
import type { JsonObject } from "../../gateway/yang/api.ts";
import { freeUdpPort } from "../bench/measure.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";
import { scriptPath } from "./peers/server-process.ts";

const FOLDER = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");
const PYTHON = join(FOLDER, "aiocoap", "bin", "python");
const HAS = existsSync(PYTHON);
const NOTE = HAS ? "" : " (skipped: needs aiocoap)";

(HAS ? describe : describe.skip)(`a node on aiocoap that serves its datastore${NOTE}`, () => {
  let gateway: GatewayProcess;
  let child: ChildProcess | undefined;
  let lines: Interface;
  let node: string;

  beforeAll(async () => {
    gateway = await GatewayProcess.start("nodes: { wake-interval: 60s }", "off");
    node = (await gateway.client.command<{ node: string }>("node.add", { endpoint: "py-1" })).node;
    const { masterSecret, masterSalt, senderId, recipientId } = await gateway.client.credentials("node", node);
    const basedir = join(gateway.folder, "context");
    await mkdir(basedir);
    const settings = {
      "sender-id_hex": senderId,
      "recipient-id_hex": recipientId,
      secret_hex: masterSecret,
      salt_hex: masterSalt,
    };
    await writeFile(join(basedir, "settings.json"), JSON.stringify(settings));
    const file = join(gateway.folder, "credentials.json");
    await writeFile(file, JSON.stringify({ oscore: { basedir } }));
    const args = [scriptPath("coreconf-node.py"), String(await freeUdpPort()), String(gateway.coapPort), "py-1", file];
    child = spawn(PYTHON, args, { stdio: ["pipe", "pipe", "inherit"] });
    if (child.stdout === null) throw new Error("no output to read");
    lines = createInterface(child.stdout);
  });
  afterAll(async () => {
    child?.kill();
    await gateway?.stop();
  });

  const said = (): Promise<JsonObject> =>
    new Promise((resolve) => lines.once("line", (line) => resolve(JSON.parse(line))));
  const tell = (words: string): Promise<JsonObject> => {
    const answer = said();
    child?.stdin?.write(`${words}\n`);
    return answer;
  };
  const shown = (): Promise<NodeDetail> => gateway.client.get<NodeDetail>(`/api/nodes/${node}`);
  const room = async (): Promise<JsonObject> => {
    const { data } = await shown();
    return ((data as JsonObject)["sidgate-building:room"] ?? {}) as JsonObject;
  };
  const set = (values: Readonly<Record<string, string>>): Promise<unknown> => {
    const edits = Object.entries(values).map(([path, value]) => ({ path, value }));
    return gateway.client.command("node.edit", { node, edits });
  };

  test(`it registers, and what it knows is read; what only it knows is passed over${NOTE}`, async () => {
    expect(await said()).toMatchObject({ registered: "2.01 Created" });
    await eventually("its datastore is read", async () => (await room())["temperature"] !== undefined);
    expect(await room()).toEqual({ temperature: "21.5", humidity: 45 });
    expect((await shown()).serves).toMatch(/^coap:\/\/127\.0\.0\.1:\d+\/data\/store$/);
    expect(gateway.output).toContain("node.data-passed-over");
  });

  test(`CC-I1 CC-I3: edits reach it, in all forms${NOTE}`, async () => {
    await set({
      "/sidgate-building:room/set-point": "22.5",
      "/sidgate-building:room/mode": "economy",
      "/sidgate-building:room/period[start='06:00']/set-point": "21.0",
    });
    await eventually("its edits are applied", async () =>
      (await shown()).edits.every(({ state }) => state === "applied"),
    );
    expect(await tell("show")).toEqual({ leaves: { 60204: 2250, 60209: 1 }, periods: { "06:00": 2100 } });
    expect(await room()).toMatchObject({ "set-point": "22.5", period: [{ start: "06:00", "set-point": "21.0" }] });
  });

  test(`an edit that it refuses is rejected with its reason, and the rest is applied${NOTE}`, async () => {
    await set({ "/sidgate-building:room/set-point": "33.0", "/sidgate-building:room/mode": "off" });
    const fates = async (): Promise<readonly string[]> =>
      (await shown()).edits.map(({ path, state, reason }) =>
        `${path.split("/").at(-1)} ${state} ${reason ?? ""}`.trim(),
      );
    await eventually("both are settled", async () => (await fates()).join().includes("mode applied"));
    expect(await fates()).toContain("set-point rejected not-in-range");
    expect(await room()).toMatchObject({ "set-point": "22.5", mode: "off" });
  });

  test(`CC-E1 CC-E3: it tells of an alarm, once, and is looked at after that${NOTE}`, async () => {
    const told = async (): Promise<number> =>
      (await shown()).trace.filter(({ text }) => text.startsWith("told")).length;
    await tell("alarm 60215 1");
    await eventually("the alarm is heard", async () => (await told()) === 1);
    await tell("alarm 60214 1");
    await eventually("its end is heard", async () => (await told()) === 2);
    expect((await shown()).trace.find(({ text }) => text.startsWith("told"))?.text).toContain("cleared");
  });
});
