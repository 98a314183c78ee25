/** CoAP over UDP (RFC 7252 §6): one socket per bound address, behind the transport port. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { UsageError } from "../../base/index.ts";
import { FRAME_BYTES, pathOf, type Receive, type Remote, type Transport } from "./transport.ts";

const FRAMES = 64;

/** A frame and the view of it that was sent last: answers of one transfer have few different lengths. */
interface Frame {
  readonly bytes: Buffer;
  view: Buffer;
}

const newFrames = (): Frame[] =>
  Array.from({ length: FRAMES }, () => {
    const bytes = Buffer.allocUnsafeSlow(FRAME_BYTES);
    return { bytes, view: bytes };
  });

export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

export class UdpTransport implements Transport {
  readonly #bind: UdpAddress;
  #socket: Socket | undefined;
  #local: string | undefined;
  #frames = newFrames();
  #turn = 0;

  constructor(bind: UdpAddress) {
    this.#bind = bind;
  }

  get local(): string | undefined {
    return this.#local;
  }

  open(receive: Receive): Promise<void> {
    const family = isIPv6(this.#bind.address) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      // Each address is bound by itself: an IPv6 wildcard must not take the IPv4 port away from its own socket.
      ipv6Only: family === 6,
      // Peers are numbers already: answering at once saves a trip through the resolver for each datagram.
      lookup: (hostname, _options, done) => done(null, hostname, family),
    });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once("error", (error: NodeJS.ErrnoException) => {
        this.#socket = undefined;
        socket.close();
        reject(bindError(pathOf(this.#bind), error));
      });
      socket.bind({ address: this.#bind.address, port: this.#bind.port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        socket.on("error", () => undefined); // a peer that cannot be reached is its retransmission's business
        socket.on("message", receive);
        this.#local = pathOf(socket.address());
        resolve();
      });
    });
  }

  send(datagram: Uint8Array, { port, address }: Remote): void {
    this.#socket?.send(datagram, port, address);
  }

  frame(): Uint8Array {
    return this.#frames[this.#turn]!.bytes;
  }

  sendFrame(length: number, { port, address }: Remote): void {
    const frame = this.#frames[this.#turn]!;
    if (frame.view.length !== length) frame.view = frame.bytes.subarray(0, length);
    this.#socket?.send(frame.view, port, address);
    this.#turn += 1;
    if (this.#turn === FRAMES) this.#startAnew();
  }

  /** When the kernel's queue is full, the socket still holds frames: they must not be written again before they left. */
  #startAnew(): void {
    this.#turn = 0;
    if (this.#socket !== undefined && this.#socket.getSendQueueCount() > 0) this.#frames = newFrames();
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => socket.close(() => resolve()));
  }
}

function bindError(address: string, error: NodeJS.ErrnoException): UsageError {
  const facts = { what: "CoAP", address, key: "coap.listen" };
  if (error.code === "EADDRINUSE") return new UsageError("port.taken", facts, { cause: error });
  return new UsageError("port.refused", { ...facts, reason: error.code ?? "unknown" }, { cause: error });
}
