/**
 * The one adapter for npm `coap` (node-coap 1.5.0) on the nodes' side: one socket and one Agent per node, one exchange at a
 * time (NSTART 1), one request per block.
 */
import type { Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { Agent, type IncomingMessage, type OutgoingMessage, parameters, updateTiming } from "coap";
import { type Closable, EMPTY, type Millis, toHex, UsageError } from "../../base/index.ts";
import { type Block, blockSize, SZX, type Szx } from "../node/download.ts";
import type { InnerMessage, Option } from "./inner-message.ts";
import { type Loss, LossySocket, type Remote, type SocketCounts } from "./lossy-socket.ts";
import type { OscoreClient, Sealed } from "./oscore.ts";

export type Answer =
  | {
      readonly kind: "answer";
      readonly code: string;
      readonly payload: Uint8Array;
      /** Undefined when the Block2 option makes no sense. */
      readonly block: Block | undefined;
    }
  /** No answer within the exchange's lifetime. */
  | { readonly kind: "lost" }
  /** An answer that the gateway's half of the security context did not write: anybody could have. */
  | { readonly kind: "unbelieved"; readonly code: string };

const LOST: Answer = { kind: "lost" };
/** As a proxy says it of what it does not serve (RFC 7252 §5.9.3.6). */
const UNREACHABLE: Answer = { kind: "answer", code: "5.05", payload: EMPTY, block: undefined };
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

/** RFC 7252 §5.10, RFC 7959, RFC 8613, RFC 9175. */
const OPTION = {
  UriHost: 3,
  ETag: 4,
  UriPort: 7,
  OSCORE: 9,
  UriPath: 11,
  ContentFormat: 12,
  UriQuery: 15,
  Block2: 23,
  ProxyScheme: 39,
  Echo: 252,
} as const;

/**
 * Options that node-coap must not see by name; under their number it hands them through untouched. It would mangle the
 * bytes of an ETag into a string, and on Block2 fetch the following blocks itself and join them unchecked (defect 27).
 */
const HIDDEN = { ETag: OPTION.ETag, OSCORE: OPTION.OSCORE, Block2: OPTION.Block2 } as const;
const isHidden = (name: unknown): name is keyof typeof HIDDEN =>
  typeof name === "string" && Object.hasOwn(HIDDEN, name);

/** The library's Agent with its block-wise transfer switched off and late copies of answers ignored. */
class BlockAgent extends Agent {
  override _handle(packet: Parameters<Agent["_handle"]>[0], from: AddressInfo, local: AddressInfo): void {
    // RFC 7252 §4.2: an acknowledgement that fits nothing is ignored; node-coap would answer it with a Reset.
    if ((packet.ack || packet.reset) && !this._msgIdToReq.has(packet.messageId)) return;
    for (const option of packet.options) {
      if (isHidden(option.name)) option.name = HIDDEN[option.name];
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
  readonly #security: OscoreClient | undefined;
  #open: Promise<{ readonly socket: LossySocket; readonly agent: BlockAgent }> | undefined;
  #socket: LossySocket | undefined;
  #token = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** Without `security` the node names itself and is believed in lab mode only. */
  constructor(remote: Remote, loss: Loss, security: OscoreClient | undefined) {
    this.#remote = remote;
    this.#loss = loss;
    this.#security = security;
  }

  get counts(): SocketCounts | undefined {
    return this.#socket?.counts;
  }

  /** The check-in: POST /c. A security context says who asks; without one the query does. */
  checkIn(endpoint: string, payload: Uint8Array): Promise<Answer> {
    const format = { number: OPTION.ContentFormat, value: CONTENT_FORMAT_INSTANCES };
    const name = { number: OPTION.UriQuery, value: Buffer.from(`ep=${endpoint}`) };
    const options = [...uriPath("c"), format, ...(this.#security === undefined ? [name] : [])];
    return this.#ask({ code: "0.02", options, payload });
  }

  /** One block of a path at the gateway. No ETag is sent: some servers would answer 2.03. */
  block(path: string, num: number, szx: Szx): Promise<Answer> {
    return this.#block(uriPath(path), num, szx);
  }

  /** One block of what a URI of somebody else's names, which the gateway has or gets (RFC 7252 §5.7.2). */
  proxiedBlock(uri: string, num: number, szx: Szx): Promise<Answer> {
    const parts = proxyOptions(uri);
    return parts === undefined ? Promise.resolve(UNREACHABLE) : this.#block(parts, num, szx);
  }

  #block(where: readonly Option[], num: number, szx: Szx): Promise<Answer> {
    const block = { number: OPTION.Block2, value: encodeBlock(num, szx) };
    return this.#ask({ code: "0.01", options: [...where, block], payload: EMPTY });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const open = await this.#open?.catch(() => undefined);
    open?.socket.close();
  }

  async #ask(request: InnerMessage): Promise<Answer> {
    if (this.#security !== undefined) return this.#askSecured(this.#security, request);
    const heard = await this.#exchange(request);
    return heard === undefined ? LOST : answerOf(heard);
  }

  /**
   * RFC 8613 §8: the whole request goes inside a POST, and only what opens is an answer. Appendix B.1.2: a gateway that
   * was started anew asks for a repeat with its Echo, once; blocks are inner ones.
   */
  async #askSecured(security: OscoreClient, request: InnerMessage, echoed = false): Promise<Answer> {
    const [outside, inside] = split(request);
    const sealed = security.protect(inside);
    const heard = await this.#exchange(asOuter(sealed, outside));
    if (heard === undefined) return LOST;
    const option = optionOf(heard, OPTION.OSCORE);
    const opened = option === undefined ? undefined : security.open(sealed, option, heard.payload);
    if (opened === undefined) return { kind: "unbelieved", code: heard.code };
    const echo = optionOf(opened, OPTION.Echo);
    if (opened.code !== "4.01" || echo === undefined || echoed) return answerOf(opened);
    const options = [...request.options, { number: OPTION.Echo, value: echo }];
    return this.#askSecured(security, { ...request, options }, true);
  }

  async #exchange(request: InnerMessage): Promise<InnerMessage | undefined> {
    const open = await this.#connection().catch(() => undefined);
    if (open === undefined || this.#closed) return undefined;
    return exchange(open.agent, this.#nextToken(), request, (cancel) => {
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

const METHODS: Readonly<Record<string, "GET" | "POST">> = { "0.01": "GET", "0.02": "POST" };

/** Undefined when nothing came. */
function exchange(
  agent: BlockAgent,
  token: Buffer,
  { code, options, payload }: InnerMessage,
  onOpen: (cancel: () => void) => void,
): Promise<InnerMessage | undefined> {
  return new Promise((resolve) => {
    const request = agent.request({ method: METHODS[code] ?? "POST", token, confirmable: true });
    // By number, and straight into the packet: by name node-coap would convert some of them.
    request._packet.options = options.map(({ number, value }) => ({ name: number, value: Buffer.from(value) }));
    // node-coap stops its own timers at an empty acknowledgement; a separate answer that never comes needs this one.
    const timer = setTimeout(cancel, parameters.exchangeLifetime * 1000);
    timer.unref();
    let open = true;
    function end(heard: InnerMessage | undefined): void {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      agent.forget(request);
      resolve(heard);
    }
    function cancel(): void {
      if (open) agent.abort(request);
      end(undefined);
    }
    onOpen(cancel);
    request.on("response", (response: IncomingMessage) => end(messageOf(response)));
    request.on("timeout", () => end(undefined)); // node-coap has aborted the request itself
    request.on("error", () => undefined); // a timeout follows
    request.end(payload.length === 0 ? undefined : Buffer.from(payload));
  });
}

/** Undefined for a Reset. Options that node-coap knows by a name of its own are of no interest to a node. */
function messageOf({ code, payload, _packet }: IncomingMessage): InnerMessage | undefined {
  if (code === "0.00") return undefined;
  const options = (_packet.options ?? []).flatMap(({ name, value }) => {
    const number = Number(name);
    return Number.isInteger(number) ? [{ number, value }] : [];
  });
  return { code, options, payload };
}

const uriPath = (path: string): readonly Option[] =>
  path.split("/").map((segment) => ({ number: OPTION.UriPath, value: Buffer.from(segment) }));

/** RFC 8613 §4.1.3.3: a Proxy-Uri is taken apart, for its parts stand on different sides of the protection. */
function proxyOptions(uri: string): readonly Option[] | undefined {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.hostname === "" || !isDecodable(uri)) return undefined;
  const text = (number: number, value: string): Option => ({ number, value: Buffer.from(decodeURIComponent(value)) });
  const port = Number(url.port);
  return [
    text(OPTION.ProxyScheme, url.protocol.slice(0, -1)),
    text(OPTION.UriHost, url.hostname),
    ...(port === 0 ? [] : [{ number: OPTION.UriPort, value: Buffer.of(port >>> 8, port & 0xff) }]),
    ...(url.pathname === "/" ? [] : url.pathname.slice(1).split("/")).map((part) => text(OPTION.UriPath, part)),
    ...(url.search === "" ? [] : url.search.slice(1).split("&")).map((part) => text(OPTION.UriQuery, part)),
  ];
}

function isDecodable(uri: string): boolean {
  try {
    return decodeURIComponent(uri) !== "";
  } catch {
    return false; // a percent sign that escapes nothing
  }
}

/** RFC 8613 §4.1, class U: what a proxy must read. */
const FOR_PROXIES: readonly number[] = [OPTION.UriHost, OPTION.UriPort, OPTION.ProxyScheme];

function split(request: InnerMessage): readonly [outside: readonly Option[], inside: InnerMessage] {
  const isOutside = ({ number }: Option): boolean => FOR_PROXIES.includes(number);
  const { options } = request;
  return [options.filter(isOutside), { ...request, options: options.filter((option) => !isOutside(option)) }];
}

/** RFC 8613 §4.2: outside stand a POST, the OSCORE option and what a proxy reads; the rest is nobody's business on the way. */
const asOuter = ({ option, payload }: Sealed, outside: readonly Option[]): InnerMessage => ({
  code: "0.02",
  options: [...outside, { number: OPTION.OSCORE, value: option }],
  payload,
});

const optionOf = ({ options }: InnerMessage, number: number): Uint8Array | undefined =>
  options.find((option) => option.number === number)?.value;

function answerOf(heard: InnerMessage): Answer {
  const { code, payload } = heard;
  const place = optionOf(heard, OPTION.Block2);
  const position = place === undefined ? wholeBody(payload.length) : decodeBlock(place);
  const etag = toHex(optionOf(heard, OPTION.ETag) ?? EMPTY);
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
