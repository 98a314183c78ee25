/**
 * A gateway just big enough to test nodes against: the check-in and the block lane on a bare UDP socket. It knows the wire
 * format by its numbers, not through the code of gateway/sim, so that an error there cannot cancel itself out here.
 */
import { createHash } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { Encoder } from "cbor-x";
import { generate, type ParsedPacket, parse } from "coap-packet";

const cbor = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
type IntMap = Map<number, unknown>;

/** A check-in as it came: the whole datagram, its payload, and what it says by delta. */
export interface SeenCheckIn {
  readonly endpoint: string;
  readonly datagram: Buffer;
  readonly payload: Buffer;
  readonly report: number;
  readonly body: IntMap;
}

export interface TestImage {
  readonly bytes: Uint8Array;
  readonly uri: string;
  /** What the offer says; the digest of the bytes unless a test lies. */
  readonly digest: Buffer;
}

export const testImage = (bytes: Uint8Array, uri = "f/ABC"): TestImage => ({
  bytes,
  uri,
  digest: createHash("sha256").update(bytes).digest(),
});

/** What the node's data says, by SID: {60201: {60202: …}} flattened to leaf SID → value. */
export function leavesBySid(body: IntMap): Map<number, unknown> {
  const leaves = new Map<number, unknown>();
  const data = body.get(5);
  if (!(data instanceof Map)) return leaves;
  for (const [container, children] of data as Map<number, IntMap>) {
    for (const [leaf, value] of children) leaves.set(60006 + container + leaf, value);
  }
  return leaves;
}

export class TestGateway {
  readonly checkIns: SeenCheckIn[] = [];
  readonly blocksServed: { readonly num: number; readonly szx: number }[] = [];
  readonly state = new Map<string, Map<number, unknown>>();
  readonly #socket: Socket = createSocket("udp4");
  readonly #slots = new Map<string, { readonly report: number; readonly reply: Buffer }>();
  readonly #waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  image: TestImage | undefined;
  /** The SUIT envelope that goes with it. */
  envelope: TestImage | undefined;
  /** What it serves as a proxy, by URI without the scheme: `host/path`. */
  readonly proxied = new Map<string, TestImage>();
  /** Further members of the offer, by delta. */
  terms: ReadonlyMap<number, unknown> = new Map();
  etag: Buffer | undefined;
  /** Edits for everybody: revision and iPATCH payload. */
  edits: { readonly revision: number; readonly payload: Buffer } | undefined;
  /** Swallows a datagram: the answer to it is never sent. */
  ignore: (packet: ParsedPacket) => boolean = () => false;
  /** The largest block it serves. */
  maxSzx = 6;

  async start(port = 0): Promise<string> {
    this.#socket.bind(port, "127.0.0.1");
    await once(this.#socket, "listening");
    this.#socket.on("message", (datagram, from) => this.#arrived(datagram, from));
    return `coap://127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  /** Resolves as soon as `holds` does; looked at after every datagram. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ holds, resolve }));
  }

  #arrived(datagram: Buffer, from: RemoteInfo): void {
    const request = parse(datagram);
    if (request.code.startsWith("0.0") && request.code !== "0.00") {
      const path = texts(request, "Uri-Path");
      const answer = path[0] === "c" ? this.#checkIn(request, datagram) : this.#block(request, path.join("/"));
      if (!this.ignore(request)) {
        const { messageId, token } = request;
        this.#socket.send(generate({ ack: true, messageId, token, ...answer }, 2048), from.port, from.address);
      }
    }
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.holds()) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  #checkIn(request: ParsedPacket, datagram: Buffer) {
    const endpoint = texts(request, "Uri-Query")[0]?.replace(/^ep=/, "") ?? "";
    const outer: Map<number, IntMap> = cbor.decode(request.payload);
    const body = outer.get(60001) ?? new Map();
    const report = Number(body.get(2));
    this.checkIns.push({ endpoint, datagram, payload: request.payload, report, body });
    const slot = this.#slots.get(endpoint);
    let reply = slot?.reply ?? Buffer.alloc(0);
    if (slot?.report !== report) {
      const known = this.state.get(endpoint) ?? new Map();
      for (const [sid, value] of leavesBySid(body)) known.set(sid, value);
      this.state.set(endpoint, known);
      reply = this.#reply(body, known);
      this.#slots.set(endpoint, { report, reply });
    }
    return { code: "2.04", options: [{ name: "Content-Format", value: Buffer.of(142) } as const], payload: reply };
  }

  #reply(body: IntMap, known: Map<number, unknown>): Buffer {
    const out: IntMap = new Map();
    const { image, edits, envelope } = this;
    if (edits !== undefined && body.get(3) !== edits.revision && known.get(-1) !== edits.revision) {
      out.set(13, edits.revision).set(14, edits.payload);
    }
    if (body.get(3) !== undefined) known.set(-1, body.get(3));
    const running = known.get(60102);
    if (image !== undefined && !(running instanceof Uint8Array && image.digest.equals(running))) {
      const offer = new Map<number, unknown>([[1, image.digest], [2, image.bytes.length], [3, image.uri], ...this.terms]); // biome-ignore format: one offer
      out.set(15, envelope === undefined ? offer : offer.set(13, envelope.uri));
    }
    if (out.size === 0 && body.has(9)) return Buffer.alloc(0);
    out.set(11, 1_790_000_000);
    return cbor.encode(new Map([[60001, out]]));
  }

  #block(request: ParsedPacket, path: string) {
    const host = texts(request, "Uri-Host")[0];
    const image = request.options.some(({ name }) => String(name) === "Proxy-Scheme" || String(name) === "39")
      ? this.proxied.get(`${host}/${path}`)
      : [this.image, this.envelope].find((one) => one?.uri === path);
    if (image === undefined) return { code: "4.04" };
    const option = request.options.find(({ name }) => name === "Block2")?.value ?? Buffer.of(6);
    const value = option.reduce((sum, byte) => sum * 256 + byte, 0);
    const szx = Math.min(value & 7, this.maxSzx);
    const offset = (value >>> 4) * (1 << ((value & 7) + 4));
    const num = offset >>> (szx + 4);
    const end = offset + (1 << (szx + 4));
    const block = (num << 4) | (end < image.bytes.length ? 8 : 0) | szx;
    this.blocksServed.push({ num, szx });
    const options = [
      { name: "ETag", value: this.etag ?? createHash("sha256").update(image.bytes).digest().subarray(0, 4) },
      { name: "Block2", value: Buffer.of(block >>> 16, (block >>> 8) & 255, block & 255) },
    ] as const;
    return { code: "2.05", options: [...options], payload: Buffer.from(image.bytes.subarray(offset, end)) };
  }
}

const texts = (request: ParsedPacket, option: string): readonly string[] =>
  request.options.filter(({ name }) => name === option).map(({ value }) => value.toString());
