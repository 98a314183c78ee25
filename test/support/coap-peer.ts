/** An independent CoAP client for tests: one socket, npm coap-packet for the bytes, no retransmission of its own. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { generate, type NamedOption, type OptionName, parse } from "coap-packet";

export interface PeerRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "FETCH" | "iPATCH";
  readonly path: string;
  readonly query?: readonly string[];
  readonly format?: number;
  readonly payload?: Uint8Array;
  readonly options?: readonly NamedOption[];
  readonly messageId?: number;
}

export interface PeerAnswer {
  readonly code: string;
  readonly payload: Uint8Array;
  readonly format: number | undefined;
  /** Seconds; of protected answers only. */
  readonly maxAge?: number | undefined;
  /** Whole CoAP messages. */
  readonly requestBytes: Uint8Array;
  readonly answerBytes: Uint8Array;
}

export const METHOD_CODES = {
  GET: "0.01",
  POST: "0.02",
  PUT: "0.03",
  DELETE: "0.04",
  FETCH: "0.05",
  iPATCH: "0.07",
} as const;
const TIMEOUT_MS = 5000;

export class CoapPeer {
  readonly #socket: Socket;
  readonly #port: number;
  #messageId = 0x1000;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
  }

  static async connect(port: number): Promise<CoapPeer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new CoapPeer(socket, port);
  }

  close(): void {
    this.#socket.close();
  }

  encode({ method, path, query = [], format, payload, options = [], messageId }: PeerRequest): Buffer {
    const uintOption = (name: OptionName, value: number): NamedOption => ({
      name,
      value: value === 0 ? Buffer.alloc(0) : Buffer.from(value.toString(16).padStart(value > 255 ? 4 : 2, "0"), "hex"),
    });
    return generate({
      code: METHOD_CODES[method],
      confirmable: true,
      messageId: messageId ?? this.#messageId++,
      token: Buffer.from([0x5a, 0x01]),
      payload: Buffer.from(payload ?? new Uint8Array()),
      options: [
        ...path
          .split("/")
          .filter((part) => part !== "")
          .map((part) => ({ name: "Uri-Path" as const, value: Buffer.from(part) })),
        ...(format === undefined ? [] : [uintOption("Content-Format", format)]),
        ...query.map((item) => ({ name: "Uri-Query" as const, value: Buffer.from(item) })),
        ...options,
      ],
    });
  }

  /** Sends raw bytes and gives the next datagram that comes back, or undefined when none comes within `waitMs`. */
  async raw(bytes: Uint8Array, waitMs = TIMEOUT_MS): Promise<Uint8Array | undefined> {
    const abort = AbortSignal.timeout(waitMs);
    const answer = once(this.#socket, "message", { signal: abort }).then(
      ([message]) => new Uint8Array(message as Buffer),
      () => undefined,
    );
    this.#socket.send(bytes, this.#port, "127.0.0.1");
    return answer;
  }

  async request(request: PeerRequest): Promise<PeerAnswer> {
    const requestBytes = this.encode(request);
    const answerBytes = await this.raw(requestBytes);
    if (answerBytes === undefined) throw new Error(`no answer to ${request.method} ${request.path}`);
    const { code, payload, options } = parse(Buffer.from(answerBytes));
    const format = options.find(({ name }) => name === "Content-Format")?.value;
    return {
      code,
      payload: new Uint8Array(payload),
      format: format === undefined ? undefined : format.length === 0 ? 0 : format.readUIntBE(0, format.length),
      requestBytes: new Uint8Array(requestBytes),
      answerBytes,
    };
  }
}
