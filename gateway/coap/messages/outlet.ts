/** The way out of the engine: message ids, encoding, counting, and CON messages until they are settled. */
import type { Clock, Millis, Random } from "../../base/index.ts";
import {
  codeOf,
  encodeEmpty,
  encodeMessage,
  type Message,
  type MessageType,
  messageLength,
  writeMessage,
} from "../../wire/coap/index.ts";
import { DEFAULT_PARAMETERS, derivedTimes } from "../parameters.ts";
import type { Reply } from "../requests/response-writer.ts";
import type { EngineStats } from "../stats.ts";
import { FRAME_BYTES, type Remote, type Transport } from "../transport/transport.ts";
import { ACKNOWLEDGED_REPEAT, type Repeat } from "./dedup.ts";
import { Leisure } from "./leisure.ts";
import { MessageIds } from "./message-ids.ts";
import {
  CONFIRMABLE_LIMITS,
  type Confirmable,
  Confirmables,
  type Pacing,
  type Sending,
  type Settled,
} from "./reliable.ts";
import { type KeptReply, ReplyRing, type ReplyRoom } from "./reply-ring.ts";

/** One end of a conversation: which socket, which peer, and the key of both in the tables. */
export interface Link {
  readonly transport: Transport;
  readonly remote: Remote;
  readonly path: string;
  /** Requests without protection are heard here. */
  readonly unprotected: boolean;
  /** The request was sent to a group. */
  readonly group: boolean;
}

/** Enough for the answers of some seconds at full load. */
const KEPT_REPLY_BYTES = 4 * 1024 * 1024;
/** How long an answer or a notification waits for its turn: nobody waits longer for an acknowledgement. */
const PATIENCE = derivedTimes(DEFAULT_PARAMETERS).MAX_TRANSMIT_WAIT;

export class Outlet {
  readonly ids: MessageIds;
  readonly #kept = new ReplyRing(KEPT_REPLY_BYTES);
  readonly #confirmables: Confirmables;
  readonly #stats: EngineStats;
  /** Told of each datagram as it leaves: the air of some peers is rationed. */
  readonly #charge: (remote: Remote, bytes: number) => void;
  readonly #leisure: Leisure;

