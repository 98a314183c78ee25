/**
 * The one adapter for npm `coap` (node-coap 1.5.0) on the nodes' side: one socket and one Agent per node, one exchange at a
 * time (NSTART 1), one request per block.
 */
import type { Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { Agent, type IncomingMessage, type OutgoingMessage, parameters, updateTiming } from "coap";
import { type Closable, EMPTY, type Millis, toHex, UsageError } from "../../base/index.ts";
import { type Block, blockSize, SZX, type Szx } from "../node/download.ts";
import { type Loss, LossySocket, type Remote, type SocketCounts } from "./lossy-socket.ts";

export type Answer =
  | {
      readonly kind: "answer";
      readonly code: string;
      readonly payload: Uint8Array;
      /** Undefined when the Block2 option makes no sense. */
      readonly block: Block | undefined;
    }
  /** No answer within the exchange's lifetime. */
  | { readonly kind: "lost" };

const LOST: Answer = { kind: "lost" };
const CONTENT_FORMAT_INSTANCES = Buffer.of(142);

/**
 * RFC 7252 §4.8 for every node of this process: node-coap keeps its timing process-wide. The latency is chosen so that
 * EXCHANGE_LIFETIME, when node-coap gives up, lies just behind MAX_TRANSMIT_WAIT (46.5 times the ACK timeout).
 */
export function setAckTimeout(ackTimeout: Millis): void {
  updateTiming({ ackTimeout: ackTimeout / 1000, maxLatency: (12 * ackTimeout) / 1000 });
}

/** `coap://host:port`; the port is 5683 unless given. */
export function parseGateway(uri: string): Remote {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.protocol !== "coap:" || url.hostname === "") {
    throw new UsageError("cli.usage", { what: `'${uri}' is not an address like coap://127.0.0.1:5683` });
  }
  const literal = url.hostname.startsWith("[");
  return {
    host: literal ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === "" ? 5683 : Number(url.port),
    type: literal ? "udp6" : "udp4",
  };
}

/** Options that node-coap must not see by name; under their number it hands them through untouched. */
const HIDDEN = {
  /** It would mangle the bytes into a string. */
  ETag: 4,
  /** It would fetch the following blocks itself and join them unchecked (defect 27). */
  Block2: 23,
} as const;

/** The library's Agent with its block-wise transfer switched off and late copies of answers ignored. */
class BlockAgent extends Agent {
  override _handle(packet: Parameters<Agent["_handle"]>[0], from: AddressInfo, local: AddressInfo): void {
    // RFC 7252 §4.2: an acknowledgement that fits nothing is ignored; node-coap would answer it with a Reset.
    if ((packet.ack || packet.reset) && !this._msgIdToReq.has(packet.messageId)) return;
    for (const option of packet.options) {
      if (option.name === "ETag" || option.name === "Block2") option.name = HIDDEN[option.name];
    }
    super._handle(packet, from, local);
  }

  /** node-coap forgets a request by the message id of its answer, which a separate answer does not share. */
  forget(request: OutgoingMessage): void {
    const { messageId } = request._packet;
    if (messageId !== undefined && this._msgIdToReq.get(messageId) === request) this._msgIdToReq.delete(messageId);
  }
}

