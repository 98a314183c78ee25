/** The adapter of the npm package `mqtt`, the only file that imports it. Its own queue, store and reconnect stay unused. */
import mqtt, { type IClientOptions, type IClientPublishOptions, type MqttClient } from "mqtt";
import { type Closable, StoreError, UsageError } from "../../../gateway/base/index.ts";
import { classOf, type Message, propertiesOf } from "../outbox/message.ts";
import type { BrokerAddress, Connection, Dial, DialRequest } from "./connection.ts";
import type { Protocol } from "./link-machine.ts";

const KEEPALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 10_000;
/** Commands wait at the broker for so long while the bridge is away. */
const SESSION_EXPIRY_S = 24 * 3600;
/** Limits the commands that may come in at once. */
const INBOUND_MAXIMUM = 20;
/** Short drops must not flap. */
const WILL_DELAY_S = 10;
/** MQTT 5 §3.2.2.3.3: what holds when CONNACK names no Receive Maximum; MQTT 3.1.1 knows no limit. */
const NO_RECEIVE_MAXIMUM = 65_535;

/** CONNACK codes of MQTT 3.1.1 §3.2.2.3 and MQTT 5 §3.2.2.2 that need a reaction of their own. */
const WRONG_PROTOCOL = new Set([1, 132]);
const DENIED = new Set([4, 5, 134, 135, 138, 140]);

const SCHEMES: ReadonlyMap<string, "plain" | "encrypted"> = new Map([
  ["mqtt:", "plain"],
  ["tcp:", "plain"],
  ["ws:", "plain"],
  ["mqtts:", "encrypted"],
  ["ssl:", "encrypted"],
  ["tls:", "encrypted"],
  ["wss:", "encrypted"],
]);
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Is the line to this broker readable for others on the network? Throws UsageError mqtt.url. */
export function isExposed(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = SCHEMES.get(parsed?.protocol ?? "");
  if (parsed === undefined || scheme === undefined || parsed.hostname === "") throw new UsageError("mqtt.url", { url });
  return scheme === "plain" && !LOOPBACK.test(parsed.hostname);
}

export const dial: Dial = (request) =>
  new Promise((resolve, reject) => {
    const client = mqtt.connect(request.broker.url, clientOptions(request));
    let stage: "dialing" | "up" | "over" = "dialing";
    const fail = (error: StoreError): void => {
      if (stage !== "dialing") return;
      stage = "over";
      client.end(true);
      reject(error);
    };
    const stop = (): void =>
      fail(new StoreError("mqtt.unreachable", { url: request.broker.url, reason: "we are leaving" }));
    request.signal.addEventListener("abort", stop, { once: true });
    client.on("connect", () => {
      request.signal.removeEventListener("abort", stop);
      if (stage !== "dialing") return;
      stage = "up";
      resolve(
        connectionOf(client, request.protocol, () => {
          stage = "over";
        }),
      );
    });
    client.on("error", (error) => fail(coded(error, request))); // after the dial "close" tells what matters
    client.on("close", () => {
      // Before CONNACK: brokers that do not know MQTT 5 may just hang up (MQTT 5 §3.1.2.2).
      fail(new StoreError("mqtt.protocol", { url: request.broker.url, protocol: nameOf(request.protocol) }));
      if (stage !== "up") return;
      stage = "over";
      client.end(true);
      request.onLost("closed");
    });
  });

function clientOptions({ broker, protocol, clientId, will }: DialRequest): IClientOptions {
  const v5 = protocol === 5;
  return {
    protocolVersion: protocol,
    clientId,
    clean: false,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    autoAssignTopicAlias: v5,
    ...(broker.username === undefined ? {} : { username: broker.username }),
    ...(broker.password === undefined ? {} : { password: broker.password }),
    ...tlsOptions(broker),
    ...(v5 ? { properties: { sessionExpiryInterval: SESSION_EXPIRY_S, receiveMaximum: INBOUND_MAXIMUM } } : {}),
    will: {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: 1,
      retain: classOf(will) === "latest",
      ...(v5 ? { properties: { willDelayInterval: WILL_DELAY_S, contentType: "application/json" } } : {}),
    },
  };
}

function tlsOptions({ tls }: BrokerAddress): IClientOptions {
  if (tls === undefined) return {};
  const { ca, cert, key } = tls;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function connectionOf(client: MqttClient, protocol: Protocol, over: () => void): Connection {
  return {
    receiveMaximum: client.serverProperties?.receiveMaximum ?? NO_RECEIVE_MAXIMUM,
    publish: (message, acknowledged) => {
      // mqtt.js 5.16 types say `error` is undefined after a PUBACK; it is null.
      const done = (error: Error | null | undefined): void => {
        const code = error && "code" in error ? Number(error.code) : 0;
        if (error === undefined || error === null) acknowledged(undefined);
        else if (code >= 0x80) acknowledged({ code, text: error.message });
        // Anything else is the line going down, which "close" reports.
      };
      client.publish(message.topic, asBuffer(message.payload), publishOptions(message, protocol), done);
    },
    end: async () => {
      over();
      await client.endAsync();
    },
    drop: () => {
      over();
      client.end(true);
    },
  };
}

function publishOptions(message: Message, protocol: Protocol): IClientPublishOptions {
  const retain = classOf(message) === "latest";
  if (protocol === 4) return { qos: 1, retain };
  const { contentType, expirySeconds, user } = propertiesOf(message);
  return {
    qos: 1,
    retain,
    properties: {
      contentType,
      payloadFormatIndicator: true,
      // mqtt-packet 9 drops a packet with an empty object here without a word.
      ...(Object.keys(user).length === 0 ? {} : { userProperties: { ...user } }),
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
    },
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const nameOf = (protocol: Protocol): string => (protocol === 5 ? "5" : "3.1.1");

function coded(error: Error & { readonly code?: unknown }, { broker: { url }, protocol }: DialRequest): StoreError {
  const code = typeof error.code === "number" ? error.code : undefined;
  if (code !== undefined && WRONG_PROTOCOL.has(code)) {
    return new StoreError("mqtt.protocol", { url, protocol: nameOf(protocol) });
  }
  if (code !== undefined && DENIED.has(code)) return new StoreError("mqtt.denied", { url, reason: error.message });
  const reason = typeof error.code === "string" ? error.code : error.message;
  return new StoreError("mqtt.unreachable", { url, reason }, { cause: error });
}

/** An embedded broker comes back with its gateway, within a second or two. */
const RECONNECT_MS = 500;

/** A cloud app's end of the line: subscribes with QoS 1 and reports what arrives, also after the broker was gone. */
export async function watch(url: string, filter: string, onMessage: (topic: string) => void): Promise<Closable> {
  try {
    const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: RECONNECT_MS }, false);
    client.on("error", () => undefined); // the line going down: it comes again
    client.on("message", (topic) => onMessage(topic));
    await client.subscribeAsync(filter, { qos: 1 });
    return { close: () => client.endAsync(true) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError("mqtt.unreachable", { url, reason }, { cause: error });
  }
}