  constructor(
    clock: Clock,
    random: Random,
    pacing: Pacing,
    stats: EngineStats,
    charge: (remote: Remote, bytes: number) => void,
  ) {
    this.#charge = charge;
    this.ids = new MessageIds(random);
    this.#leisure = new Leisure(clock, random);
    this.#stats = stats;
    const transmitted = ({ remote, bytes }: Confirmable, again: boolean): void => {
      if (again) stats.retransmissions += 1;
      this.count(bytes.length);
      charge(remote, bytes.length);
    };
    this.#confirmables = new Confirmables({
      clock,
      random,
      pacing,
      ids: this.ids,
      limits: CONFIRMABLE_LIMITS,
      transmitted,
    });
  }

  /** CON messages that nobody acknowledged yet. */
  get outstanding(): number {
    return this.#confirmables.size;
  }

  encode(type: MessageType, messageId: number, token: Uint8Array, reply: Reply): Uint8Array {
    return encodeMessage(messageOf(type, messageId, token, reply));
  }

  /** Sends a message of which nobody needs the bytes again: it is written where the transport takes it from. */
  sendOnce({ transport, remote }: Link, type: MessageType, messageId: number, token: Uint8Array, reply: Reply): void {
    const message = messageOf(type, messageId, token, reply);
    const frame = transport.frame();
    const length = messageLength(message);
    this.count(length);
    this.#charge(remote, length);
    if (length > frame.length) {
      transport.send(encodeMessage(message), remote);
      return;
    }
    writeMessage(message, frame);
    transport.sendFrame(length, remote);
  }

  /** An answer to a request that all of a group got. */
  sendAtLeisure(link: Link, token: Uint8Array, reply: Reply): void {
    this.#leisure.answer(reply, () => this.sendOnce(link, "NON", this.freshMessageId(link), token, reply));
  }

  /** Sends a message and keeps its bytes for a copy of the request. */
  sendKept(link: Link, type: MessageType, messageId: number, token: Uint8Array, reply: Reply): Repeat {
    const message = messageOf(type, messageId, token, reply);
    const length = messageLength(message);
    const room = this.#kept.room(length);
    if (room === undefined) {
      this.send(link, encodeMessage(message));
      return ACKNOWLEDGED_REPEAT;
    }
    writeMessage(message, room.memory.subarray(room.start, room.start + length));
    return this.sendRoom(link.transport, link.remote, room, length);
  }

  /** Room to write a whole answer in that a copy would get too; `sendRoom` says how long it became. */
  roomForReply(): ReplyRoom {
    return this.#kept.room(FRAME_BYTES)!; // the ring has room for thousands
  }

  sendRoom(transport: Transport, remote: Remote, room: ReplyRoom, length: number): Repeat {
    const kept = this.#kept.keep(room, length);
    this.count(length);
    this.#charge(remote, length);
    transport.send(room.memory.subarray(room.start, room.start + length), remote);
    return { state: "answered", kept };
  }

  /** Keeps what is sent by other means, for a copy of the request. */
  keep(bytes: Uint8Array): Repeat {
    const room = this.#kept.room(bytes.length);
    if (room === undefined) return ACKNOWLEDGED_REPEAT;
    room.memory.set(bytes, room.start);
    return { state: "answered", kept: this.#kept.keep(room, bytes.length) };
  }

  /** What a copy of an answered request gets; nothing when that was long ago. */
  repeat(link: Link, kept: KeptReply): void {
    const bytes = this.#kept.read(kept);
    if (bytes !== undefined) this.send(link, bytes);
  }

  send({ transport, remote }: Link, bytes: Uint8Array): void {
    this.count(bytes.length);
    this.#charge(remote, bytes.length);
    transport.send(bytes, remote);
  }

  sendEmpty(link: Link, type: "ACK" | "RST", messageId: number): void {
    if (type === "RST") this.#stats.resetsOut += 1;
    this.send(link, encodeEmpty(type, messageId));
  }

  /** An id that no CON of ours to this peer still waits on (RFC 7252 §4.4). */
  freshMessageId({ remote }: Link): number {
    return this.ids.next(remote);
  }

  /** An answer or a notification, when it is its turn (NSTART 1), until acknowledged, reset or given up. */
  sendConfirmable(link: Link, messageId: number, bytes: Uint8Array, settled: (acknowledged: boolean) => void): void {
    const done = (outcome: Settled): void => settled(outcome === "acknowledged");
    const sending = this.#sendConfirmable(link, messageId, bytes, done, PATIENCE);
    if (sending !== undefined) return;
    this.#stats.lost += 1;
    settled(false);
  }

  /** A request; it waits for its turn until it is cancelled. undefined = the queue is full. */
  sendRequest(
    link: Link,
    messageId: number,
    bytes: Uint8Array,
    settled: (outcome: Settled) => void,
  ): Sending | undefined {
    return this.#sendConfirmable(link, messageId, bytes, settled, undefined);
  }

  /** `bytes` must carry `messageId`. */
  #sendConfirmable(
    link: Link,
    messageId: number,
    bytes: Uint8Array,
    settled: (outcome: Settled) => void,
    patience: Millis | undefined,
  ): Sending | undefined {
    const { transport, remote, path } = link;
    const done = (outcome: Settled): void => {
      if (outcome === "lost") this.#stats.lost += 1;
      settled(outcome);
    };
    return this.#confirmables.send({ transport, remote, path, messageId, bytes }, done, patience);
  }

  /** An ACK, RST or response came in; false when no CON of ours waits for it. */
  settle(path: string, messageId: number, event: "ack" | "rst" | "response"): boolean {
    return this.#confirmables.settle(path, messageId, event);
  }

  /** Somebody is given up for now: whoever is heard is to be named to `heard`. */
  get someSilent(): boolean {
    return this.#confirmables.someSilent;
  }

  heard(path: string): void {
    this.#confirmables.heard(path);
  }

  purge(now: Millis): void {
    this.#confirmables.purge(now);
  }

  count(bytes: number): void {
    this.#stats.datagramsOut += 1;
    this.#stats.bytesOut += bytes;
  }

  close(): void {
    this.#leisure.close();
    this.#confirmables.close();
  }
}

const messageOf = (
  type: MessageType,
  messageId: number,
  token: Uint8Array,
  { code, options, payload }: Reply,
): Message => ({ type, code: codeOf(code), messageId, token, options, payload });
