/** Credentials as people and third parties use them: printed by the CLI, fed to libcoap, aiocoap and `sidgate ask`. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { NodeRow } from "../../gateway/admin/api/index.ts";
import { ask } from "../../gateway/app/ask/index.ts";
import { isCoded, seconds } from "../../gateway/base/index.ts";
import { drill } from "../support/drill.ts";
import { type Finished, GatewayProcess, sidgate } from "../support/gateway-process.ts";

const run = promisify(execFile);
/** Where scripts/interop-peers.sh puts what Debian stable does not have. */
const PEERS = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");
const COAP_CLIENT = join(PEERS, "libcoap", "coap-client");
const AIOCOAP = join(PEERS, "aiocoap", "bin", "python");
const needs = (program: string): typeof test => (existsSync(program) ? test : (test.skip as typeof test));
const skipped = (program: string): string => (existsSync(program) ? "" : ` (skipped: needs ${program})`);

/** Report 1: temperature 21.50, humidity 45. */
const REPORT = "a119ea61a2020105a118c3a201c4822119086602182d";

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await GatewayProcess.start("", "off");
});
afterAll(() => gateway.stop());

const asked = (...args: readonly string[]): Promise<Finished> => sidgate([...args, "--config", gateway.config]);
const uri = (path: string): string => `coap://127.0.0.1:${gateway.coapPort}${path}`;
const keyFile = (): string => join(gateway.data, "keys", "site.key");
const inFolder = (name: string): string => join(gateway.folder, name);
/** In this process: the code of the answer, or of the error. */
async function checkIn(as: string): Promise<unknown> {
  const printed: string[] = [];
  const options = { observe: false, timeout: seconds(60), models: [], json: true } as const;
  try {
    await ask({ method: "POST", uri: uri("/c"), as, payload: REPORT, ...options }, (text) => printed.push(text));
    return (JSON.parse(printed.join("")) as { readonly code: string }).code;
  } catch (error) {
    return isCoded(error) ? error.code : error;
  }
}

const temperatureOf = async (endpoint: string): Promise<unknown> => {
  const { data } = await gateway.client.get<{ data: object }>(`/api/nodes/${endpoint}`);
  return JSON.stringify(data);
};

/** Writes what a new node needs into a file, as a person would. */
async function addNode(endpoint: string, format: string, file: string): Promise<void> {
  const { code } = await asked("node", "add", endpoint, "--format", format, "--out", file);
  expect(code).toBe(0);
}

needs(COAP_CLIENT)(`libcoap checks in with the file made for it${skipped(COAP_CLIENT)}`, async () => {
  const file = inFolder("libcoap.conf");
  await addNode("libcoap-node", "libcoap", file);
  await writeFile(inFolder("report"), Buffer.from(REPORT, "hex"));
  const args = ["-E", `${file},${inFolder("libcoap.sequence")}`, "-m", "post", "-t", "142", "-f", inFolder("report")];
  await run(COAP_CLIENT, [...args, "-B", "60", uri("/c")]);
  expect(await temperatureOf("libcoap-node")).toContain('"temperature":"21.5"');
});

needs(AIOCOAP)(`aiocoap checks in with the folder made for it${skipped(AIOCOAP)}`, async () => {
  const context = inFolder("aiocoap");
  await mkdir(context);
  await addNode("aiocoap-node", "aiocoap", join(context, "secret.json"));
  const credentials = inFolder("aiocoap.json");
  await writeFile(credentials, JSON.stringify({ [uri("/*")]: { oscore: { basedir: `${context}/` } } }));
  const script = `
import asyncio, json, sys, aiocoap
async def main():
    client = await aiocoap.Context.create_client_context()
    client.client_credentials.load_from_dict(json.load(open(sys.argv[1])))
    message = aiocoap.Message(code=aiocoap.POST, uri=sys.argv[2], payload=bytes.fromhex(sys.argv[3]), content_format=142)
    print((await client.request(message).response).code.dotted)
    await client.shutdown()
asyncio.run(main())`;
  const { stdout } = await run(AIOCOAP, ["-c", script, credentials, uri("/c"), REPORT]);
  expect(stdout.trim()).toBe("2.04");
  expect(await temperatureOf("aiocoap-node")).toContain('"temperature":"21.5"');
});

