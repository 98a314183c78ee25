/** The adapter of the npm package `mqtt`, the only file that imports it. Its own queue, store and reconnect stay unused. */
import { TLSSocket } from "node:tls";
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient, ReasonCodes } from "mqtt";
import { type Closable, StoreError } from "../../../gateway/base/index.ts";
import { asBuffer, propertiesOf } from "../outbox/message.ts";
import {
  type Acknowledged,
  type BrokerAddress,
  type Connection,
  type DialRequest,
  type Inbound,
  OVERSIZED,
} from "./connection.ts";
import { INBOUND_MAXIMUM } from "./inbound.ts";
import type { Protocol } from "./link-machine.ts";
import type { BrokerLimits, Heard, OpenPlainLine, Outgoing, PlainLine, PlainRequest } from "./plain-line.ts";
import { deliveryOf } from "./publish-packet.ts";
import { PacketIds, Publisher } from "./publisher.ts";
import { doorOf } from "./schemes.ts";
import type { LineFacts } from "./tap.ts";

const KEEPALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 10_000;
/** Commands wait at the broker for so long while the bridge is away. */
const SESSION_EXPIRY_S = 24 * 3600;
/** MQTT 5.0 §3.1.2.11.4: larger packets the broker keeps to itself; commands have a limit of their own below it. */
const MAXIMUM_PACKET = 256 * 1024;
/** Bytes in a row without the end of a packet: one that is too large, and a chunk of the socket. */
const MAXIMUM_UNFINISHED = MAXIMUM_PACKET + 64 * 1024;
/** Short drops must not flap. */
const WILL_DELAY_S = 10;
/** MQTT 5 §3.2.2.3.3: what holds when CONNACK names no Receive Maximum; MQTT 3.1.1 knows no limit. */
const NO_RECEIVE_MAXIMUM = 65_535;

/** CONNACK codes of MQTT 3.1.1 §3.2.2.3 and MQTT 5 §3.2.2.2 that need a reaction of their own. */
const WRONG_PROTOCOL = new Set([1, 132]);
const DENIED = new Set([4, 5, 134, 135, 138, 140]);

/** What Node.js calls faults of certificates (its documentation, "X509 certificate error codes") and of the handshake. */
const TLS_FAULT = /^(ERR_SSL|ERR_TLS|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_|HOSTNAME_MISMATCH|ERR_OSSL)/;

/** What came back was no TLS. */
const NO_TLS = /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;

/** Throws as Dial says. */
export const dial = (request: DialRequest): Promise<ToldConnection> =>
  new Promise((resolve, reject) => {
    const ids = new PacketIds();
    const client = mqtt.connect(request.broker.url, { ...clientOptions(request), messageIdProvider: ids });
    let stage: "dialing" | "up" | "over" = "dialing";
    const lose = (reason: string): void => {
      if (stage !== "up") return;
      stage = "over";
      client.end(true);
      request.onLost(reason);
    };
    let farewell: string | undefined;
    client.on("disconnect", ({ reasonCode }) => {
      farewell = `the broker said DISCONNECT ${reasonCode ?? 0}`;
    });
    guardSize(client, () => {
      lose(OVERSIZED);
      fail(new StoreError("mqtt.unreachable", { url: request.broker.url, reason: OVERSIZED }));
    });
    const { onMessage } = request;
    if (onMessage !== undefined) {
      client.handleMessage = (packet, next) => {
        const acknowledge = (): void => {
          if (stage === "up" && packet.qos === 1) client.stream.write(puback(packet.messageId ?? 0));
        };
        const wait = onMessage({ message: inboundOf(packet), acknowledge });
        // An error keeps mqtt.js from sending PUBACK by itself, and from nothing else.
        const goOn = (): void => next(new Error("acknowledged when it is taken"));
        if (wait === undefined) goOn();
        else wait.then(goOn, goOn);
      };
    }
    const fail = (error: StoreError): void => {
      if (stage !== "dialing") return;
      stage = "over";
      request.signal.removeEventListener("abort", stop); // a broker that is away for days is dialled thousands of times
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
        connectionOf(client, request, ids, () => {
          stage = "over";
        }),
      );
    });
    client.on("error", (error) => fail(coded(error, request))); // after the dial "close" tells what matters
    client.on("close", () => {
      // Before CONNACK: brokers that do not know MQTT 5 may just hang up (MQTT 5 §3.1.2.2).
      fail(new StoreError("mqtt.protocol", { url: request.broker.url, protocol: nameOf(request.protocol) }));
      lose(farewell ?? "closed");
    });
  });

