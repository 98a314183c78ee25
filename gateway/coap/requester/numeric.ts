/** RFC 5952 — one spelling per address: an answer is matched by where it comes from, as the socket spells it. */
import { isIP, SocketAddress } from "node:net";
import { UsageError } from "../../base/index.ts";
import type { Remote } from "../transport/transport.ts";

/** Throws UsageError `request.address` for a name, and for a port that nothing can be sent to. */
export function numericRemote({ address, port }: Remote): Remote {
  if (port < 1 || port > 65_535 || !Number.isInteger(port)) throw new UsageError("request.address", { address, port });
  switch (isIP(address)) {
    case 4:
      return { address, port };
    case 6: {
      const [plain = "", zone] = address.split("%"); // a zone is a name of this machine's (RFC 6874)
      const spelt = new SocketAddress({ address: plain, family: "ipv6" }).address;
      return { address: zone === undefined ? spelt : `${spelt}%${zone}`, port };
    }
    default:
      throw new UsageError("request.address", { address, port });
  }
}
