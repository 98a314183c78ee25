/**
 * RFC 9177 §4.4, §7.2 — sends what Q-Block2 requests ask for: a set of MAX_PAYLOADS responses at once, a pause, the
 * next set, until the body is through, the peer goes silent, or a new request says otherwise. What is kept of a body is
 * a way to its blocks, and what that holds in memory is counted.
 */
import type { Clock, Millis, Random, Timer } from "../../base/index.ts";
import type { Reply } from "../requests/response-writer.ts";
import { pauseBetweenSets, Q_BLOCK_PARAMETERS, type QBlockVerdict, setEnd } from "./qblock2.ts";

const { MAX_PAYLOADS, NON_MAX_RETRANSMIT, NON_PARTIAL_TIMEOUT } = Q_BLOCK_PARAMETERS;

/** What became of one datagram: its message id, or it has to wait for room on the air, or nothing more goes to this peer. */
export type Sent = number | "over" | { readonly wait: Millis };

/** One transfer of one peer. */
export interface BurstRequest {
  /** Who asks, and for what: a later request of the same transfer takes the place of this one, whatever its token. */
  readonly key: string;
  /** Whose transfers a RST ends. */
  readonly path: string;
  readonly wanted: Extract<QBlockVerdict, { kind: "wanted" }>;
  readonly block: (num: number) => Reply;
  /** Bytes that are in memory as long as `block` is kept. */
  readonly bytes: number;
  /** The first reply answers the request itself, later ones go beside it as NON messages with its token. */
  readonly send: (reply: Reply) => Sent;
}

export interface BurstLimits {
  readonly burstsPerPeer: number;
  readonly burstsTotal: number;
  readonly burstBytes: number;
}

export interface BurstPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: BurstLimits;
  /** A block could not be made or sent. */
  readonly failed: (error: unknown) => void;
}

interface Burst {
  readonly request: BurstRequest;
  /** Still to be sent of this set. */
  blocks: readonly number[];
  onwards: number | undefined;
  /** Sets sent since the peer was last heard. */
  unheard: number;
  /** Of what went out last, a set at most. */
  readonly messageIds: number[];
  timer: Timer | undefined;
}

export class Bursts {
  /** Those that wait to go on; longest untouched first. */
  readonly #waiting = new Map<string, Burst>();
  readonly #ports: BurstPorts;

  constructor(ports: BurstPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#waiting.size;
  }

  start(request: BurstRequest): void {
    const { blocks, onwards } = request.wanted;
    const waiting = this.#waiting.get(request.key);
    // A request for some blocks that were sent leaves the others to go on as they were: it says that the peer is there.
    const beside = waiting !== undefined && onwards === undefined && !reaches(blocks, waiting);
    if (beside) waiting.unheard = 0;
    else this.#end(request.key);
    const burst: Burst = {
      request,
      blocks,
      onwards,
      unheard: 0,
      messageIds: beside ? waiting.messageIds : [],
      timer: undefined,
    };
    const delay = this.#sendSet(burst);
    if (delay === undefined || beside) return; // what is still missing of those, the peer asks for again
    if (request.bytes > this.#ports.limits.burstBytes) return; // and of a body for which there is no room
    this.#makeRoom(request);
    this.#wait(burst, delay);
  }

  /** RFC 7252 §4.3: the peer rejected one message of a transfer, so it wants no more of them. */
  reset(path: string, messageId: number): void {
    for (const [key, { request, messageIds }] of this.#waiting)
      if (request.path === path && messageIds.includes(messageId)) this.#end(key);
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) timer?.cancel();
    this.#waiting.clear();
  }

  /** Sends up to a set; gives how long the next one waits, undefined = that was all. */
  #sendSet(burst: Burst): Millis | undefined {
    const { request, blocks, messageIds } = burst;
    const set = Math.min(blocks.length, MAX_PAYLOADS);
    for (let index = 0; index < set; index++) {
      const sent = this.#sendBlock(request, blocks[index]!);
      if (typeof sent === "number") {
        note(messageIds, sent);
        continue;
      }
      burst.blocks = blocks.slice(index);
      return sent === "over" || sent.wait > NON_PARTIAL_TIMEOUT ? undefined : sent.wait;
    }
    burst.blocks = blocks.slice(set);
    return burst.blocks.length > 0 || this.#nextSet(burst) ? pauseBetweenSets(this.#ports.random) : undefined;
  }

  #sendBlock({ block, send }: BurstRequest, num: number): Sent {
    try {
      return send(block(num));
    } catch (error) {
      this.#ports.failed(error);
      return "over";
    }
  }

  /** Takes up the following set; false = there is none, or nobody seems to listen. */
  #nextSet(burst: Burst): boolean {
    const { onwards } = burst;
    const { count } = burst.request.wanted;
    if (onwards === undefined || burst.unheard >= NON_MAX_RETRANSMIT) return false;
    const end = Math.min(setEnd(onwards) + 1, count);
    burst.blocks = Array.from({ length: end - onwards }, (_, index) => onwards + index);
    burst.onwards = end < count ? end : undefined;
    burst.unheard += 1;
    return true;
  }

  #wait(burst: Burst, delay: Millis): void {
    const { key } = burst.request;
    this.#waiting.set(key, burst);
    burst.timer = this.#ports.clock.after(delay, () => {
      this.#waiting.delete(key);
      const next = this.#sendSet(burst);
      if (next !== undefined) this.#wait(burst, next);
    });
  }

  #end(key: string): void {
    this.#waiting.get(key)?.timer?.cancel();
    this.#waiting.delete(key);
  }

  /** The oldest give way; to bytes only those that hold some. */
  #makeRoom({ path, bytes }: BurstRequest): void {
    const { burstsPerPeer, burstsTotal, burstBytes } = this.#ports.limits;
    const ofPeer = [...this.#waiting].filter(([, { request }]) => request.path === path);
    for (const [key] of ofPeer.slice(0, Math.max(0, ofPeer.length + 1 - burstsPerPeer))) this.#end(key);
    let held = bytes;
    for (const { request } of this.#waiting.values()) held += request.bytes;
    for (const [key, { request }] of this.#waiting) {
      if (this.#waiting.size >= burstsTotal || (held > burstBytes && request.bytes > 0)) {
        this.#end(key);
        held -= request.bytes;
      }
    }
  }
}

/** Of more than a set the oldest is forgotten. */
function note(messageIds: number[], messageId: number): void {
  if (messageIds.length >= MAX_PAYLOADS) messageIds.shift();
  messageIds.push(messageId);
}

/** Does the request ask for what the running transfer has not sent yet? Then it is the newer word. */
const reaches = (blocks: readonly number[], { blocks: next, onwards }: Burst): boolean =>
  (blocks.at(-1) ?? 0) >= (next[0] ?? onwards ?? Number.POSITIVE_INFINITY);
