/**
 * PUBLISH and PUBACK of one connection, beside the npm package `mqtt`, which opened it and sees to all else: its own way of
 * publishing clones each packet and keeps it in a store, which the outbox does better. What is published in one turn of the
 * event loop leaves in one system call: each costs as much as all else of a message.
 */
import type { Writable } from "node:stream";
import type { Message } from "../outbox/message.ts";
import { type Acknowledged, TOO_LARGE } from "./connection.ts";
import type { Protocol } from "./link-machine.ts";
import { deliveryOf, type Latin1, publishHead } from "./publish-packet.ts";
import { TopicAliases } from "./topic-aliases.ts";

const MAX_ID = 0xffff;
/** MQTT 5.0 §3.4.2.1: from here on reason codes are refusals. */
const REFUSED = 0x80;
/** What a packet has beside its payload is less: a topic, correlation data, user properties. */
const HEAD_ROOM = 4096;

/** MQTT 5.0 §2.2.1: packet identifiers, no two of the same at a time. The package takes those of its own packets from here. */
export class PacketIds {
  readonly #used = new Set<number>();
  #last = 0;

  allocate(): number {
    do this.#last = this.#last >= MAX_ID ? 1 : this.#last + 1;
    while (this.#used.has(this.#last)); // no more than a window of them
    this.#used.add(this.#last);
    return this.#last;
  }
  getLastAllocated(): number {
    return this.#last;
  }
  register(id: number): boolean {
    if (this.#used.has(id)) return false;
    this.#used.add(id);
    return true;
  }
  deallocate(id: number): void {
    this.#used.delete(id);
  }
  clear(): void {
    this.#used.clear();
  }
}

export interface PublisherOptions {
  readonly stream: Writable;
  readonly ids: PacketIds;
  readonly protocol: Protocol;
  /** The broker's Topic Alias Maximum. */
  readonly aliases: number;
  /** The broker's Maximum Packet Size (MQTT 5.0 §3.2.2.3.6); without it, any size goes. */
  readonly maximumPacket?: number | undefined;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #aliases: TopicAliases;
  readonly #waiting = new Map<number, Acknowledged>();
  /** QoS 0, until the socket has room. */
  #undrained: Acknowledged[] = [];
  /** Of this turn. */
  #packets: Array<{ readonly head: Latin1; readonly payload: Uint8Array }> = [];
  #bytes = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#aliases = new TopicAliases(options.aliases);
  }

  publish(message: Message, acknowledged: Acknowledged, replay: boolean): void {
    const { stream, ids, protocol } = this.#options;
    if (this.#isTooLarge(message, replay)) {
      acknowledged({ code: TOO_LARGE, text: "larger than the broker's Maximum Packet Size" });
      return;
    }
    const { qos } = deliveryOf(message);
    const id = qos === 0 ? 0 : ids.allocate();
    const head = publishHead(message, { protocol, id, alias: this.#aliases.of(message.topic), replay });
    if (this.#packets.length === 0) setImmediate(() => this.flush());
    this.#packets.push({ head, payload: message.payload });
    this.#bytes += head.length + message.payload.length;
    if (qos === 1) this.#waiting.set(id, acknowledged);
    else if (stream.writableNeedDrain) this.#whenDrained(acknowledged);
    else acknowledged(undefined);
  }

  /** One listener for all of them: Node.js warns of more than ten. */
  #whenDrained(acknowledged: Acknowledged): void {
    this.#undrained.push(acknowledged);
    if (this.#undrained.length > 1) return;
    this.#options.stream.once("drain", () => {
      for (const done of this.#undrained.splice(0)) done(undefined);
    });
  }

  /**
   * MQTT 5.0 §3.2.2.3.6: such a packet must not be sent; the broker would break the line, and again with each retry. Judged
   * before the topic gets an alias, which the broker would not hear of.
   */
  #isTooLarge(message: Message, replay: boolean): boolean {
    const { maximumPacket: most = Number.POSITIVE_INFINITY, protocol } = this.#options;
    if (message.payload.length + HEAD_ROOM <= most) return false;
    const head = publishHead(message, { protocol, id: MAX_ID, alias: { number: MAX_ID, known: false }, replay });
    return head.length + message.payload.length > most;
  }

  /** PUBACK came. What nobody waits for is the package's own. */
  acked(id: number, reason: number, words: string): void {
    const acknowledged = this.#waiting.get(id);
    if (acknowledged === undefined) return;
    this.#waiting.delete(id);
    this.#options.ids.deallocate(id);
    acknowledged(reason >= REFUSED ? { code: reason, text: words } : undefined);
  }

  /** Hands over what was published in this turn. */
  flush(): void {
    const { stream } = this.#options;
    const packets = this.#packets;
    const bytes = Buffer.allocUnsafe(this.#bytes);
    this.#packets = [];
    this.#bytes = 0;
    if (packets.length === 0 || stream.destroyed || stream.writableEnded) return;
    let at = 0;
    for (const { head, payload } of packets) {
      at += bytes.write(head, at, "latin1");
      bytes.set(payload, at);
      at += payload.length;
    }
    stream.write(bytes);
  }
}
