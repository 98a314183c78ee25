/** Which node runs RIOT's `sys/suit`, and where it listens: read from what it registered (RFC 9176 §5). */
import { isIP } from "node:net";
import type { Remote } from "../../coap/index.ts";
import type { Registration } from "../../service/directory/index.ts";
import { parseUri } from "../../wire/coap/index.ts";
import { decodeLinks, resolveUri } from "../../wire/link/index.ts";

/** RIOT links the resource, or, before nanocoap knew single ones, the folder that it is in. */
const LINKED: ReadonlySet<string> = new Set(["/suit/trigger", "/suit/", "/suit"]);

/** Only the address that registered is asked, unless a security context says who answers: anybody could name another one. */
export function triggerOf(registration: Registration): Remote | undefined {
  const { base, link, links, owner } = registration;
  for (const { target } of decodeLinks(links)) {
    const parsed = parseUri(resolveUri(target, base));
    if (parsed?.scheme !== "coap" || parsed.port === undefined || !LINKED.has(parsed.path)) continue;
    if (isIP(parsed.host) === 0 || parsed.query !== undefined) continue;
    const address = link === undefined || link === "link" ? parsed.host : `${parsed.host}%${link}`;
    if (isProven(registration) || owner === `host:${address}`) return { address, port: parsed.port };
  }
  return undefined;
}

/** It registered with its own credential: then it is asked with it too, and in plain otherwise. */
export const isProven = ({ owner }: Pick<Registration, "owner">): boolean => owner.startsWith("node:");