test("CC-S1 CC-S2: a node reports, a manager reads it, and whoever has no credentials is refused", async () => {
  const node = inFolder("room-1.json");
  await addNode("room-1", "json", node);
  const report = await sidgate(["ask", "POST", uri("/c"), "--as", node, "--payload", REPORT]);
  expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining("2.04 Changed") });

  const manager = inFolder("bms.json");
  await asked("manager", "add", "bms", "--out", manager);
  const { node: id } = JSON.parse(await readFile(node, "utf8")) as { readonly node: string };
  const read = await sidgate(["ask", "FETCH", uri(`/n/${id}/c`), "--as", manager, "--payload", "19eb29"]);
  expect(read).toMatchObject({ code: 0, stdout: expect.stringContaining("= 21.5 degrees Celsius") });

  const stranger = await sidgate(["ask", "FETCH", uri(`/n/${id}/c`), "--payload", "19eb29"]);
  expect(stranger).toMatchObject({ code: 1, stdout: expect.stringContaining("4.01 Unauthorized") });
});

test("new credentials void the old ones at once, and after kill -9; without its key the gateway does not start", async () => {
  const { client } = gateway;
  const { node } = await client.command<{ readonly node: string }>("node.add", { endpoint: "room-2" });
  const [before, after] = [inFolder("room-2.json"), inFolder("room-2-new.json")];
  await writeFile(before, JSON.stringify(await client.credentials("node", node)));
  expect(await checkIn(before)).toBe("2.04");
  await client.command("node.rekey", { node });
  await writeFile(after, JSON.stringify(await client.credentials("node", node)));
  const [voided, works] = ["request.unprotected-answer", "2.04"];
  expect([await checkIn(before), await checkIn(after)]).toEqual([voided, works]);
  await gateway.kill();
  await rename(keyFile(), inFolder("backup.key"));
  const refused = await asked("run");
  expect(refused).toMatchObject({ code: 74, stderr: expect.stringContaining("[site-key.missing]") });
  expect(refused.stderr).toContain(keyFile());
  expect(existsSync(keyFile())).toBe(false);
  await rename(inFolder("backup.key"), keyFile());
  await gateway.up();
  expect([await checkIn(before), await checkIn(after)]).toEqual([voided, works]);
});

// The tests before have left what a process that was killed leaves.
test("nothing secret stands in the data folder, and nothing leaves by the status page", async () => {
  const [row] = await gateway.client.get<NodeRow[]>("/api/nodes");
  const node = row?.node ?? "";
  const { masterSecret } = await gateway.client.credentials("node", node);
  const needle = Buffer.from(masterSecret, "hex");
  const { stdout: files } = await run("find", [gateway.data, "-type", "f"]);
  for (const file of files.trim().split("\n")) {
    const bytes = await readFile(file);
    expect({ file, holds: bytes.includes(needle) || bytes.includes(masterSecret) }).toEqual({ file, holds: false });
  }
  const page = gateway.status.listening.find(({ what }) => what === "status page")?.address ?? "";
  const answer = await fetch(new URL(`/api/nodes/${node}/credentials`, page));
  expect([answer.status, (await answer.text()).includes(masterSecret)]).toEqual([404, false]);
  expect(gateway.output).not.toContain(masterSecret);
});