/** A packet is parsed when all of it is there: one that is too large is noticed while it comes in. */
function guardSize(client: MqttClient, refuse: () => void): void {
  let unfinished = 0;
  client.on("packetreceive", () => {
    unfinished = 0;
  });
  client.stream.on("data", (chunk: Uint8Array) => {
    unfinished += chunk.length;
    if (unfinished > MAXIMUM_UNFINISHED) refuse();
  });
}

/** MQTT 5.0 §3.4 without reason code (§3.4.2.1: success), which is also MQTT 3.1.1 §3.4. */
const puback = (id: number): Buffer => Buffer.of(0x40, 2, id >> 8, id & 0xff);

function inboundOf({ topic, payload, retain, properties }: IPublishPacket): Inbound {
  const { responseTopic, correlationData, messageExpiryInterval } = properties ?? {};
  return {
    topic,
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
    retain,
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlation: correlationData }),
    ...(messageExpiryInterval === undefined ? {} : { expirySeconds: messageExpiryInterval }),
  };
}

/** Who we are, and nothing that the package would do by itself. */
function commonOptions({ broker, protocol, clientId }: Who): IClientOptions {
  return {
    protocolVersion: protocol,
    clientId,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    ...(broker.username === undefined ? {} : { username: broker.username }),
    ...(broker.password === undefined ? {} : { password: broker.password }),
    ...tlsOptions(broker),
  };
}

