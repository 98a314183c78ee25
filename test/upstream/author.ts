/** CoAP authors for tests: one that follows a script to the datagram, and what reads from them. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { generate, type NamedOption, type ParsedPacket, parse } from "coap-packet";
import { millis, systemClock } from "../../gateway/base/index.ts";
import { coapSource } from "../../gateway/upstream/coap.ts";
import { exactly } from "../../gateway/upstream/source.ts";
import { parseUri } from "../../gateway/wire/coap/index.ts";

export const LOOPBACK = { address: "127.0.0.1", family: 4 } as const;

export interface Question {
  readonly packet: ParsedPacket;
  readonly num: number;
  readonly szx: number;
  /** The client's port. */
  readonly port: number;
}

/** Datagrams to send back, in order. */
export type Script = (question: Question) => readonly Buffer[];

/** A UDP server that says what its script says, and remembers what it was asked. */
export class ScriptedAuthor {
  readonly #socket: Socket;
  readonly asked: Question[] = [];

  private constructor(socket: Socket, script: Script) {
    this.#socket = socket;
    socket.on("message", (datagram, { port }) => {
      const packet = parse(datagram);
      if (packet.code !== "0.01") return; // acknowledgements
      const value = packet.options.find(({ name }) => name === "Block2")?.value ?? Buffer.alloc(0);
      const block = value.length === 0 ? 0 : value.readUIntBE(0, value.length);
      const question = { packet, num: block >> 4, szx: block & 7, port };
      this.asked.push(question);
      for (const answer of script(question)) socket.send(answer, port, "127.0.0.1");
    });
  }

  static async listen(script: Script): Promise<ScriptedAuthor> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new ScriptedAuthor(socket, script);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get uri(): string {
    return `coap://127.0.0.1:${this.port}/fw`;
  }

  close(): void {
    this.#socket.close();
  }
}

export const ETAG = Buffer.from("f00dcafe", "hex");

export interface Said {
  readonly code?: string;
  readonly etag?: Buffer;
  readonly num?: number | undefined;
  readonly szx?: number;
  readonly more?: boolean;
  readonly payload?: Buffer;
  readonly options?: readonly NamedOption[];
}

/** A piggybacked answer. */
export const answer = ({ packet }: Question, said: Said): Buffer => {
  const { code = "2.05", etag = ETAG, num, szx = 6, more = false, payload = Buffer.alloc(0), options = [] } = said;
  const block: NamedOption[] = num === undefined ? [] : [{ name: "Block2", value: blockValue(num, more, szx) }];
  const { messageId, token } = packet;
  return generate({
    code,
    ack: true,
    messageId,
    token,
    payload,
    options: [...(etag.length > 0 ? [{ name: "ETag" as const, value: etag }] : []), ...block, ...options],
  });
};

function blockValue(num: number, more: boolean, szx: number): Buffer {
  const value = (num << 4) | (more ? 8 : 0) | szx;
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes.subarray(value > 0xffff ? 0 : value > 0xff ? 1 : value > 0 ? 2 : 3);
}

/** The block that was asked for, in blocks no larger than `szx`; `change` makes a liar of the author. */
export const slice = (image: Buffer, question: Question, szx = 6, change: Said = {}): Buffer => {
  const size = 16 << Math.min(szx, question.szx);
  const offset = question.num * (16 << question.szx);
  const payload = image.subarray(offset, offset + size);
  const honest = { num: offset / size, szx: Math.log2(size) - 4, more: offset + size < image.length, payload };
  return answer(question, { ...honest, ...change });
};

/** All bytes that the adapter gets from an author, held to the announced size as the fetcher does. */
export async function fetchFrom(uri: string, size: number, options: { patience?: number; signal?: AbortSignal } = {}) {
  const parsed = parseUri(uri);
  if (parsed === undefined) throw new Error(`no URI: ${uri}`);
  const source = coapSource(systemClock(), millis(options.patience ?? 60_000));
  const signal = options.signal ?? new AbortController().signal;
  const parts: Uint8Array[] = [];
  const bytes = source({ uri: parsed, at: LOOPBACK, size, signal });
  for await (const part of exactly(bytes, parsed, size, () => undefined)) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}
