/** RFC 1035 §5.1, RFC 6763 §10: the same records as lines of a zone file, for networks that have DNS and no multicast. */
import { isIPv4 } from "node:net";
import type { Announcement } from "./announcement.ts";

/** Relative to the zone's origin. */
export function zoneLines({ instance, host, offers }: Announcement, addresses: readonly string[]): readonly string[] {
  const lines = addresses.map((address) => `${host} ${isIPv4(address) ? "A" : "AAAA"} ${address.replace(/%.*/, "")}`);
  for (const { service, port, text } of offers) {
    const kind = service.join(".");
    const name = `${escaped(instance)}.${kind}`;
    lines.push(
      `_services._dns-sd._udp PTR ${kind}`,
      `${kind} PTR ${name}`,
      `${name} SRV 0 0 ${port} ${host}`,
      `${name} TXT ${(text.length === 0 ? [""] : text).map((entry) => `"${entry.replace(/["\\]/g, "\\$&")}"`).join(" ")}`,
    );
  }
  return lines;
}

/** §5.1: whatever is no letter, digit, hyphen or underscore goes as `\DDD`, byte by byte. */
const escaped = (label: string): string =>
  [...Buffer.from(label, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w-]/.test(character) ? character : `\\${String(byte).padStart(3, "0")}`;
    })
    .join("");
