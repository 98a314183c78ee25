/**
 * Images from `coap://` authors (RFC 7959 §2.4), and the one adapter for npm `coap` (node-coap 1.5.0) on our side: it
 * carries single requests, one after the other on a socket of their own; blocks are asked for, checked and joined here,
 * because the library would join whatever comes (defects 27 and 29).
 */
import type { Socket } from "node:dgram";
import { type AddressInfo, isIP } from "node:net";
import { Agent, type IncomingMessage, type OutgoingMessage } from "coap";
import { type Clock, EMPTY, equalBytes, type Millis, type Timer, WireError } from "../base/index.ts";
import {
  type AbsoluteUri,
  type BlockOption,
  blockOffset,
  blockSize,
  decodeBlockOption,
  encodeBlockOption,
  OPTION,
} from "../wire/coap/index.ts";
import { AuthorSocket } from "./author-socket.ts";
import type { Asked, OpenSource } from "./source.ts";

const CONTENT = "2.05";
/** RFC 7252 §5.9.3, RFC 7959 §2.9.2, RFC 8516 §3, and a reset: what may be otherwise the next time. Other answers stay. */
const MAY_CHANGE = /^(0\.|5\.|4\.08$|4\.29$)/;
/** Of the first request, and of a body that comes in one piece. */
const WHOLE: BlockOption = { num: 0, more: false, szx: 6 };

interface Block {
  readonly position: BlockOption;
  readonly etag: Uint8Array;
  readonly payload: Uint8Array;
}

/** `patience`: how long one block may take; MAX_TRANSMIT_WAIT covers all retransmissions of both sides. */
export const coapSource = (clock: Clock, patience: Millis): OpenSource =>
  async function* (asked) {
    const client = await AuthorClient.open(asked, clock, patience);
    try {
      yield* blocks(client, asked);
    } finally {
      client.close();
    }
  };

async function* blocks(client: AuthorClient, { uri, size }: Asked): AsyncGenerator<Uint8Array> {
  let first: Block | undefined;
  let position = WHOLE;
  for (let received = 0; ; ) {
    const block = await client.ask(position);
    first ??= block;
    check(uri, block, first, received, position);
    received += block.payload.length;
    yield block.payload;
    if (!block.position.more) return;
    // The reader checks the length, and leaves; this keeps an author whose blocks are without end from being asked on.
    if (received > size) return;
    const { szx } = block.position;
    position = { num: received >> (szx + 4), more: false, szx };
  }
}

/** RFC 7959 §2.4: the block asked for, whole unless it is the last, of one and the same representation. */
function check({ shown: uri }: AbsoluteUri, block: Block, first: Block, received: number, asked: BlockOption): void {
  const { position, etag, payload } = block;
  const wrong = (what: string): never => {
    throw new WireError("upstream.block", { uri, what });
  };
  if (blockOffset(position) !== received) wrong(`offset ${blockOffset(position)} instead of ${received}`);
  if (position.szx > asked.szx) wrong("it is larger than was asked for");
  if (position.more && payload.length !== blockSize(position.szx)) wrong(`${payload.length} bytes and more to come`);
  if (!position.more && payload.length > blockSize(position.szx)) wrong(`${payload.length} bytes in one block`);
  if (!equalBytes(etag, first.etag)) wrong("another ETag");
}

/** The options of an answer that are looked at, here and under their numbers: the library acts on none of them then. */
const KEPT: Readonly<Record<string, number>> = {
  /** It would mangle the bytes into a string. */
  ETag: OPTION.etag,
  /** It would fetch the following blocks itself and join them unchecked. */
  Block2: OPTION.block2,
};

/** The library's Agent without its block-wise transfer, deaf to late copies, and unable to throw into the socket. */
class AuthorAgent extends Agent {
  /** Told of answers on which the library stumbles. */
  onBroken: ((error: unknown) => void) | undefined;

  override _handle(packet: Parameters<Agent["_handle"]>[0], from: AddressInfo, local: AddressInfo): void {
    // RFC 7252 §4.2: an acknowledgement that fits nothing is ignored; node-coap would answer it with a Reset.
    if ((packet.ack || packet.reset) && !this._msgIdToReq.has(packet.messageId)) return;
    packet.options = packet.options.flatMap(({ name, value }) => {
      const number = KEPT[String(name)];
      // The library's types know names only; it takes and gives numbers as well.
      return number === undefined ? [] : [{ name: number as unknown as typeof name, value }];
    });
    try {
      super._handle(packet, from, local);
    } catch (error) {
      this.onBroken?.(error);
    }
  }

  /** node-coap forgets a request by the message id of its answer, which a separate answer does not share. */
  forget(request: OutgoingMessage): void {
    const { messageId } = request._packet;
    if (messageId !== undefined && this._msgIdToReq.get(messageId) === request) this._msgIdToReq.delete(messageId);
  }
}

