/** Which nodes share the air: those of one link, as far as their addresses tell (RFC 4291 §2.5.4: its prefix has 64 bits). */
import { addressBytes } from "../../base/index.ts";

/** `path`: where the node was last seen, `address:port`. */
export function meshOf(path: string | undefined): string {
  const host = path === undefined ? undefined : /^\[?([^\]]*?)\]?(?::\d+)?$/.exec(path)?.[1];
  const address = host === undefined ? undefined : addressBytes(host);
  if (address === undefined) return "unknown";
  if (address.length === 4) return `${address.subarray(0, 3).join(".")}.0/24`;
  const groups = Array.from({ length: 4 }, (_, at) => ((address[at * 2]! << 8) | address[at * 2 + 1]!).toString(16));
  return `${groups.join(":")}::/64`;
}
