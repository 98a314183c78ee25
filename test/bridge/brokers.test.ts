/** The bridge against real brokers, seen by mosquitto_sub: order of 2.7, restarts, losses (mqtt-contract 2.16). */
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Bridge, EmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { openEmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { Lifecycle } from "../../gateway/base/index.ts";
import {
  freePort,
  hasMosquitto,
  type Line,
  type Mosquitto,
  startMosquitto,
  subscribe,
} from "../support/bridge-mosquitto.ts";
import { joined, nodeId, phase, testSite } from "../support/bridge-site.ts";

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

const ROOT = "sidgate/1/s-5kq2";
const STATUS = `${ROOT}/g/gw-7f3a/status`;
const payloads = (lines: readonly Line[], topic: string): ReadonlyArray<Record<string, unknown>> =>
  lines.filter((line) => line.topic === topic && line.payload !== "").map((line) => JSON.parse(line.payload));
const seqs = (lines: readonly Line[]): readonly number[] =>
  payloads(lines, `${ROOT}/event`).map((event) => Number(event["seq"]));

interface TestBroker {
  readonly name: string;
  readonly version: "5" | "311";
  readonly open: (port?: number) => Promise<Mosquitto | EmbeddedBroker>;
}
const BROKERS: readonly TestBroker[] = [
  { name: "Mosquitto (MQTT 5)", version: "5", open: (port) => startMosquitto(port === undefined ? {} : { port }) },
  { name: "aedes (MQTT 3.1.1)", version: "311", open: (port) => openEmbeddedBroker(port ?? 0) },
];

// The subscriber is mosquitto_sub in both cases, so without Mosquitto neither can run.
(hasMosquitto ? describe : describe.skip).each(BROKERS)("with $name (needs mosquitto, mosquitto-clients)", (kind) => {
  test("a connection tells status, birth, every retained topic, then the events in order", async () => {
    const broker = parts.add(await kind.open());
    const cloud = parts.add(await subscribe(broker.port, "sidgate/1/#", kind.version));
    const site = testSite();
    await site.record(joined(1), joined(2), phase(1, "idle", "queued"));
    const bridge = parts.add(await site.open({ url: broker.url }));
    await bridge.settled();

    const lines = await cloud.until((seen) => seqs(seen).length >= 3);
    const kinds = lines.map((line) => line.topic.slice(ROOT.length + 1));
    expect(kinds.slice(0, 2)).toEqual(["g/gw-7f3a/status", "birth"]);
    expect(seqs(lines)).toEqual([1, 2, 3]);
    expect(payloads(lines, STATUS)[0]).toMatchObject({ state: "online", epoch: 3, conn: 1, broker: "configured" });
    expect(payloads(lines, `${ROOT}/birth`)[0]).toMatchObject({ mqtt: kind.version === "5" ? 5 : 4, "next-seq": "4" });
    expect(payloads(lines, `${ROOT}/n/${nodeId(1)}/ota`).at(-1)).toMatchObject({ detail: { phase: "queued" } });
    expect(bridge.stats()).toMatchObject({ connected: true, journalDepth: 0, latestDepth: 0, rendered: 3 });
  });
});
