/** Simulated rooms that serve their datastore, at a real gateway that is killed: edits arrive, nothing is told twice. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { NodeDetail } from "../../gateway/admin/api/index.ts";
import { fromHex, millis, systemClock } from "../../gateway/base/index.ts";
import { type ServingFleet, startServing } from "../../gateway/sim/index.ts";
import type { JsonObject } from "../../gateway/yang/api.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";

let gateway: GatewayProcess;
let fleet: ServingFleet | undefined;
let node: string;

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
beforeAll(async () => {
  gateway = await GatewayProcess.start("nodes: { wake-interval: 60s }", "off");
  node = (await gateway.client.command<{ node: string }>("node.add", { endpoint: "sim-0001" })).node;
  const { masterSecret, masterSalt, senderId, recipientId } = await gateway.client.credentials("node", node);
  const secret = { masterSecret: bytes(masterSecret), masterSalt: bytes(masterSalt) };
  const credential = { ...secret, senderId: bytes(senderId), recipientId: bytes(recipientId) };
  fleet = await startServing({
    gateway: `coap://127.0.0.1:${gateway.coapPort}`,
    endpoints: ["sim-0001"],
    seed: 3,
    interval: millis(60_000),
    clock: systemClock(),
    ackTimeout: millis(250),
    credentials: new Map([["sim-0001", { credential }]]),
  });
});
afterAll(async () => {
  await fleet?.close();
  await gateway.stop();
});

const shown = (): Promise<NodeDetail> => gateway.client.get<NodeDetail>(`/api/nodes/${node}`);
const room = async (): Promise<JsonObject> =>
  (((await shown()).data as JsonObject)["sidgate-building:room"] ?? {}) as JsonObject;
const set = (value: string): Promise<unknown> =>
  gateway.client.command("node.edit", { node, edits: [{ path: "/sidgate-building:room/set-point", value }] });

test("what it registers is read, and shown as its own", async () => {
  await eventually("it is read", async () => (await room())["temperature"] !== undefined);
  expect((await shown()).serves).toMatch(/^coap:\/\/127\.0\.0\.1:\d+\/c$/);
});

test("an edit goes out at once, and one that the gateway was killed over goes out again", async () => {
  await set("22.5");
  await eventually("it is applied", () => fleet?.nodes()[0]?.setPoint === 22.5);
  const killed = set("23.5").then(() => gateway.kill());
  await killed;
  await gateway.up();
  await eventually("the other one is applied too", async () => {
    const { edits } = await shown();
    return fleet?.nodes()[0]?.setPoint === 23.5 && edits.every(({ state }) => state === "applied");
  });
  expect((await room())["set-point"]).toBe("23.5");
  expect((await shown()).serves).toBeDefined();
});