function clientOptions(request: DialRequest): IClientOptions {
  const { protocol, will, afresh = false } = request;
  const v5 = protocol === 5;
  return {
    ...commonOptions(request),
    clean: afresh,
    ...(v5
      ? {
          properties: {
            sessionExpiryInterval: SESSION_EXPIRY_S,
            receiveMaximum: INBOUND_MAXIMUM,
            maximumPacketSize: MAXIMUM_PACKET,
          },
        }
      : {}),
    will: {
      topic: will.topic,
      payload: asBuffer(will.payload),
      ...deliveryOf(will),
      ...(v5 ? { properties: { willDelayInterval: WILL_DELAY_S, contentType: propertiesOf(will).contentType } } : {}),
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

interface ToldConnection extends Connection {
  readonly facts: LineFacts;
}

function connectionOf(
  client: MqttClient,
  { protocol, broker: { url } }: DialRequest,
  ids: PacketIds,
  over: () => void,
): ToldConnection {
  const { stream, serverProperties } = client;
  const { topicAliasMaximum: aliases = 0, maximumPacketSize: maximumPacket } = serverProperties ?? {};
  const publisher = new Publisher({ stream, ids, protocol, aliases, maximumPacket });
  // The package's own look at this PUBACK finds nothing that waits for it, and leaves it at that.
  client.on("packetreceive", (packet) => {
    if (packet.cmd !== "puback" || packet.messageId === undefined) return;
    const code = packet.reasonCode ?? 0;
    publisher.acked(packet.messageId, code, wordsOf(code));
  });
  return {
    receiveMaximum: serverProperties?.receiveMaximum ?? NO_RECEIVE_MAXIMUM,
    facts: factsOf(client, url),
    publish: (message, acknowledged, replay = false) => publisher.publish(message, acknowledged, replay),
    subscribe: (filters, done) => {
      // MQTT 5.0 §3.8.3.1: the flag of a retained command is shown, and what lies there is told once per session.
      const shown = protocol === 5 ? { rap: true, rh: 1 } : {};
      client.subscribe([...filters], { qos: 1, ...shown }, (error) => answer(error, done));
    },
    end: async () => {
      over();
      publisher.flush();
      await client.endAsync();
    },
    drop: () => {
      over();
      client.end(true);
    },
  };
}

/** Over a WebSocket (wss) the stream is not the socket, and the version stays unknown. */
function factsOf({ stream, serverProperties }: MqttClient, url: string): LineFacts {
  const limits = limitsOf(serverProperties);
  if (!doorOf(url).encrypted) return { limits };
  return { limits, tls: (stream instanceof TLSSocket && stream.getProtocol()) || "TLS" };
}

/**
 * mqtt.js 5.16 types say `error` is undefined after a SUBACK; it is null. An error without a reason code is the line going
 * down, which "close" reports.
 */
function answer(error: Error | null | undefined, acknowledged: Acknowledged): void {
  const code = error && "code" in error ? Number(error.code) : 0;
  if (error === undefined || error === null) acknowledged(undefined);
  else if (code >= 0x80) acknowledged({ code, text: error.message });
}

/** The probe's own line: its session ends with it, but for one whose will comes later. */
export const openPlainLine: OpenPlainLine = (request) =>
  new Promise((resolve, reject) => {
    const client = mqtt.connect(request.broker.url, { ...commonOptions(request), clean: true, ...willOf(request) });
    const fail = (error: StoreError): void => {
      client.end(true);
      reject(error); // after the dial nobody hears it, and "close" tells what matters
    };
    const { onMessage } = request;
    if (onMessage !== undefined) client.on("message", (_topic, _payload, packet) => onMessage(heardOf(packet)));
    client.on("error", (error) => fail(coded(error, request)));
    client.on("close", () =>
      fail(new StoreError("mqtt.protocol", { url: request.broker.url, protocol: nameOf(request.protocol) })),
    );
    client.on("connect", () => resolve(plainLineOf(client, request)));
  });

function willOf({ will, protocol }: PlainRequest): IClientOptions {
  const v5 = protocol === 5;
  if (will === undefined) return v5 ? { properties: { maximumPacketSize: MAXIMUM_PACKET } } : {};
  const { topic, delaySeconds } = will;
  const last = { topic, payload: Buffer.from("will"), qos: 1 as const, retain: false };
  if (!v5) return { will: last };
  // MQTT 5.0 §3.1.2.5: the will goes out at the end of the session at the latest.
  const properties = { sessionExpiryInterval: 2 * delaySeconds + 1 };
  return { will: { ...last, properties: { willDelayInterval: delaySeconds } }, properties };
}

function plainLineOf(client: MqttClient, { protocol }: PlainRequest): PlainLine {
  return {
    limits: limitsOf(client.serverProperties),
    gone: new Promise((resolve) => void client.once("close", () => resolve())),
    publish: ({ topic, payload, retain = false, ...rest }) =>
      new Promise((resolve) => {
        const properties = protocol === 5 ? { properties: propertiesFor(rest) } : {};
        client.publish(topic, payload, { qos: 1, retain, ...properties }, (error) => answer(error, resolve));
      }),
    subscribe: (filter, qos: 0 | 1 = 1) =>
      new Promise((resolve) => void client.subscribe(filter, { qos }, (error) => answer(error, resolve))),
    end: () => client.endAsync(),
    drop: () => void client.stream.destroy(),
  };
}

function limitsOf(said: MqttClient["serverProperties"] = {}): BrokerLimits {
  const { receiveMaximum, maximumPacketSize, maximumQoS, retainAvailable, sharedSubscriptionAvailable } = said;
  return {
    ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    ...(maximumPacketSize === undefined ? {} : { maximumPacketSize }),
    ...(maximumQoS === undefined ? {} : { maximumQos: maximumQoS }),
    ...(retainAvailable === undefined ? {} : { retainAvailable }),
    ...(sharedSubscriptionAvailable === undefined ? {} : { sharedAvailable: sharedSubscriptionAvailable }),
    ...(said.topicAliasMaximum === undefined ? {} : { topicAliasMaximum: said.topicAliasMaximum }),
  };
}

const propertiesFor = ({ user, responseTopic, correlation, expirySeconds }: Partial<Outgoing>) => ({
  ...(user === undefined ? {} : { userProperties: { ...user } }),
  ...(responseTopic === undefined ? {} : { responseTopic }),
  ...(correlation === undefined ? {} : { correlationData: asBuffer(correlation) }),
  ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
});

function heardOf(packet: IPublishPacket): Heard {
  const user = Object.entries(packet.properties?.userProperties ?? {});
  return { ...inboundOf(packet), user: Object.fromEntries(user.map(([name, value]) => [name, String(value)])) };
}

const REASONS: Readonly<Record<number, string>> = ReasonCodes;
const wordsOf = (code: number): string => REASONS[code] ?? `reason code ${code}`;

const nameOf = (protocol: Protocol): string => (protocol === 5 ? "5" : "3.1.1");

type Who = Pick<DialRequest, "broker" | "protocol" | "clientId">;

function coded(error: Error & { readonly code?: unknown }, { broker: { url }, protocol }: Who): StoreError {
  const code = typeof error.code === "number" ? error.code : undefined;
  if (code !== undefined && WRONG_PROTOCOL.has(code)) {
    return new StoreError("mqtt.protocol", { url, protocol: nameOf(protocol) });
  }
  if (code !== undefined && DENIED.has(code)) return new StoreError("mqtt.denied", { url, reason: error.message });
  const reason = typeof error.code === "string" ? error.code : error.message;
  if (NO_TLS.test(reason)) return new StoreError("mqtt.port", { url, reason }, { cause: error });
  if (TLS_FAULT.test(reason)) return new StoreError("mqtt.tls", { url, reason }, { cause: error });
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
