/**
 * A UDP socket that loses datagrams in both directions with a seeded probability, and counts what it sees. It is connected
 * to the gateway: the kernel drops datagrams from anybody else, which node-coap would take for answers.
 */
import { createSocket, type Socket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Closable, Random } from "../../base/index.ts";

export interface Loss {
  /** Share of the datagrams lost, each way: 0 to 1. */
  readonly share: number;
  readonly random: Random;
}

export interface SocketCounts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Confirmable messages sent again with the same message id. */
  readonly retransmissions: number;
}

export interface Remote {
  readonly host: string;
  readonly port: number;
  readonly type: "udp4" | "udp6";
}

/** Has the part of `dgram.Socket` that node-coap's Agent uses: `on`, `send`, `address`, `type`. */
export class LossySocket extends EventEmitter implements Closable {
  readonly type: Remote["type"];
  readonly #socket: Socket;
  readonly #local: AddressInfo;
  readonly #loss: Loss;
  readonly #counts = { sent: 0, received: 0, lost: 0, bytesSent: 0, bytesReceived: 0, retransmissions: 0 };
  #lastConfirmable: number | undefined;
  #closed = false;

  private constructor(socket: Socket, type: Remote["type"], loss: Loss) {
    super();
    this.#socket = socket;
    this.type = type;
    this.#local = socket.address(); // asked once: node-coap wants it for every datagram
    this.#loss = loss;
  }

  static async open(remote: Remote, loss: Loss): Promise<LossySocket> {
    const socket = createSocket(remote.type);
    socket.connect(remote.port, remote.host);
    await once(socket, "connect");
    const lossy = new LossySocket(socket, remote.type, loss);
    // A gateway that is down answers with ICMP, which arrives here as an error: to a node it is one more lost datagram.
    socket.on("error", () => undefined);
    socket.on("message", (message, from) => lossy.#arrived(message, from));
    return lossy;
  }

  get counts(): SocketCounts {
    return this.#counts;
  }

  address(): AddressInfo {
    return this.#local;
  }

  send(message: Buffer, _offset: number, length: number, _port: number, _host: string, done?: () => void): void {
    this.#count(message, length);
    if (this.#closed || this.#loses()) {
      done?.();
      return;
    }
    this.#socket.send(message, () => done?.()); // an error is a loss, see open()
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #arrived(message: Buffer, from: AddressInfo | { address: string; port: number }): void {
    if (this.#loses()) return;
    this.#counts.received++;
    this.#counts.bytesReceived += message.length;
    this.emit("message", message, from);
  }

  #loses(): boolean {
    const lost = this.#loss.share > 0 && this.#loss.random.next() < this.#loss.share;
    if (lost) this.#counts.lost++;
    return lost;
  }

  /** RFC 7252 §3: type in bits 4-5 of the first byte, 0 = confirmable; the message id in bytes 2 and 3. */
  #count(message: Buffer, length: number): void {
    this.#counts.sent++;
    this.#counts.bytesSent += length;
    if (((message[0] ?? 0) & 0x30) !== 0) return;
    const id = message.readUInt16BE(2);
    if (id === this.#lastConfirmable) this.#counts.retransmissions++;
    this.#lastConfirmable = id;
  }
}