test("a lost key is given up in so many words", async () => {
  const secured = async (): Promise<number> =>
    (await gateway.client.get<NodeRow[]>("/api/nodes")).filter(({ security }) => security === "oscore").length;
  expect(await secured()).toBeGreaterThan(1);

  await gateway.kill();
  await rm(keyFile());
  await gateway.up("--new-site-key");
  expect(await secured()).toBe(0);
  const [row] = await gateway.client.get<NodeRow[]>("/api/nodes");
  await gateway.client.command("node.rekey", { node: row?.node ?? "" });
  expect(await secured()).toBe(1);
});

drill(
  "no nonce comes again: without its sequence numbers the gateway does not start, and voids nothing by itself",
  async () => {
    const numbers = join(gateway.data, "keys", "sequence.json");
    const { node } = await gateway.client.command<{ readonly node: string }>("node.add", { endpoint: "sequence-1" });
    await gateway.client.command("manager.add", { manager: "sequence-bms" });
    const before = await gateway.client.credentials("node", node);
    await gateway.kill();
    await rename(numbers, inFolder("sequence.backup"));
    const missing = await asked("run");
    expect(missing).toMatchObject({ code: 74, stderr: expect.stringContaining("[sequence.missing]") });
    expect([missing.stderr.includes(numbers), existsSync(numbers)]).toEqual([true, false]);

    // What it is told to void is void only when nothing else stands in the way of the start.
    await mkdir(numbers);
    expect(await asked("run", "--new-site-key")).toMatchObject({ code: 74 });
    await rm(numbers, { recursive: true });
    await copyFile(inFolder("sequence.backup"), numbers);
    await gateway.up();
    expect(await gateway.client.credentials("node", node)).toEqual(before);

    await gateway.kill();
    await writeFile(numbers, "{");
    expect(await asked("run")).toMatchObject({ code: 74, stderr: expect.stringContaining("[sequence.damaged]") });
    await gateway.up("--new-site-key");
    const told = "sidgate node rekey NODE --print";
    expect(gateway.output).toContain(told);
    expect(gateway.status.notices.join()).toMatch(/sequence-bms.*sidgate manager add NAME --print/);
    expect((await gateway.client.command<{ readonly node: string }>("node.rekey", { node })).node).toBe(node);
    await gateway.kill();
    await gateway.up();
    const [notice] = gateway.status.notices;
    expect(notice).toContain(told);
  },
);

drill("a data folder that is put back from a copy begins a new epoch when it is told", async () => {
  const { epoch } = gateway.status;
  const file = inFolder("restored.json");
  await addNode("restored-1", "json", file);
  expect(await checkIn(file)).toBe("2.04");
  await gateway.kill();
  await run("cp", ["-a", gateway.data, inFolder("backup")]);
  await gateway.up();
  await gateway.client.command("node.add", { endpoint: "restored-2" });
  const reached = gateway.status.journal.last;
  await gateway.kill();
  await rm(gateway.data, { recursive: true });
  await rename(inFolder("backup"), gateway.data);
  await gateway.up("--restored");
  const raised = gateway.status.epoch;
  expect(raised).toBeGreaterThan(epoch);
  expect(gateway.status.journal.last).toBeLessThanOrEqual(reached); // the same numbers come again
  expect(await checkIn(file)).toBe("2.04");
  expect(gateway.output).toContain(`epoch ${raised} now`);
  await gateway.kill();
  await gateway.up();
  expect(gateway.status.epoch).toBe(raised);
});

drill("the site's key may lie outside of the data folder from the first start on", async () => {
  const keyFile = inFolder(join("elsewhere", "site.key"));
  const other = await GatewayProcess.start(`security:\n  key-file: ${JSON.stringify(keyFile)}`, "off");
  const { node } = await other.client.command<{ readonly node: string }>("node.add", { endpoint: "room-1" });
  await other.kill();
  await other.up();
  expect(await other.client.credentials("node", node)).toMatchObject({ name: "room-1" });
  expect([existsSync(keyFile), existsSync(join(other.data, "keys", "site.key"))]).toEqual([true, false]);
  await other.stop();
});
