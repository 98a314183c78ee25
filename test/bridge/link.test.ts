/** The driver of the link against a connection whose every PUBACK the test gives by hand. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Bridge, type MqttBridgeOptions, openMqttBridge } from "../../cloud-bridge/mqtt/index.ts";
import { refusalOf } from "../../cloud-bridge/mqtt/link/refusals.ts";
import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { BugError, type Logger, millis, minutes, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import type { NewFact } from "../../gateway/store/index.ts";
import { Broker } from "../support/bridge-broker.ts";
import { joined, SITE, type TestSite, testSite } from "../support/bridge-site.ts";
import { bridgeTrees } from "../support/bridge-trees.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const bridges: Bridge[] = [];
afterEach(async () => {
  for (const bridge of bridges.splice(0)) await bridge.close();
});
const open = async (site: TestSite, broker: Broker): Promise<Bridge> => {
  const bridge = await site.open({ url: "mqtt://test" }, { dial: broker.dial });
  bridges.push(bridge);
  return bridge;
};
/** With options of the bridge that a TestSite does not vary. */
const openWith = async (
  broker: Broker,
  options: Partial<MqttBridgeOptions>,
  facts: readonly NewFact[] = [],
): Promise<Bridge> => {
  const { journal, state, record } = testSite();
  await record(...facts);
  const random = seededRandom(1);
  const bridge = await openMqttBridge({
    site: SITE,
    journal,
    state,
    trees: await bridgeTrees(),
    clock: systemClock(),
    realtime: systemClock(),
    random: { next: () => random.next() / 10 },
    log: SILENT,
    dial: broker.dial,
    broker: { url: "mqtt://test" },
    run: { roles: ["bridge"], broker: "configured" },
    software: {},
    figures: () => ({}),
    sections: () => ({}),
    ...options,
  });
  bridges.push(bridge);
  return bridge;
};
const payloadOf = (message: Message | undefined) => JSON.parse(Buffer.from(message?.payload ?? []).toString());
const joins = (count: number) => Array.from({ length: count }, (_, i) => joined(i + 1));

