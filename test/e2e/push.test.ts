/** docs/mqtt.md, "Push" — simulated nodes, a real gateway that is killed, a real Mosquitto, and a reader that knows JSON alone. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import mqtt from "mqtt";
import { millis, systemClock } from "../../gateway/base/index.ts";
import { type Fleet, startFleet } from "../../gateway/sim/index.ts";
import type { JsonObject } from "../../gateway/yang/index.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../support/bridge-mosquitto.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";
import { normalised, PushReader, pushPayload } from "../support/push-reader.ts";

const ROOM = "sidgate-building:room";

interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly user: Readonly<Record<string, unknown>>;
}

describe("pushes end to end", () => {
  if (!hasMosquitto) {
    test.skip("needs mosquitto and mosquitto_sub (apt-get install mosquitto mosquitto-clients)", () => {});
    return;
  }
  let broker: Mosquitto;
  let gateway: GatewayProcess;
  let client: mqtt.MqttClient;
  let fleet: Fleet | undefined;
  const heard: Heard[] = [];
  const last = (suffix: string): JsonObject | undefined => {
    const message = heard.findLast(({ topic }) => topic.endsWith(suffix));
    return message && (JSON.parse(message.payload.toString()) as JsonObject);
  };

  beforeAll(async () => {
    broker = await startMosquitto();
    client = await mqtt.connectAsync(broker.url, { protocolVersion: 5, clientId: "reader" });
    client.on("message", (topic, payload, { properties }) => {
      heard.push({ topic, payload, user: properties?.userProperties ?? {} });
    });
    await client.subscribeAsync("sidgate/1/#", { qos: 1 });
    gateway = await GatewayProcess.start(`trust: { mode: lab }
mqtt:
  url: ${broker.url}
  push:
    - on-change /${ROOM}
    - periodic 2s /${ROOM}/temperature nodes endpoint == "room-1"
    - on-change /acme-air:air
nodes: { wake-interval: 1s }`);
  });

  afterAll(async () => {
    await fleet?.close();
    await client?.endAsync(true);
    await gateway?.stop();
    await broker?.close();
  });

  const pushes = (): readonly Heard[] => {
    const seen = new Set<string>();
    return heard.filter(({ topic, payload }) => {
      if (!topic.endsWith("/push")) return false;
      const { seq } = pushPayload(payload)["sidgate-mqtt:meta"];
      return !seen.has(seq) && seen.add(seq);
    });
  };

  test("the birth lists what is configured", () => {
    expect(last("/birth")?.["subscriptions"]).toEqual([
      { id: 1, kind: "on-change", path: `/${ROOM}`, "sync-on-start": true },
      { id: 2, kind: "periodic", path: `/${ROOM}/temperature`, nodes: 'endpoint == "room-1"', "period-s": 2 },
      { id: 3, kind: "on-change", path: "/acme-air:air", "sync-on-start": true },
    ]);
    expect(gateway.output).toContain("push.path-unknown"); // no loaded module has acme-air
  });

  test("a reader ends with each node's data, over kill -9, with no push twice and none missed", async () => {
    const endpoints = ["room-1", "room-2"];
    for (const endpoint of endpoints) await gateway.client.command("node.add", { endpoint });
    fleet = startFleet({
      gateway: `coap://127.0.0.1:${gateway.coapPort}`,
      endpoints,
      seed: 7,
      wakeInterval: millis(250),
      clock: systemClock(),
      ackTimeout: millis(50),
    });
    await eventually("pushes of both nodes", () => pushes().length >= 8);
    await gateway.kill();
    await gateway.up();
    const before = pushes().length;
    await eventually("more of them", () => pushes().length >= before + 6);
    await fleet.close();
    fleet = undefined;
    const nodes = [...new Set(pushes().map(({ topic }) => topic.split("/")[4] ?? ""))];
    expect(nodes).toHaveLength(2);
    const fold = (): PushReader => {
      const reader = new PushReader({ period: ["start"] });
      for (const { topic, payload } of pushes()) reader.take(topic.split("/")[4] ?? "", payload);
      return reader;
    };
    const dataOf = (node: string): JsonObject => {
      const { "sidgate-mqtt:meta": _meta, ...data } = last(`/n/${node}/data/sidgate-building`) ?? {};
      return data;
    };
    await eventually("the data of both", () =>
      nodes.every(
        (node) => JSON.stringify(normalised(fold().tree(node, 1))) === JSON.stringify(normalised(dataOf(node))),
      ),
    );
    const periodic = pushes().filter(({ payload }) => pushPayload(payload)["ietf-yang-push:push-update"]?.id === 2);
    expect(periodic.length).toBeGreaterThan(0);
    expect(new Set(periodic.map(({ topic }) => topic)).size).toBe(1);
  });

  test("MQTT 5 repeats the numbers, and the SID of the path, as user properties", () => {
    const [push] = pushes();
    const { seq, epoch, observed } = pushPayload(push!.payload)["sidgate-mqtt:meta"];
    expect({ ...push!.user }).toEqual({ seq, epoch: String(epoch), observed, "sid-path": "60201" });
  });
});
