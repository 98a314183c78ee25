/** The group of multicast DNS on the loopback interface, where no network of whoever runs the tests hears it. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export const GROUP = "224.0.0.251";
const LOOPBACK = "127.0.0.1";

export async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** Hears what is sent to the group. */
export async function groupSocket(port: number): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true }).bind(port, GROUP);
  await once(socket, "listening");
  socket.addMembership(GROUP, LOOPBACK);
  socket.setMulticastInterface(LOOPBACK);
  return socket;
}

/** A plain resolver: asks the group from a port of its own. */
export async function askerSocket(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, LOOPBACK);
  await once(socket, "listening");
  socket.setMulticastInterface(LOOPBACK);
  return socket;
}

/** Does this machine carry multicast on its loopback interface? */
export async function carriesMulticast(): Promise<boolean> {
  try {
    const socket = await groupSocket(await freePort());
    const heard = once(socket, "message", { signal: AbortSignal.timeout(3_000) });
    socket.send("x", socket.address().port, GROUP);
    return await heard
      .then(
        () => true,
        () => false,
      )
      .finally(() => socket.close());
  } catch {
    return false;
  }
}