export class Transport implements Closable {
  readonly #remote: Remote;
  readonly #loss: Loss;
  #open: Promise<{ readonly socket: LossySocket; readonly agent: BlockAgent }> | undefined;
  #socket: LossySocket | undefined;
  #token = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(remote: Remote, loss: Loss) {
    this.#remote = remote;
    this.#loss = loss;
  }

  get counts(): SocketCounts | undefined {
    return this.#socket?.counts;
  }

  /** The check-in: POST /c?ep=NAME. */
  checkIn(endpoint: string, payload: Uint8Array): Promise<Answer> {
    return this.#exchange({
      method: "POST",
      pathname: "/c",
      query: `ep=${endpoint}`,
      options: { "Content-Format": CONTENT_FORMAT_INSTANCES },
      payload,
    });
  }

  /** One block of `uri`. No ETag is sent: some servers would answer 2.03. */
  block(uri: string, num: number, szx: Szx): Promise<Answer> {
    return this.#exchange({ method: "GET", pathname: `/${uri}`, options: { Block2: encodeBlock(num, szx) } });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const open = await this.#open?.catch(() => undefined);
    open?.socket.close();
  }

  async #exchange(asked: Asked): Promise<Answer> {
    const open = await this.#connection().catch(() => undefined);
    if (open === undefined || this.#closed) return LOST;
    return exchange(open.agent, this.#nextToken(), asked, (cancel) => {
      this.#cancel = cancel;
    });
  }

  /** Opened by the first exchange; a name that cannot be resolved is tried again at the next one. */
  #connection(): Promise<{ readonly socket: LossySocket; readonly agent: BlockAgent }> {
    this.#open ??= LossySocket.open(this.#remote, this.#loss).then(
      (socket) => {
        this.#socket = socket;
        // The Agent uses no more of a dgram.Socket than LossySocket has (read in 1.5.0: agent.js, retry_send.js).
        return { socket, agent: new BlockAgent({ socket: socket as unknown as Socket }) };
      },
      (error: unknown) => {
        this.#open = undefined;
        throw error;
      },
    );
    return this.#open;
  }

  /** Two bytes tell answers apart: only one exchange is open at a time. */
  #nextToken(): Buffer {
    this.#token = (this.#token + 1) & 0xffff;
    return Buffer.of(this.#token >>> 8, this.#token & 0xff);
  }
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly pathname: string;
  readonly query?: string;
  readonly options: Readonly<Record<string, Buffer>>;
  readonly payload?: Uint8Array;
}

function exchange(
  agent: BlockAgent,
  token: Buffer,
  asked: Asked,
  onOpen: (cancel: () => void) => void,
): Promise<Answer> {
  return new Promise((resolve) => {
    const { payload, ...params } = asked;
    const request = agent.request({ ...params, token, confirmable: true });
    // node-coap stops its own timers at an empty acknowledgement; a separate answer that never comes needs this one.
    const timer = setTimeout(cancel, parameters.exchangeLifetime * 1000);
    timer.unref();
    let open = true;
    function end(answer: Answer): void {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      agent.forget(request);
      resolve(answer);
    }
    function cancel(): void {
      if (open) agent.abort(request);
      end(LOST);
    }
    onOpen(cancel);
    request.on("response", (response: IncomingMessage) => end(answerOf(response)));
    request.on("timeout", () => end(LOST)); // node-coap has aborted the request itself
    request.on("error", () => undefined); // a timeout follows
    request.end(payload === undefined ? undefined : Buffer.from(payload));
  });
}

function answerOf(response: IncomingMessage): Answer {
  if (response.code === "0.00") return LOST; // Reset
  const option = (number: number): Buffer | undefined => {
    const found = response._packet.options?.find(({ name }) => name === number);
    return found?.value;
  };
  const { code, payload } = response;
  const place = option(HIDDEN.Block2);
  const position = place === undefined ? wholeBody(payload.length) : decodeBlock(place);
  const etag = toHex(option(HIDDEN.ETag) ?? EMPTY);
  return { kind: "answer", code, payload, block: position && { ...position, etag, bytes: payload } };
}

/** RFC 7959 §2.2: NUM, M, SZX in 0 to 3 bytes. */
function encodeBlock(num: number, szx: Szx): Buffer {
  const value = (num << 4) | szx;
  if (value === 0) return Buffer.alloc(0);
  if (value < 0x100) return Buffer.of(value);
  return value < 0x10000
    ? Buffer.of(value >>> 8, value & 0xff)
    : Buffer.of(value >>> 16, (value >>> 8) & 0xff, value & 0xff);
}

function decodeBlock(bytes: Uint8Array): Pick<Block, "num" | "more" | "szx"> | undefined {
  if (bytes.length > 3) return undefined;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const szx = SZX[value & 7];
  return szx === undefined ? undefined : { num: value >>> 4, more: (value & 8) !== 0, szx };
}

/** An answer without Block2 is block 0 and the last, in the smallest size that holds it. */
function wholeBody(length: number): Pick<Block, "num" | "more" | "szx"> | undefined {
  const szx = SZX.find((candidate) => blockSize(candidate) >= length);
  return szx === undefined ? undefined : { num: 0, more: false, szx };
}
