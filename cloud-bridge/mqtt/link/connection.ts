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

export interface DialRequest {
  readonly broker: BrokerAddress;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly will: Message;
  /** Ends an attempt that is under way. */
  readonly signal: AbortSignal;
  /** Called once, after a successful dial, when the connection is gone for any reason but `end` or `drop`. */
  readonly onLost: (reason: string) => void;
}

/** `refusal` is an MQTT 5 reason code of 0x80 or more; undefined = the broker took it. */
export type Acknowledged = (refusal: { readonly code: number; readonly text: string } | undefined) => void;

export interface Connection {
  readonly receiveMaximum: number;
  /** QoS 1. Hands the message to the socket in this call; the callback comes with PUBACK, or never when the line is lost. */
  publish(message: Message, acknowledged: Acknowledged): void;
  /** DISCONNECT, so that the broker forgets the will. */
  end(): Promise<void>;
  /** Breaks the line; the broker will send the will. */
  drop(): void;
}

/** Throws StoreError mqtt.unreachable, mqtt.protocol or mqtt.denied. */
export type Dial = (request: DialRequest) => Promise<Connection>;
