/**
 * One UDP socket for one author. It is connected: the kernel passes on datagrams of that address and port alone, which
 * node-coap itself would not look at (defect 29), and tells when nobody is there.
 */
import { createSocket, type Socket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Closable } from "../base/index.ts";
import type { Address } from "./addresses.ts";

/** Has the part of `dgram.Socket` that node-coap's Agent uses: `on`, `send`, `address`, `type`. */
export class AuthorSocket extends EventEmitter implements Closable {
  readonly type: "udp4" | "udp6";
  readonly #socket: Socket;
  readonly #local: AddressInfo;
  readonly #onRefused: (reason: string) => void;
  #closed = false;

  private constructor(socket: Socket, type: "udp4" | "udp6", onRefused: (reason: string) => void) {
    super();
    this.type = type;
    this.#socket = socket;
    this.#local = socket.address();
    this.#onRefused = onRefused;
  }

  /** `onRefused`: an ICMP error came back, or sending failed. Rejects like `dgram`'s connect. */
  static async open(at: Address, port: number, onRefused: (reason: string) => void): Promise<AuthorSocket> {
    const type = at.family === 6 ? "udp6" : "udp4";
    const socket = createSocket(type);
    try {
      socket.connect(port, at.address);
      await once(socket, "connect");
    } catch (error) {
      socket.close();
      throw error;
    }
    const author = new AuthorSocket(socket, type, onRefused);
    socket.on("error", (error) => author.#onRefused(error.message));
    socket.on("message", (message, from) => author.emit("message", message, from));
    return author;
  }

  address(): AddressInfo {
    return this.#local;
  }

  send(message: Buffer, _offset: number, _length: number, _port: number, _host: string, done?: () => void): void {
    if (this.#closed) {
      done?.();
      return;
    }
    this.#socket.send(message, (error) => {
      if (error !== null && error !== undefined) this.#onRefused(error.message);
      done?.();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