describe("the link", () => {
  test("hands over no more than the window before the first PUBACK", async () => {
    const broker = new Broker();
    const site = testSite();
    await site.record(...joins(50));
    await open(site, broker);
    await broker.until(() => broker.sent.length === 20);
    await new Promise(setImmediate);
    expect(broker.sent).toHaveLength(20);
    broker.automatic = true;
    broker.acknowledgeAll();
  });

  test("never exceeds the broker's Receive Maximum", async () => {
    const broker = new Broker();
    broker.receiveMaximum = 3;
    const site = testSite();
    await site.record(...joins(20));
    const bridge = await open(site, broker);
    for (let round = 0; round < 10; round++) {
      await broker.until(() => broker.sent.length > 0);
      await new Promise(setImmediate);
      expect(broker.sent.length).toBeLessThanOrEqual(3);
      broker.acknowledgeAll();
    }
    broker.automatic = true;
    broker.acknowledgeAll();
    await bridge.settled();
  });

  test("counts an event as delivered only when all before it are", async () => {
    const broker = new Broker();
    const site = testSite();
    await site.record(...joins(3));
    const bridge = await open(site, broker);
    await broker.until(() => broker.events().length === 3);
    const events = broker.sent.filter(({ message }) => message.kind === "event");
    events[2]?.acknowledge(undefined);
    events[1]?.acknowledge(undefined);
    expect(bridge.stats().journalDepth).toBe(3);
    events[0]?.acknowledge(undefined);
    expect(bridge.stats().journalDepth).toBe(0);
    broker.automatic = true;
    broker.acknowledgeAll();
  });

  test("begins again after the last PUBACK when the line is lost, with a new will", async () => {
    const broker = new Broker();
    const site = testSite();
    await site.record(...joins(3));
    await open(site, broker);
    await broker.until(() => broker.events().length === 3);
    broker.sent.find(({ message }) => message.seq === 1 && message.kind === "event")?.acknowledge(undefined);
    broker.automatic = true;
    broker.requests[0]?.onLost("test");
    await broker.until(() => broker.requests.length === 2 && broker.events().length === 2);
    expect(broker.events()).toEqual([2, 3]);
    const wills = broker.requests.map(({ will }) => JSON.parse(Buffer.from(will.payload).toString()));
    expect(wills).toMatchObject([
      { state: "offline", conn: 1 },
      { state: "offline", conn: 2 },
    ]);
    expect(wills[0]?.boot).toBe(wills[1]?.boot);
  });

  test("takes MQTT 3.1.1 when 5 is refused and says so in the birth of the site", async () => {
    const broker = new Broker();
    broker.receiveMaximum = 0;
    broker.automatic = true;
    const bridge = await open(testSite(), broker);
    await bridge.settled();
    expect(broker.requests.map(({ protocol }) => protocol)).toEqual([5, 4]);
    expect(bridge.stats().protocol).toBe("3.1.1");
    const birth = broker.sent.find(({ message }) => message.kind === "siteBirth")?.message.payload;
    expect(JSON.parse(Buffer.from(birth ?? []).toString())).toMatchObject({ mqtt: 4 });
  });

  test("names the gateway's modules in the birth of the site, and tells it again when they are others", async () => {
    const broker = new Broker();
    broker.automatic = true;
    let library = "6f1c";
    const bridge = await openWith(broker, { libraryNow: () => library });
    await bridge.settled();
    library = "a91e";
    const trees = (await bridgeTrees())(undefined);
    bridge.exchanged("building-2", trees);
    bridge.exchanged(undefined, trees);
    const births = () =>
      broker.sent.filter(({ message }) => message.kind === "siteBirth").map(({ message }) => message);
    await broker.until(() => births().length === 2);
    expect(births().map((birth) => payloadOf(birth)["yang-library"])).toEqual([
      { "content-id": "6f1c" },
      { "content-id": "a91e" },
    ]);
  });

  test("tells the lab mode in every status, and its reasons in the birth of the site", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const bridge = await openWith(broker, { mode: "lab", warnings: ["Unsigned images are accepted."] });
    await bridge.settled();
    await bridge.close();
    const birth = broker.sent.find(({ message }) => message.kind === "siteBirth")?.message;
    expect(payloadOf(birth)).toMatchObject({ mode: "lab", warnings: ["Unsigned images are accepted."] });
    const statuses = broker.sent.filter(({ message }) => message.kind === "status").map(({ message }) => message);
    const told = [broker.requests[0]?.will, ...statuses].map(payloadOf);
    expect(told.map(({ state, mode, warnings }) => [state, mode, warnings])).toEqual([
      ["offline", "lab", undefined],
      ["online", "lab", undefined],
      ["offline", "lab", undefined],
    ]);
  });

  test("does not blame the broker for a fault of its own, and tries again", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const logged: string[] = [];
    const note = (event: string): void => void logged.push(event);
    const log: Logger = { ...SILENT, warn: note, error: note };
    let faults = 1;
    const figures: MqttBridgeOptions["figures"] = () => {
      if (faults-- > 0) throw new BugError("bridge.bug", { what: "no figures" });
      return {};
    };
    const bridge = await openWith(broker, { log, figures });
    await broker.until(() => broker.requests.length === 2 && broker.sent.length > 0);
    await bridge.settled();
    expect(logged).toEqual(["mqtt.link-fault", "mqtt.lost"]);
    expect(broker).toMatchObject({ dropped: 1 });
    expect(bridge.stats()).toMatchObject({ connected: true, connections: 2 });
  });

  test("leaves out a refused retained topic; a refused event waits, with those after it, on the same line", async () => {
    const broker = new Broker();
    const realtime = new VirtualClock();
    const bridge = await openWith(broker, { realtime }, joins(3));
    await realtime.advance(millis(100));
    await broker.until(() => broker.events().length === 3);
    const refusal = { code: 0x97, text: "Quota exceeded" };
    const [first, second, third] = broker.sent.filter(({ message }) => message.kind === "event");
    broker.sent.find(({ message }) => message.kind === "nodeState")?.acknowledge(refusal);
    first?.acknowledge(undefined);
    second?.acknowledge(refusal);
    third?.acknowledge(refusal); // the same quota, no second wait
    broker.sent = [];
    expect(bridge.stats()).toMatchObject({ journalDepth: 2, connected: true, connections: 1 });
    await realtime.advance(millis(999));
    expect(broker.events()).toEqual([]);
    broker.automatic = true;
    await realtime.advance(millis(1));
    await broker.until(() => broker.events().length === 2);
    expect(broker.events()).toEqual([2, 3]);
    expect(broker).toMatchObject({ dropped: 0 });
    expect(bridge.stats().journalDepth).toBe(0);
  });

  test("a broker that breaks the line over a retained topic is told all the rest, and that kind again after a while", async () => {
    const broker = new Broker();
    const realtime = new VirtualClock();
    const bridge = await openWith(broker, { realtime }, joins(2));
    await realtime.advance(millis(100));
    await broker.until(() => broker.told("nodeState").length === 2);
    const breaks = (): void => broker.requests.at(-1)?.onLost("closed");
    const refused = broker.sent.find(({ message }) => message.kind === "nodeState");
    refused?.acknowledge({ code: 0x87, text: "Not authorized" });
    expect(bridge.stats().refused).toEqual({ topic: refused?.message.topic, reason: "Not authorized" });
    breaks(); // as Mosquitto 2.0.11 does it
    broker.automatic = true;
    await realtime.advance(millis(1000));
    await bridge.settled();
    expect([broker.told("nodeState").length, broker.told("nodeBirth").length, broker.events()]).toEqual([0, 2, [1, 2]]);
    await realtime.advance(minutes(10));
    breaks();
    await realtime.advance(millis(1000));
    await bridge.settled();
    expect(broker.told("nodeState").length).toBe(2);
    expect(bridge.stats().refused).toBeUndefined(); // it was taken since
    broker.automatic = false;
    breaks();
    await realtime.advance(millis(1000));
    await broker.until(() => broker.told("nodeState").length === 2);
    for (const { message, acknowledge } of broker.sent.splice(0)) {
      acknowledge(message.kind === "nodeState" ? { code: 0x87, text: "Not authorized" } : undefined);
    }
    await realtime.advance(millis(15_000));
    breaks(); // for another reason
    broker.automatic = true;
    await realtime.advance(millis(1000));
    await bridge.settled();
    expect(broker.told("nodeState").length).toBe(2);
  });

  test.each([
    ["sidgate/1/s-5kq2/n/n-0001/state", "Allow this site 'readwrite sidgate/1/SITE/#'"],
    ["homeassistant/device/sidgate_s-5kq2_n-0001/config", "'readwrite homeassistant/#'"],
    ["uns/acme-trv2/room-1/state", "'readwrite uns/#'"],
  ])("a refusal on %s names what the access list lacks", (topic, line) => {
    expect(refusalOf(topic, "Not authorized").hint).toContain(line);
  });

  test("a broker that breaks the line after the first message is tried later and later, and the log says once why that may be", async () => {
    const broker = new Broker();
    const realtime = new VirtualClock();
    const warned: unknown[] = [];
    const log: Logger = { ...SILENT, warn: (event, facts) => void warned.push([event, facts?.["error"]]) };
    await openWith(broker, { realtime, log, random: { next: () => 0.5 } });
    for (const delay of [500, 1000, 2000, 4000]) {
      await broker.until(() => broker.sent.length > 0);
      const tried = broker.requests.length;
      broker.sent[0]?.acknowledge(undefined);
      broker.requests.at(-1)?.onLost("closed");
      broker.sent.length = 0;
      await realtime.advance(millis(delay - 1));
      expect(broker.requests).toHaveLength(tried);
      await realtime.advance(millis(1));
      expect(broker.requests).toHaveLength(tried + 1);
    }
    expect(warned).toEqual([["mqtt.lost", expect.stringContaining("[mqtt.cut-short]")]]);
    broker.automatic = true;
    broker.acknowledgeAll();
  });

  test("says goodbye before it leaves", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const bridge = await open(testSite(), broker);
    await bridge.settled();
    await bridge.close();
    const last = broker.sent.at(-1)?.message;
    expect(JSON.parse(Buffer.from(last?.payload ?? []).toString())).toMatchObject({
      state: "offline",
      reason: "shutdown",
    });
    expect(broker).toMatchObject({ ended: 1, dropped: 0 });
  });

  test("keeps the acknowledgements it got when it is closed", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const site = testSite();
    await site.record(...joins(5));
    const first = await open(site, broker);
    await first.settled();
    await first.close();
    const second = await open(site, broker);
    await second.settled();
    expect(broker.events()).toEqual([]);
    expect(second.stats()).toMatchObject({ rendered: 5, journalDepth: 0 });
  });

  test("takes the acknowledgements that come before that of its goodbye", async () => {
    const broker = new Broker();
    const site = testSite();
    await site.record(...joins(3));
    const first = await open(site, broker);
    await broker.until(() => broker.events().length === 3);
    const closing = first.close();
    await broker.until(() => Buffer.from(broker.sent.at(-1)?.message.payload ?? []).includes("shutdown"));
    broker.acknowledgeAll();
    await closing;
    broker.automatic = true;
    await (await open(site, broker)).settled();
    expect(broker.events()).toEqual([]);
  });
});