/** Asks one author for one block at a time. */
class AuthorClient {
  readonly #asked: Asked;
  readonly #clock: Clock;
  readonly #patience: Millis;
  readonly #socket: AuthorSocket;
  readonly #agent: AuthorAgent;
  /** Ends the exchange that is open. */
  #fail: ((error: unknown) => void) | undefined;

  private constructor(asked: Asked, clock: Clock, patience: Millis, socket: AuthorSocket) {
    this.#asked = asked;
    this.#clock = clock;
    this.#patience = patience;
    this.#socket = socket;
    // The Agent uses no more of a dgram.Socket than AuthorSocket has (read in 1.5.0: agent.js, retry_send.js).
    this.#agent = new AuthorAgent({ socket: socket as unknown as Socket });
    this.#agent.onBroken = (error) => this.#fail?.(this.#broken(error));
  }

  static async open(asked: Asked, clock: Clock, patience: Millis): Promise<AuthorClient> {
    const { uri, at } = asked;
    let client: AuthorClient | undefined;
    try {
      const socket = await AuthorSocket.open(at, uri.port ?? 0, (reason) => client?.refuse(reason));
      client = new AuthorClient(asked, clock, patience, socket);
      return client;
    } catch (error) {
      throw unreachable(uri, error instanceof Error ? error.message : String(error));
    }
  }

  /** Nobody is there: better known at once than after all retransmissions. */
  refuse(reason: string): void {
    this.#fail?.(unreachable(this.#asked.uri, reason));
  }

  async ask(position: BlockOption): Promise<Block> {
    const { uri, signal } = this.#asked;
    signal.throwIfAborted();
    const request = this.#agent.request({ method: "GET", confirmable: true, options: optionsOf(uri, position) });
    let timer: Timer | undefined;
    let aborted: (() => void) | undefined;
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        this.#fail = reject;
        aborted = () => reject(signal.reason);
        signal.addEventListener("abort", aborted);
        request.on("response", resolve);
        request.on("timeout", () => reject(this.#silent()));
        request.on("error", (error: Error) => reject(this.#broken(error))); // defect 2: unheard, it ends the process
        // node-coap stops its own timers at an empty acknowledgement; a separate answer that never comes needs this one.
        timer = this.#clock.after(this.#patience, () => reject(this.#silent()));
        request.end();
      });
      return blockOf(uri, response);
    } catch (error) {
      this.#agent.abort(request);
      throw error;
    } finally {
      this.#fail = undefined;
      timer?.cancel();
      if (aborted !== undefined) signal.removeEventListener("abort", aborted);
      this.#agent.forget(request);
    }
  }

  #broken(error: unknown): WireError {
    const answer = `something that cannot be read (${error instanceof Error ? error.message : String(error)})`;
    return new WireError("upstream.answer", { uri: this.#asked.uri.shown, answer });
  }

  #silent(): WireError {
    return new WireError("upstream.silent", { uri: this.#asked.uri.shown, seconds: Math.round(this.#patience / 1000) });
  }

  close(): void {
    this.#socket.close();
  }
}

const unreachable = ({ shown: uri }: AbsoluteUri, reason: string): WireError =>
  new WireError("upstream.unreachable", { uri, reason });

/** RFC 7252 §6.4: the parts of the URI, decoded. An address needs no Uri-Host, and the port is that of the datagram. */
function optionsOf({ host, path, query }: AbsoluteUri, position: BlockOption): Record<string, Buffer | Buffer[]> {
  const texts = (parts: readonly string[]): Buffer[] => parts.map((part) => Buffer.from(decodeURIComponent(part)));
  return {
    ...(isIP(host) === 0 ? { "Uri-Host": Buffer.from(decodeURIComponent(host)) } : {}),
    ...(path === "/" ? {} : { "Uri-Path": texts(path.slice(1).split("/")) }),
    ...(query === undefined ? {} : { "Uri-Query": texts(query.split("&")) }),
    Block2: Buffer.from(encodeBlockOption(position)),
  };
}

/** Throws WireError `upstream.answer`, `block-option.*`. */
function blockOf({ shown: uri }: AbsoluteUri, response: IncomingMessage): Block {
  const { code, payload } = response;
  if (code !== CONTENT) {
    const answer = code === "0.00" ? "with a reset" : code;
    throw new WireError(MAY_CHANGE.test(code) ? "upstream.answer" : "upstream.refused", { uri, answer });
  }
  const option = (number: number): Uint8Array | undefined =>
    response._packet.options?.find(({ name }) => Number(name) === number)?.value;
  const place = option(OPTION.block2);
  // Without the option the body is whole and fits one datagram.
  const position = place === undefined ? WHOLE : decodeBlockOption(place);
  return { position, etag: option(OPTION.etag) ?? EMPTY, payload };
}
