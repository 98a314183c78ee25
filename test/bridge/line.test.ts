/**
 * One connection against real brokers: commands in, PUBACK by hand, mutual TLS with a CA of our own, what a broker refuses.
 * mosquitto_pub and Mosquitto's certificates come from programs that share no code with us.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type EmbeddedBroker, openEmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { dial } from "../../cloud-bridge/mqtt/link/client.ts";
import {
  type Arrival,
  type Connection,
  type DialRequest,
  OVERSIZED,
  type Refusal,
} from "../../cloud-bridge/mqtt/link/connection.ts";
import { jsonBytes, type Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { isCoded, Lifecycle } from "../../gateway/base/index.ts";
import { hasMosquitto, type Mosquitto, startMosquitto, subscribe } from "../support/bridge-mosquitto.ts";

const ROOT = "sidgate/1/s-5kq2";
const FILTERS = [`${ROOT}/cmd/+`, `${ROOT}/n/+/cmd/+`];
const PUB = "/usr/bin/mosquitto_pub";
const run = promisify(execFile);

const will: Message = {
  kind: "status",
  topic: `${ROOT}/g/gw-1/status`,
  seq: 0,
  payload: jsonBytes({ state: "offline" }),
};
const event: Message = { kind: "event", topic: `${ROOT}/event`, seq: 1, payload: jsonBytes({ seq: "1", epoch: 3 }) };

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

/** Mosquitto gives up the rights of root before it reads its files. */
async function readable(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), name));
  await chmod(folder, 0o755);
  return folder;
}

interface Line {
  readonly connection: Connection;
  readonly arrived: Arrival[];
  readonly lost: string[];
  until(enough: () => boolean): Promise<void>;
}

async function connect(request: Partial<DialRequest> & Pick<DialRequest, "broker">): Promise<Line> {
  const arrived: Arrival[] = [];
  const lost: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const connection = await dial({
    protocol: 5,
    clientId: "sidgate-test",
    will,
    signal: new AbortController().signal,
    onLost: (reason) => {
      lost.push(reason);
      wake();
    },
    onMessage: (arrival) => {
      arrived.push(arrival);
      wake();
      return undefined;
    },
    ...request,
  });
  parts.add({ close: () => connection.end() });
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  return { connection, arrived, lost, until };
}
const subscribed = ({ connection }: Line, filters: readonly string[] = FILTERS): Promise<Refusal | undefined> =>
  new Promise((resolve) => connection.subscribe(filters, resolve));
const published = ({ connection }: Line, message: Message): Promise<Refusal | undefined> =>
  new Promise((resolve) => connection.publish(message, resolve));
const say = async (port: number, version: "5" | "311", topic: string, ...more: readonly string[]): Promise<void> => {
  await run(PUB, ["-h", "127.0.0.1", "-p", String(port), "-V", `mqttv${version}`, "-q", "1", "-t", topic, ...more]);
};
const refusalOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "connected",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );

const BROKERS = [
  { name: "Mosquitto, MQTT 5", protocol: 5, version: "5", open: () => startMosquitto() },
  { name: "Mosquitto, MQTT 3.1.1", protocol: 4, version: "311", open: () => startMosquitto() },
  { name: "aedes, MQTT 3.1.1", protocol: 4, version: "311", open: () => openEmbeddedBroker(0) },
] as const satisfies ReadonlyArray<{
  name: string;
  protocol: 4 | 5;
  version: string;
  open: () => Promise<Mosquitto | EmbeddedBroker>;
}>;

