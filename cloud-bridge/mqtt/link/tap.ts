/**
 * A look at the line: what the broker said when it was made, and what goes out on it. While nobody watches it costs a look at an
 * empty set, and nothing is ever kept.
 */
import { type Clock, type Closable, explain, type Logger, type Millis } from "../../../gateway/base/index.ts";
import type { Message } from "../outbox/message.ts";
import type { Connection, DialRequest } from "./connection.ts";
import type { BrokerLimits } from "./plain-line.ts";
import { deliveryOf } from "./publish-packet.ts";

/** Of one connection. */
export interface LineFacts {
  readonly limits: BrokerLimits;
  /** E.g. TLSv1.3; left out for a plain line. */
  readonly tls?: string;
}

export interface SentMessage {
  readonly at: Millis;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** Sent again because somebody asked for it. */
  readonly replay: boolean;
}

type TellingDial = (request: DialRequest) => Promise<Connection & { readonly facts: LineFacts }>;
export type Watcher = (message: SentMessage) => void;

export class Tap {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #watchers = new Set<Watcher>();
  #facts: LineFacts | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Of the connection that was made last. */
  get facts(): LineFacts | undefined {
    return this.#facts;
  }

  watch(watcher: Watcher): Closable {
    this.#watchers.add(watcher);
    return { close: async () => void this.#watchers.delete(watcher) };
  }

  /** The same dial, looked at. */
  on(dial: TellingDial): TellingDial {
    return async (request) => {
      const connection = await dial(request);
      this.#facts = connection.facts;
      return {
        ...connection,
        publish: (message, acknowledged, replay = false) => {
          if (this.#watchers.size > 0) this.#tell(message, replay);
          connection.publish(message, acknowledged, replay);
        },
      };
    };
  }

  /** Who only watches must not stop what goes out. */
  #tell(message: Message, replay: boolean): void {
    const { topic, payload } = message;
    const sent = { at: this.#clock.now(), topic, payload, retained: deliveryOf(message).retain, replay };
    for (const watcher of this.#watchers) {
      try {
        watcher(sent);
      } catch (error) {
        this.#log.warn("mqtt.watcher-failed", { reason: explain(error) });
      }
    }
  }
}
