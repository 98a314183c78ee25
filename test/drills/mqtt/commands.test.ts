/** Commands that must not be carried out, or only once, and wills that come late, at a real gateway (docs/mqtt.md, "Commands", "Presence"). */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect, type MqttClient } from "mqtt";
import type { Status } from "../../../docs/mqtt/sidgate-mqtt.d.ts";
import { millis, rfc3339 } from "../../../gateway/base/index.ts";
import { hasMosquitto } from "../../support/bridge-mosquitto.ts";
import type { PeerRequest } from "../../support/coap-peer.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually, GatewayProcess } from "../../support/gateway-process.ts";
import { SecuredPeer } from "../../support/secured-peer.ts";
import { App } from "./app.ts";
import { MortalBroker } from "./broker.ts";
import { Consumer, chainFaults, report } from "./consumer.ts";

/** docs/mqtt.md, "What a consumer must do", 5: presence of the processes of a site. */
class Presence {
  readonly states = new Map<string, Status>();
  ignored = 0;
  readonly #mqtt: MqttClient;

  constructor(url: string) {
    this.#mqtt = connect(url, { clientId: "presence", reconnectPeriod: 200 });
    this.#mqtt.on("error", () => undefined);
    this.#mqtt.on("connect", () => this.#mqtt.subscribe("sidgate/1/+/g/+/status", { qos: 1 }));
    this.#mqtt.on("message", (topic, payload) => this.#came(topic, JSON.parse(payload.toString())));
  }

  get state(): Status["state"] | undefined {
    return [...this.states.values()][0]?.state;
  }

  get topic(): string {
    return [...this.states.keys()][0] ?? "";
  }

  async close(): Promise<void> {
    await this.#mqtt.endAsync(true);
  }

  #came(topic: string, next: Status): void {
    const known = this.states.get(topic);
    if (known?.state === "online" && next.state === "offline" && isOlder(next, known)) this.ignored += 1;
    else this.states.set(topic, next);
  }
}

const isOlder = (one: Status, other: Status): boolean =>
  one.epoch !== other.epoch
    ? one.epoch < other.epoch
    : one.boot !== other.boot
      ? one.boot < other.boot
      : (one.conn ?? 0) < (other.conn ?? 0);

/** 60001 (ea61) {2: report, 5: data {195: room {2: humidity}}}. */
const checkIn = (number: number): PeerRequest => ({
  method: "POST",
  path: "/c",
  format: 142,
  payload: Uint8Array.of(0xa1, 0x19, 0xea, 0x61, 0xa2, 0x02, number, 0x05, 0xa1, 0x18, 0xc3, 0xa1, 0x02, 0x18, 40),
});
const KILLS = inDrill(1, 6);

(hasMosquitto ? describe : describe.skip)("commands and presence (needs mosquitto)", () => {
  let broker: MortalBroker;
  let consumer: Consumer;
  let gateway: GatewayProcess;
  let app: App;
  let presence: Presence;

  beforeAll(async () => {
    broker = await MortalBroker.start();
    consumer = new Consumer(broker.url, "drill");
    await consumer.subscribed();
    gateway = await GatewayProcess.start(
      `trust: { mode: lab }\nmqtt: { url: "${broker.url}", rights: ["*: all"] }`,
      "off",
    );
    app = new App(broker.url, gateway.status.site, "bms-1");
    presence = new Presence(broker.url);
  });
  afterAll(async () => {
    await presence?.close();
    await app?.close();
    await gateway?.stop();
    await consumer?.close();
    await broker?.close();
  });

  const events = (type: string) => consumer.history.filter((event) => event.type === type);
  const ended = (id: string): Promise<void> => eventually(`${id} ends`, () => app.ends(id).length > 0);
  const setPoint = (value: string, waitMs: number) => ({
    deadline: rfc3339(millis(Date.now() + waitMs)),
    value: { "sidgate-building:room": { "set-point": value } },
  });

  test("past its deadline a command is expired, and nothing of it reaches the node", async () => {
    const { node } = await gateway.client.command<{ node: string }>("node.add", { endpoint: "room-1" });
    const room = await SecuredPeer.connect(gateway.coapPort, await gateway.client.credentials("node", node));
    try {
      expect((await room.request(checkIn(1))).code).toBe("2.04");
      app.give(`n/${node}/cmd/ipatch`, "too-late", setPoint("27.31", 1_500));
      await eventually("it is accepted", () => app.answers("too-late").some(({ status }) => status === "accepted"));
      await ended("too-late");
      expect(app.ends("too-late")).toEqual(["expired"]);
      app.give(`n/${node}/cmd/ipatch`, "in-time", setPoint("26.97", 60_000));
      await eventually("it is accepted", () => app.answers("in-time").length > 0);
      const answer = Buffer.from((await room.request(checkIn(2))).payload);
      // RFC 9254 §6.4: decimal64 as a decimal fraction, 4([-2, 2731]) and 4([-2, 2697])
      expect(answer.includes(Buffer.from("21190a89", "hex"))).toBe(true);
      expect(answer.includes(Buffer.from("21190aab", "hex"))).toBe(false);
    } finally {
      room.close();
    }
  });

  const refusals = () =>
    events("command.refused").filter((event) => "error" in event && event.error === "command.retained");

  test("a retained command is told and not carried out; one id is carried out once, whatever is killed", async () => {
    app.give("cmd/node.join", "once", { endpoint: "room-once" });
    await ended("once");
    for (let kill = 0; kill < KILLS; kill++) {
      const answers = app.ends("once").length;
      const refused = refusals().length;
      await gateway.kill();
      app.give("cmd/node.join", "once", { endpoint: "room-once" });
      app.give("cmd/node.join", "kept", { endpoint: "room-kept" }, { retain: true });
      await gateway.up();
      await eventually("it is answered again", () => app.ends("once").length > answers);
      await eventually("the retained one is told", () => refusals().length > refused);
    }
    expect(new Set(app.ends("once"))).toEqual(new Set(["completed"]));
    const joined = events("node.joined").map((event) => ("endpoint" in event ? event.endpoint : ""));
    expect(joined.filter((endpoint) => endpoint === "room-once")).toHaveLength(1);
    expect(joined.filter((endpoint) => endpoint === "room-kept")).toEqual([]);
  });

  test("a will that comes late does not turn a connected process offline", async () => {
    await eventually("it is online", () => presence.state === "online");
    const before = presence.states.get(presence.topic);
    await gateway.kill();
    await gateway.up();
    await eventually("it is back", () => presence.states.get(presence.topic)?.boot !== before?.boot);
    const now = presence.states.get(presence.topic);
    // As a broker sends it that held it back: of the process before, and of a former connection of this one.
    const wills = [before, now].map((status) => ({ ...status, state: "offline", conn: (status?.conn ?? 1) - 1 }));
    const cloud = connect(broker.url);
    for (const will of wills) await cloud.publishAsync(presence.topic, JSON.stringify(will), { qos: 1 });
    await cloud.endAsync();
    await eventually("they came", () => presence.ignored >= wills.length);
    expect(presence.state).toBe("online");
    expect(presence.states.get(presence.topic)).toEqual(now);
    expect(chainFaults(consumer.history)).toEqual([]);
    report(
      `commands and presence, gateway killed ${KILLS + 1} times`,
      `${app.given.length} commands, ${KILLS} retained and 1 late not carried out, ${presence.ignored} late wills ignored, lost ${consumer.lost.length}`,
    );
  });
});
