/** Where a peer reaches us: the address that our datagrams to it leave from, which the operating system chooses. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Remote } from "../../coap/index.ts";
import { formatHostPort } from "../config/index.ts";

const COAP_PORT = 5683;
const WILDCARDS: ReadonlySet<string> = new Set(["::", "0.0.0.0"]);

/** `coap://[fd00::1]`, for a transport that is bound to this host and port; undefined = there is no way to the peer. */
export async function ownBase(host: string, port: number, remote: Remote): Promise<string | undefined> {
  const address = WILDCARDS.has(host) ? await leavingFrom(remote) : host;
  if (address === undefined) return undefined;
  // A zone is a name of ours; the peer has its own.
  const named = formatHostPort({ host: address.replace(/%.*/, ""), port });
  return `coap://${port === COAP_PORT ? named.slice(0, named.lastIndexOf(":")) : named}`;
}

/** Nothing is sent: a datagram socket that is connected only has its route looked up. */
const leavingFrom = ({ address, port }: Remote): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const done = (found: string | undefined): void => {
      socket.close();
      resolve(found);
    };
    socket.once("error", () => done(undefined));
    socket.connect(port, address, () => done(socket.address().address));
  });
