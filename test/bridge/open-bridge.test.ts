/** The composition: which broker, what is refused at once, TLS. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Bridge, type BridgeOptions, openBridge, watchCloud } from "../../cloud-bridge/app/index.ts";
import { openEmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { isCoded, Lifecycle, millis, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { fixedSchema } from "../../gateway/yang/index.ts";
import { freePort, hasMosquitto, startMosquitto, subscribe } from "../support/bridge-mosquitto.ts";
import { joined, SITE } from "../support/bridge-site.ts";
import { bridgeSchema } from "../support/bridge-trees.ts";

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

async function open(mqtt: BridgeOptions["mqtt"], site = SITE): Promise<Bridge> {
  const journal = memoryJournal();
  await journal.append(joined(1)).durable;
  const bridge = await openBridge({
    site,
    journal,
    state: memoryState(),
    schemas: fixedSchema(await bridgeSchema()),
    clock: systemClock(),
    random: seededRandom(1),
    log: SILENT,
    mqtt,
    software: "0.1.0",
    roles: ["gateway", "bridge"],
    name: "Plant room B2",
    health: () => ({ coap: { "rx-s": 11.2 } }),
    batchDelay: millis(5),
  });
  return parts.add(bridge);
}

const refusal = async (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => (isCoded(error) ? { code: error.code, ...error.facts } : error),
  );

describe("openBridge", () => {
  test("brings the embedded broker along when none is configured", async () => {
    const bridge = await open({ embedded: { port: 0 } });
    await bridge.settled();
    const cloud = parts.add(await watchCloud(bridge.broker.url, "sidgate/1/#"));
    expect(bridge.broker.kind).toBe("embedded-for-trying");
    expect(bridge.stats()).toMatchObject({ connected: true, protocol: "3.1.1", journalDepth: 0 });
    expect(cloud.messages()).toBeGreaterThanOrEqual(0);
  });

  test("names the key when the embedded broker's port is taken, and leaves nothing open", async () => {
    const other = parts.add(await openEmbeddedBroker(0));
    expect(await refusal(open({ embedded: { port: other.port } }))).toEqual({
      code: "port.taken",
      what: "the embedded MQTT broker",
      address: `127.0.0.1:${other.port}`,
      key: "mqtt.embedded.port",
    });
  });

  test.each([
    ["no scheme", "broker.example:1883"],
    ["another scheme", "http://broker.example"],
    ["no host", "mqtt://"],
    ["nothing", ""],
  ])("refuses an address with %s", async (_name, url) => {
    expect(await refusal(open({ url }))).toEqual({ code: "mqtt.url", url });
  });

  test("refuses a site that cannot stand in a topic", async () => {
    expect(await refusal(open({ embedded: { port: 0 } }, { ...SITE, site: "My/Site" }))).toMatchObject({
      code: "mqtt.topic",
      part: "site",
    });
  });

  test("refuses a TLS file that is not there", async () => {
    const mqtt = { url: "mqtts://127.0.0.1:8883", tls: { ca: "/no/such.pem" } };
    expect(await refusal(open(mqtt))).toEqual({ code: "mqtt.tls-file", path: "/no/such.pem", reason: "ENOENT" });
    const path = import.meta.filename; // PEM of another kind is passed over without a word, and this is none at all
    const reason = "there is no certificate in it";
    expect(await refusal(open({ ...mqtt, tls: { ca: path } }))).toEqual({ code: "mqtt.tls-file", path, reason });
  });

  test("does not wait for a broker that never answers when it is closed", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const line = once(mute, "connection");
    const address = mute.address();
    const bridge = await open({ url: `mqtt://127.0.0.1:${typeof address === "object" ? address?.port : ""}` });
    await line;
    const started = performance.now();
    await bridge.close();
    expect(performance.now() - started).toBeLessThan(8_000); // for an answer it waits ten seconds
    mute.close();
  });

  test("starts without its broker and keeps everything for it", async () => {
    const bridge = await open({ url: `mqtt://127.0.0.1:${await freePort()}` });
    expect(bridge.stats()).toMatchObject({ connected: false, published: 0 });
  });
});

const OPENSSL = "/usr/bin/openssl";
(hasMosquitto && existsSync(OPENSSL) ? test : test.skip)(
  "speaks TLS with a broker of a private authority (needs mosquitto, openssl)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-tls-"));
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    const file = (name: string): string => join(folder, name);
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file("key.pem")];
    execFileSync(OPENSSL, ["req", "-x509", ...key, "-out", file("cert.pem"), "-days", "2", ...subject], {
      stdio: "ignore",
    });
    // Mosquitto gives up root before it reads them.
    for (const [path, mode] of [
      [folder, 0o755],
      [file("key.pem"), 0o644],
    ] as const)
      await chmod(path, mode);
    const port = await freePort();
    const tls = [`listener ${port} 127.0.0.1`, `certfile ${file("cert.pem")}`, `keyfile ${file("key.pem")}`];
    const broker = parts.add(await startMosquitto({ extra: tls }));
    const cloud = parts.add(await subscribe(broker.port, "sidgate/1/+/g/+/status", "5"));
    const stranger = await open({ url: `mqtts://localhost:${port}` });
    const bridge = await open({ url: `mqtts://localhost:${port}`, tls: { ca: file("cert.pem") } });
    await bridge.settled();
    expect(bridge.stats()).toMatchObject({ connected: true, protocol: "5" });
    expect(stranger.stats().connected).toBe(false);
    expect((await cloud.until((lines) => lines.length > 0))[0]?.payload).toContain('"broker":"configured"');
  },
);
