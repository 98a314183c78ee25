/** CoAP over IP multicast (RFC 7252 §8): hears what is sent to a group, and answers from an address of our own. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { UsageError } from "../../base/index.ts";
import { pathOf, type Receive, type Remote, type Transport } from "./transport.ts";

export interface UdpGroupOptions {
  /** E.g. 224.0.1.187 or ff05::fd (§12.8). */
  readonly address: string;
  readonly port: number;
  /** §8.1: answers leave from a unicast address, never from the group's. */
  readonly via: Transport;
  /** The interface to join on: an address of ours for IPv4, `::%NAME` for IPv6; by default the system's choice. */
  readonly interface?: string | undefined;
}

export class UdpGroup implements Transport {
  readonly group = true;
  readonly #options: UdpGroupOptions;
  #socket: Socket | undefined;
  #local: string | undefined;

  constructor(options: UdpGroupOptions) {
    this.#options = options;
  }

  get local(): string | undefined {
    return this.#local;
  }

  open(receive: Receive): Promise<void> {
    const { address, port, interface: on } = this.#options;
    // Several gateways of a building share the group's port.
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", reuseAddr: true });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        this.#socket = undefined;
        socket.close();
        const facts = { what: "CoAP multicast", address: pathOf({ address, port }), key: "coap.multicast" };
        reject(new UsageError("port.refused", { ...facts, reason: error.code ?? "unknown" }, { cause: error }));
      };
      socket.once("error", refuse);
      socket.bind({ address, port }, () => {
        try {
          socket.addMembership(address, on);
        } catch (error) {
          refuse(error as NodeJS.ErrnoException); // node:dgram throws system errors here
          return;
        }
        socket.off("error", refuse);
        socket.on("error", () => undefined);
        socket.on("message", receive);
        this.#local = pathOf(socket.address());
        resolve();
      });
    });
  }

  send(datagram: Uint8Array, remote: Remote): void {
    this.#options.via.send(datagram, remote);
  }

  frame(): Uint8Array {
    return this.#options.via.frame();
  }

  sendFrame(length: number, remote: Remote): void {
    this.#options.via.sendFrame(length, remote);
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => socket.close(() => resolve()));
  }
}
