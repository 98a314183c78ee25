/**
 * Any YANG, with real processes: a second revision of a module beside the first on two simulated nodes, a module that is
 * dropped in while the gateway runs, a broken one, and kill -9 in between. Everything under OSCORE.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import mqtt from "mqtt";
import type { ModelSetRow, NodeDetail } from "../../gateway/admin/api/index.ts";
import { parseCredential } from "../../gateway/app/sim/credential-file.ts";
import { millis, minutes, systemClock } from "../../gateway/base/index.ts";
import { type ExtraLeaf, type Fleet, type NodeSecurity, startFleet } from "../../gateway/sim/index.ts";
import { decodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { SIDS, writeAcmeAir, writeBuilding2 } from "../support/building-2.ts";
import { drill } from "../support/drill.ts";
import { eventually, GatewayProcess, sidgate } from "../support/gateway-process.ts";
import { SecuredPeer } from "../support/secured-peer.ts";

const RATE = 600;
const YAML = `trust: { mode: lab }\nclock: { rate: ${RATE} }\nnodes: { wake-interval: 10m }`;
const ROOM = "sidgate-building:room";
const BROKEN = "module broken {\n  namespace urn:b;\n  prefix b;\n  leaf x {\n    type nonsense;\n  }\n}\n";

let gateway: GatewayProcess;
let models: string;
let manager: SecuredPeer;
const fleets: Fleet[] = [];
const secrets = new Map<string, NodeSecurity>();

beforeAll(async () => {
  gateway = await GatewayProcess.start(YAML, "off");
  models = join(gateway.data, "models");
  await gateway.client.command("manager.add", { manager: "bms", groups: ["admin"] });
  await connect();
});

afterAll(async () => {
  await Promise.all(fleets.map((fleet) => fleet.close()));
  manager?.close();
  await gateway.stop();
});

async function connect(): Promise<void> {
  manager?.close();
  manager = await SecuredPeer.connect(gateway.coapPort, await gateway.client.credentials("manager", "bms"));
}

/** `sidgate ARGS` against this gateway: what it prints. */
async function cli(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await sidgate([...args, "--config", gateway.config]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** A simulated node of this name, which reports `extra` too. */
async function wakes(endpoint: string, extra: readonly ExtraLeaf[], folders: readonly string[]): Promise<Fleet> {
  const known = secrets.get(endpoint);
  const credential = parseCredential(await gateway.client.credentials("node", endpoint));
  const security = known ?? { credential };
  secrets.set(endpoint, security);
  const fleet = startFleet({
    gateway: `coap://127.0.0.1:${gateway.coapPort}`,
    endpoints: [endpoint],
    credentials: new Map([[endpoint, security]]),
    seed: endpoint.length,
    wakeInterval: minutes(10),
    clock: systemClock(RATE),
    ackTimeout: millis(50),
    models: folders,
    extra,
  });
  fleets.push(fleet);
  return fleet;
}

const node = (endpoint: string): Promise<NodeDetail> => gateway.client.get<NodeDetail>(`/api/nodes/${endpoint}`);
const sets = (): Promise<readonly ModelSetRow[]> => gateway.client.get<ModelSetRow[]>("/api/models");
const stateOf = async (set: string | null): Promise<ModelSetRow["state"] | undefined> =>
  (await sets()).find((row) => row.set === set)?.state;
const hasModule = async (set: string | null, name: string): Promise<boolean> =>
  (await sets()).find((row) => row.set === set)?.modules.some((module) => module.name === name) ?? false;
const dataOf = async (endpoint: string, module: string): Promise<Readonly<Record<string, unknown>>> =>
  ((await node(endpoint)).data as Record<string, Record<string, unknown>>)[module] ?? {};

/** The whole datastore of a node by SIDs, as a manager gets it over CoAP. */
async function overCoap(endpoint: string): Promise<ReadonlyMap<number, ReadonlyMap<number, unknown>>> {
  const { code, payload } = await manager.request({ method: "GET", path: `/n/${(await node(endpoint)).node}/c` });
  expect(code).toBe("2.05");
  return decodeCbor(payload) as ReadonlyMap<number, ReadonlyMap<number, unknown>>;
}

/** {sid: value}; the gateway's code, and ours where it refuses. */
async function edit(endpoint: string, hex: string): Promise<readonly [code: string, ours: string | undefined]> {
  const { node: id } = await node(endpoint);
  const payload = Buffer.from(hex, "hex");
  const answer = await manager.request({ method: "iPATCH", path: `/n/${id}/c`, format: 142, payload });
  return [answer.code, /\[([a-z-]+\.[a-z0-9-]+)\]/.exec(Buffer.from(answer.payload).toString("latin1"))?.[1]];
}
const ECO = `a119${SIDS.eco.toString(16)}f5`; // true
const SET_POINT_30 = `a119${SIDS.setPoint.toString(16)}c482 21 190bb8`.replaceAll(" ", "");

test("CC-models-revisions: two revisions of a module live side by side", async () => {
  expect(await readdir(models)).toEqual([]);
  await writeBuilding2(join(models, "building-2"));
  const added = ["room-1", "room-22"].map((endpoint) => gateway.client.command("node.add", { endpoint }));
  const broker = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.brokerPort}`);
  const told = new Map<string, Record<string, Record<string, unknown>>>();
  broker.on("message", (topic, payload) => told.set(topic.split("/")[4] ?? "", JSON.parse(payload.toString() || "{}")));
  await broker.subscribeAsync("sidgate/1/+/n/+/data/sidgate-building", { qos: 1 });
  await eventually("the set is in force", async () => (await stateOf("building-2")) === "ok");

  await Promise.all(added);
  expect(await cli("node", "models", "room-22", "building-2")).toContain("works with the module set building-2 now");
  await wakes("room-1", [], []);
  await wakes("room-22", [{ path: "/sidgate-building:room/co2", value: "412" }], [join(models, "building-2")]);
  const [first, second] = [(await node("room-1")).node, (await node("room-22")).node];
  await eventually("both reported", () => told.has(first) && told.has(second));
  await broker.endAsync();

  expect(told.get(first)?.[ROOM]).toEqual(expect.not.objectContaining({ co2: expect.anything() }));
  expect(told.get(second)?.[ROOM]).toMatchObject({ co2: 412, humidity: expect.any(Number) });
  expect(await dataOf("room-22", ROOM)).toMatchObject({ co2: 412 });
  expect((await overCoap("room-1")).get(SIDS.room)?.has(SIDS.co2 - SIDS.room)).toBe(false);
  expect((await overCoap("room-22")).get(SIDS.room)?.get(SIDS.co2 - SIDS.room)).toBe(412);
});

test("CC-models-revisions: what only one revision takes is refused for a node of the other", async () => {
  const said = [
    cli("node", "models", "room-1"),
    sidgate(["node", "models", "room-1", "building-3", "--config", gateway.config]),
  ] as const;
  expect(await edit("room-22", ECO)).toEqual(["2.04", undefined]);
  expect(await edit("room-1", ECO)).toEqual(["4.00", "yang.unknown-element"]);
  expect(await edit("room-1", SET_POINT_30)).toEqual(["2.04", undefined]);
  expect(await edit("room-22", SET_POINT_30)).toEqual(["4.00", "yang.not-in-range"]);
  expect(await said[0]).toContain("works with the default module set");
  expect(await said[1]).toMatchObject({ code: 1, stderr: expect.stringContaining("[models.set-unknown]") });
});

test("CC-models-reload: a module that is dropped in appears without a restart", async () => {
  await Promise.all([writeAcmeAir(models), gateway.client.command("node.add", { endpoint: "room-333" })]);
  await wakes("room-333", [{ path: "/acme-air:air/pm10", value: "17" }], [models]);
  await eventually("it is in both sets", async () => {
    return (await hasModule(null, "acme-air")) && (await hasModule("building-2", "acme-air"));
  });
  await eventually("a node reports it", async () => (await dataOf("room-333", "acme-air:air"))["pm10"] === 17);
  expect(await dataOf("room-22", ROOM)).toMatchObject({ co2: 412, eco: true });
});

test("CC-models-reload: a broken module leaves the former schema in force, and is told", async () => {
  await writeFile(join(models, "broken.yang"), BROKEN);
  await eventually("it is refused", async () => (await stateOf(null)) === "former");
  const text = await cli("models");
  expect(text).toContain("broken.yang:5:5");
  expect(text).toContain("its files are refused; what was in force before still is");
  expect((await gateway.client.get<{ notices: readonly string[] }>("/api/status")).notices.join()).toContain(
    "The default module set has files that are refused",
  );
  expect(await edit("room-1", SET_POINT_30)).toEqual(["2.04", undefined]);
});

drill(
  "after kill -9 a broken set leaves its nodes with the default set, and they lose nothing until it is mended",
  async () => {
    const before = await dataOf("room-22", ROOM);
    await gateway.kill();
    const start = await sidgate(["run", "--config", gateway.config]);
    expect([start.code, start.stderr]).toEqual([1, expect.stringContaining("broken.yang:5:5")]);
    await rm(join(models, "broken.yang"));
    await writeFile(join(models, "building-2", "broken.yang"), "module broken {\n");
    await gateway.up();
    await connect();
    expect(await stateOf(null)).toBe("ok");
    expect((await sets()).find(({ set }) => set === "building-2")).toMatchObject({
      state: "refused",
      error: { text: expect.stringContaining("broken.yang:1:1") },
    });
    const { lastSeen = 0, models: set } = await node("room-22");
    expect(set).toBe("building-2");
    await eventually("the node reports all the same", async () => ((await node("room-22")).lastSeen ?? 0) > lastSeen);
    expect(await dataOf("room-22", ROOM)).toEqual(expect.not.objectContaining({ co2: expect.anything() }));

    await rm(join(models, "building-2", "broken.yang"));
    expect(await cli("models", "reload")).toContain("building-2: in force");
    expect(await dataOf("room-22", ROOM)).toMatchObject({ co2: before["co2"], eco: true });
  },
);
