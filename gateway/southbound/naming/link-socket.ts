/** RFC 6762 §3, §11: UDP port 5353 and the group's address on one interface. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { LinkPlan } from "./interfaces.ts";

export const GROUPS = { 4: "224.0.0.251", 6: "ff02::fb" } as const;
/** §11: answers of those who check it too are read. */
const HOPS = 255;

export interface LinkSocket {
  send(message: Uint8Array, to?: { readonly address: string; readonly port: number }): void;
  /** What was sent has left when it resolves. */
  close(): Promise<void>;
}

/**
 * Bound to the group, not to every address: a datagram for this machine alone belongs to its own responder (avahi,
 * systemd-resolved), which shares the port. Rejects with the system's error.
 */
export function openLinkSocket(
  { family, name, via }: LinkPlan,
  port: number,
  receive: (bytes: Uint8Array, source: RemoteInfo) => void,
): Promise<LinkSocket> {
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    reuseAddr: true,
    lookup: (hostname, _options, done) => done(null, hostname, family),
  });
  const scope = family === 6 ? `%${name.slice(0, name.lastIndexOf("/"))}` : "";
  const group = `${GROUPS[family]}${scope}`;
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => {
      socket.close();
      reject(error);
    };
    socket.once("error", refuse);
    socket.bind({ address: group, port }, () => {
      try {
        socket.addMembership(GROUPS[family], via);
        socket.setMulticastInterface(via);
        socket.setMulticastTTL(HOPS);
        socket.setTTL(HOPS);
        socket.setMulticastLoopback(true); // whoever asks on this machine is answered too
      } catch (error) {
        refuse(error);
        return;
      }
      socket.off("error", refuse);
      socket.on("error", () => undefined); // an interface that went away: the next look at them notices
      socket.on("message", receive);
      resolve(linkSocket(socket, { address: group, port }));
    });
  });
}

function linkSocket(socket: Socket, group: { readonly address: string; readonly port: number }): LinkSocket {
  let leaving = Promise.resolve();
  return {
    send: (message, to = group) => {
      const sent = new Promise<void>((done) => socket.send(message, to.port, to.address, () => done()));
      leaving = leaving.then(() => sent);
    },
    close: async () => {
      await leaving;
      await new Promise<void>((done) => socket.close(() => done()));
    },
  };
}