(hasMosquitto ? describe : describe.skip).each(BROKERS)("commands over $name (needs mosquitto)", (kind) => {
  test("come again until they are acknowledged, and wait at the broker while the bridge is away", async () => {
    const broker = parts.add(await kind.open());
    const { port } = broker;
    const address = { broker: { url: broker.url }, protocol: kind.protocol };
    const first = await connect(address);
    expect(await subscribed(first)).toBeUndefined();
    await say(port, kind.version, `${ROOT}/cmd/backup`, "-m", '{"id":"1"}');
    await say(port, kind.version, `${ROOT}/n/n-0001/cmd/get`, "-m", '{"id":"2"}');
    await first.until(() => first.arrived.length === 2);
    first.arrived[0]?.acknowledge();
    expect(await published(first, event)).toBeUndefined(); // PUBACK left before it
    first.connection.drop();
    await say(port, kind.version, `${ROOT}/cmd/rebirth`, "-m", '{"id":"3"}');

    const second = await connect(address);
    await subscribed(second);
    await second.until(() => second.arrived.length === 2);
    expect(second.arrived.map(({ message: { topic, payload } }) => [topic, Buffer.from(payload).toString()])).toEqual([
      [`${ROOT}/n/n-0001/cmd/get`, '{"id":"2"}'],
      [`${ROOT}/cmd/rebirth`, '{"id":"3"}'],
    ]);
    for (const { acknowledge } of second.arrived) acknowledge();
    await published(second, event);
    await second.connection.end();
    const third = await connect(address);
    await say(port, kind.version, `${ROOT}/cmd/rebirth`, "-m", '{"id":"4"}');
    await third.until(() => third.arrived.length === 1);
    expect(Buffer.from(third.arrived[0]?.message.payload ?? []).toString()).toBe('{"id":"4"}');
    third.arrived[0]?.acknowledge();
  });

  test("a retained one shows its flag: in MQTT 5 always, else when it lay there before", async () => {
    const broker = parts.add(await kind.open());
    await say(broker.port, kind.version, `${ROOT}/cmd/backup`, "-r", "-m", "{}");
    const line = await connect({ broker: { url: broker.url }, protocol: kind.protocol });
    await subscribed(line);
    await say(broker.port, kind.version, `${ROOT}/cmd/rebirth`, "-r", "-m", "{}");
    await line.until(() => line.arrived.length === 2);
    const flags = line.arrived.map(({ message }) => message.retain);
    expect(flags).toEqual([true, kind.protocol === 5]);
    for (const { acknowledge } of line.arrived) acknowledge();
  });
});

(hasMosquitto ? describe : describe.skip)("over Mosquitto (needs mosquitto)", () => {
  test("MQTT 5.0 §3.3.2.3: response topic, correlation data and expiry come in; a reply carries the correlation", async () => {
    const broker = parts.add(await startMosquitto());
    const line = await connect({ broker: { url: broker.url } });
    await subscribed(line);
    const properties = ["response-topic a/b", "correlation-data k7", "message-expiry-interval 60"].flatMap(
      (property) => ["-D", "publish", ...property.split(" ")],
    );
    await say(broker.port, "5", `${ROOT}/cmd/backup`, "-m", "{}", ...properties);
    await line.until(() => line.arrived.length === 1);
    const { responseTopic, correlation, expirySeconds } = line.arrived[0]?.message ?? {};
    expect([responseTopic, Buffer.from(correlation ?? []).toString(), expirySeconds]).toEqual(["a/b", "k7", 60]);
    const asker = await connect({ broker: { url: broker.url }, clientId: "asker" });
    await subscribed(asker, ["a/#"]);
    const payload = jsonBytes({ id: "1", status: "completed" });
    await published(line, {
      kind: "reply",
      topic: "a/b",
      seq: 9,
      payload,
      correlation: correlation ?? new Uint8Array(0),
    });
    await asker.until(() => asker.arrived.length === 1);
    expect(Buffer.from(asker.arrived[0]?.message.correlation ?? []).toString()).toBe("k7");
  });

  test("MQTT 5.0 §3.1.2.11.4: what is too large stays at the broker; in 3.1.1 it ends the line while it comes in", async () => {
    const broker = parts.add(await startMosquitto());
    const folder = await mkdtemp(join(tmpdir(), "sidgate-large-"));
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    const file = join(folder, "large");
    await writeFile(file, Buffer.alloc(2 * 1024 * 1024, 0x20));
    const five = await connect({ broker: { url: broker.url }, clientId: "five" });
    const old = await connect({ broker: { url: broker.url }, clientId: "old", protocol: 4 });
    await subscribed(five);
    await subscribed(old);
    await say(broker.port, "5", `${ROOT}/cmd/backup`, "-f", file);
    await old.until(() => old.lost.length > 0);
    expect(old.lost).toEqual([OVERSIZED]);
    await say(broker.port, "5", `${ROOT}/cmd/backup`, "-m", "{}");
    await five.until(() => five.arrived.length > 0);
    expect(five.arrived.map(({ message: { payload } }) => payload.length)).toEqual([2]);
    // The broker would bring it again for ever, so the next connection begins anew.
    const again = await connect({ broker: { url: broker.url }, clientId: "old", protocol: 4, afresh: true });
    await subscribed(again);
    await say(broker.port, "5", `${ROOT}/cmd/rebirth`, "-m", "{}");
    await again.until(() => again.arrived.length > 0);
    expect(again.arrived.map(({ message: { topic } }) => topic)).toEqual([`${ROOT}/cmd/rebirth`]);
  });

  test("says which message the broker would not have, and that the line is gone when another takes our place", async () => {
    const folder = await readable("sidgate-acl-");
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    await writeFile(join(folder, "acl"), `topic readwrite ${ROOT}/g/#\ntopic write ${ROOT}/birth\n`);
    const broker = parts.add(await startMosquitto({ extra: [`acl_file ${join(folder, "acl")}`] }));
    const line = await connect({ broker: { url: broker.url } });
    expect(await published(line, will)).toBeUndefined();
    expect(await published(line, event)).toMatchObject({ code: 0x87 });
    // Mosquitto 2.0.11 breaks the line after a refusal, unless it logs everything.
    const next = await connect({ broker: { url: broker.url } });
    await connect({ broker: { url: broker.url } });
    await next.until(() => next.lost.length > 0);
    expect(next.lost).toHaveLength(1);
  });

  test("MQTT 5.0 §3.2.2.3.6: what is larger than the broker takes is not sent, and the line stays", async () => {
    const broker = parts.add(await startMosquitto({ extra: ["max_packet_size 300"] }));
    const line = await connect({ broker: { url: broker.url } });
    const large = { ...event, payload: jsonBytes({ text: "x".repeat(250) }) };
    expect(await published(line, large)).toMatchObject({ code: 0x95 });
    expect(await published(line, event)).toBeUndefined();
    expect(await published(line, large)).toMatchObject({ code: 0x95 });
    expect([await published(line, event), line.lost]).toEqual([undefined, []]);
  });

  test("a message of QoS 0 needs no PUBACK and reaches who listens", async () => {
    const broker = parts.add(await startMosquitto());
    const cloud = parts.add(await subscribe(broker.port, `${ROOT}/log`, "5"));
    const line = await connect({ broker: { url: broker.url } });
    await published(line, { kind: "log", topic: `${ROOT}/log`, seq: 0, payload: jsonBytes({ level: "warn" }) });
    expect(await cloud.until((lines) => lines.length === 1)).toMatchObject([{ payload: '{"level":"warn"}' }]);
  });
});

