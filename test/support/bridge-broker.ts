/** A broker whose every PUBACK the test gives by hand, and which the test lets bring messages in. */
import {
  type Acknowledged,
  type Connection,
  type Dial,
  type DialRequest,
  type Inbound,
  type Refusal,
  TOO_LARGE,
} from "../../cloud-bridge/mqtt/link/connection.ts";
import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { StoreError } from "../../gateway/base/index.ts";

export interface Brought {
  readonly acknowledged: boolean;
  /** The bridge wants no more until this resolves. */
  readonly wait: Promise<void> | undefined;
}

export interface Sent {
  readonly message: Message;
  readonly acknowledge: Acknowledged;
  readonly replay: boolean;
}

/** The broker's end: sees what was sent, acknowledges or refuses, breaks the line. */
export class Broker {
  sent: Sent[] = [];
  readonly requests: DialRequest[] = [];
  ended = 0;
  dropped = 0;
  automatic = false;
  receiveMaximum = 65_535;
  maximumPayload = Number.POSITIVE_INFINITY;
  filters: readonly string[] = [];
  readonly pubacks: string[] = [];
  subscribeRefusal: Refusal | undefined;
  #waiting: Array<() => void> = [];

  readonly dial: Dial = async (request) => {
    this.requests.push(request);
    if (request.protocol === 5 && this.receiveMaximum === 0) {
      throw new StoreError("mqtt.protocol", { url: "mqtt://test", protocol: "5" });
    }
    this.sent = [];
    const connection: Connection = {
      receiveMaximum: this.receiveMaximum || 65_535,
      publish: (message, acknowledge, replay = false) => {
        if (message.payload.length > this.maximumPayload) {
          acknowledge({ code: TOO_LARGE, text: "Packet too large" });
          return;
        }
        this.sent.push({ message, acknowledge, replay });
        if (this.automatic) queueMicrotask(() => acknowledge(undefined));
        for (const wake of this.#waiting.splice(0)) wake();
      },
      subscribe: (filters, done) => {
        this.filters = filters;
        done(this.subscribeRefusal);
      },
      end: async () => {
        this.ended += 1;
      },
      drop: () => {
        this.dropped += 1;
      },
    };
    return connection;
  };

  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  events(): readonly number[] {
    return this.sent.filter(({ message }) => message.kind === "event").map(({ message }) => message.seq);
  }
  /** What came of these kinds, in order. */
  told(...kinds: readonly string[]): readonly Message[] {
    return this.sent.map(({ message }) => message).filter(({ kind }) => kinds.includes(kind));
  }
  /** Brings a message in on the last connection. */
  brings(message: Partial<Inbound> & { readonly topic: string }): Brought {
    const brought: { acknowledged: boolean; wait: Promise<void> | undefined } = {
      acknowledged: false,
      wait: undefined,
    };
    const whole: Inbound = { payload: new Uint8Array(0), retain: false, ...message };
    const acknowledge = (): void => {
      brought.acknowledged = true;
      this.pubacks.push(message.topic);
    };
    brought.wait = this.requests.at(-1)?.onMessage?.({ message: whole, acknowledge });
    return brought;
  }
  acknowledgeAll(): void {
    for (const { acknowledge } of this.sent.splice(0)) acknowledge(undefined);
  }
}
