/** The port of probe and sweep to an MQTT connection of their own: every property can be sent and seen, and nothing stays behind at its end. */
import type { BrokerAddress, Inbound, Refusal } from "./connection.ts";
import type { Protocol } from "./link-machine.ts";

/** MQTT 5.0 §3.2.2.3: what CONNACK says of the broker; left out = no limit of its own. */
export interface BrokerLimits {
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly maximumQos?: number;
  readonly retainAvailable?: boolean;
  readonly sharedAvailable?: boolean;
  readonly topicAliasMaximum?: number;
}

/** QoS 1. What MQTT 3.1.1 cannot say is left out there. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
  readonly user?: Readonly<Record<string, string>>;
  readonly responseTopic?: string;
  readonly correlation?: Uint8Array;
  readonly expirySeconds?: number;
}

export interface Heard extends Inbound {
  readonly user: Readonly<Record<string, string>>;
}

export interface PlainRequest {
  readonly broker: BrokerAddress;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly will?: { readonly topic: string; readonly delaySeconds: number };
  readonly onMessage?: (message: Heard) => void;
}

export interface PlainLine {
  readonly limits: BrokerLimits;
  /** Resolves when the line is gone, however it went. */
  readonly gone: Promise<void>;
  /** Resolves with what the broker refused; never when the line is lost meanwhile. */
  publish(message: Outgoing): Promise<Refusal | undefined>;
  /** QoS 1 where nothing else is said. */
  subscribe(filter: string, qos?: 0): Promise<Refusal | undefined>;
  /** DISCONNECT, so that the broker forgets the will. */
  end(): Promise<void>;
  /** Breaks the line; the broker will send the will. */
  drop(): void;
}

/** Throws StoreError mqtt.unreachable, mqtt.tls, mqtt.protocol or mqtt.denied. */
export type OpenPlainLine = (request: PlainRequest) => Promise<PlainLine>;