const OPENSSL = "/usr/bin/openssl";
(hasMosquitto && existsSync(OPENSSL) ? describe : describe.skip)("mutual TLS (needs mosquitto, openssl)", () => {
  let folder = "";
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync(OPENSSL, args, { stdio: "ignore", cwd: folder });
  /** A key and its certificate; signed by `ca`, or by itself. */
  const certificate = (name: string, subject: string, ca?: string, ...more: readonly string[]): void => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
    const signer = ca === undefined ? [] : ["-CA", `${ca}.pem`, "-CAkey", `${ca}.key`];
    openssl("req", "-x509", ...key, "-out", `${name}.pem`, "-subj", `/CN=${subject}`, ...signer, ...more);
  };
  beforeAll(async () => {
    folder = await readable("sidgate-tls-");
    certificate("ca", "Plant CA");
    certificate("stranger", "Another CA");
    const host = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
    certificate("broker", "broker", "ca", ...host);
    const asked = ["-key", "broker.key", "-out", "expired.csr", "-subj", "/CN=broker", ...host];
    openssl("req", "-new", ...asked);
    const yesterday = ["-days", "-1", "-copy_extensions", "copyall", "-out", "expired.pem"];
    openssl("x509", "-req", "-in", "expired.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", ...yesterday);
    certificate("client", "s-5kq2", "ca", "-addext", "basicConstraints=critical,CA:FALSE");
    certificate("foreign", "s-5kq2", "stranger", "-addext", "basicConstraints=critical,CA:FALSE");
    await chmod(at("broker.key"), 0o644);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const broker = (name = "broker"): Promise<Mosquitto> =>
    startMosquitto({
      extra: [`cafile ${at("ca.pem")}`, `certfile ${at(`${name}.pem`)}`, `keyfile ${at("broker.key")}`].concat([
        "require_certificate true",
        "use_identity_as_username true",
      ]),
    });
  const address = async (port: number, client: string | undefined, ca = "ca") => ({
    url: `mqtts://127.0.0.1:${port}`,
    tls: {
      ca: await readFile(at(`${ca}.pem`), "utf8"),
      ...(client === undefined
        ? {}
        : { cert: await readFile(at(`${client}.pem`), "utf8"), key: await readFile(at(`${client}.key`), "utf8") }),
    },
  });

  test("lets us in with a certificate of the CA that both know", async () => {
    const { port } = parts.add(await broker());
    const line = await connect({ broker: await address(port, "client") });
    expect(await published(line, event)).toBeUndefined();
  });

  test.each([
    ["a broker of another CA", "broker", "client", "stranger", "mqtt.tls"],
    ["a broker whose certificate has expired", "expired", "client", "ca", "mqtt.tls"],
    ["us without a certificate", "broker", undefined, "ca", "mqtt.tls"],
    ["us with a certificate of another CA", "broker", "foreign", "ca", "mqtt.tls"],
  ])("refuses %s, with a code", async (_name, server, client, ca, code) => {
    const { port } = parts.add(await broker(server));
    expect(await refusalOf(connect({ broker: await address(port, client, ca) }))).toBe(code);
  });
});
