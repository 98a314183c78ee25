/** The port of the link to an MQTT connection: one CONNECT, no queue and no reconnecting of its own. */

import type { Message } from "../outbox/message.ts";
import type { Protocol } from "./link-machine.ts";

export interface TlsOptions {
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface BrokerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsOptions;
  /** Tried first; 5 when nothing is known about the broker. */
  readonly protocol?: Protocol;
}

/** A message that came in, with what MQTT 5 says beside it. */
export interface Inbound {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It lay at the broker, or (MQTT 5) was published to lie there. */
  readonly retain: boolean;
  readonly responseTopic?: string;
  readonly correlation?: Uint8Array;
  /** What is left of its life. */
  readonly expirySeconds?: number;
}

/** Who takes what comes in. */
export interface InboundPort {
  /** Topic filters, subscribed to with QoS 1 on every connection. */
  readonly filters: readonly string[];
  /** PUBACK goes out when this resolves; a message whose taking fails stays unacknowledged. */
  take(message: Inbound): Promise<void>;
}

export interface Arrival {
  readonly message: Inbound;
  /** PUBACK; nothing for QoS 0, and nothing once the line is gone. */
  acknowledge(): void;
}

/** What the other side refused: an MQTT 5 reason code of 0x80 or more. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** MQTT 5.0 §2.4: Packet too large. A message that is larger than the broker takes (its Maximum Packet Size) is not sent. */
export const TOO_LARGE = 0x95;

/** `refusal` undefined = the broker took it. */
export type Acknowledged = (refusal: Refusal | undefined) => void;

export interface DialRequest {
  readonly broker: BrokerAddress;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly will: Message;
  /** Throws away what the broker kept for us: the only way past a message that we cannot take in. */
  readonly afresh?: boolean;
  /** Ends an attempt that is under way. */
  readonly signal: AbortSignal;
  /** Called once, after a successful dial, when the connection is gone for any reason but `end` or `drop`. */
  readonly onLost: (reason: string) => void;
  /** A message came in; until what it returns resolves nothing more is read from the line. */
  readonly onMessage?: (arrival: Arrival) => Promise<void> | undefined;
}

/** The reason given to `onLost` when a packet came that is too large to be read. */
export const OVERSIZED = "a packet larger than we take";

export interface Connection {
  readonly receiveMaximum: number;
  /**
   * Hands the message to the socket in this call; the callback comes with PUBACK (QoS 0: when the socket took it; TOO_LARGE:
   * within this call), or never when the line is lost. `replay` is told as a user property (MQTT 5).
   */
  publish(message: Message, acknowledged: Acknowledged, replay?: boolean): void;
  /** Subscribes with QoS 1; the callback says what the broker refused. */
  subscribe(filters: readonly string[], done: Acknowledged): void;
  /** DISCONNECT, so that the broker forgets the will. */
  end(): Promise<void>;
  /** Breaks the line; the broker will send the will. */
  drop(): void;
}

/** Throws StoreError mqtt.unreachable, mqtt.tls, mqtt.protocol or mqtt.denied. */
export type Dial = (request: DialRequest) => Promise<Connection>;
