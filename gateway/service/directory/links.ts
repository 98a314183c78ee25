/** RFC 9176 Appendix C — the links of a registration: what may be registered, and what they become in a lookup (§6.1). */
import { UsageError, WireError } from "../../base/index.ts";
import { decodeLinks, encodeLinks, isUriReference, type Link, resolveUri } from "../../wire/link/index.ts";

const MOST_LINKS = 256;
const MOST_LINK_BYTES = 8192;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The links of a payload, checked, as one text in its plainest form: each value is written in one way only, so that a
 * search can look at the text itself. Throws WireError `link.malformed` or `directory.link`, UsageError
 * `directory.too-large`.
 */
export function readLinks(payload: Uint8Array): string {
  if (payload.length > MOST_LINK_BYTES) throw tooLarge(MOST_LINK_BYTES, "bytes of links at most");
  const links = decodeLinks(textOf(payload));
  if (links.length > MOST_LINKS) throw tooLarge(MOST_LINKS, "links at most");
  for (const { target, attributes } of links) {
    if (!isUriReference(target))
      throw new WireError("directory.link", { target, what: "the target is no URI reference" });
    for (const [name, value] of attributes) {
      if (name === "anchor" && (value === true || !isUriReference(value))) {
        throw new WireError("directory.link", { target, what: "the anchor is no URI reference" });
      }
    }
  }
  const text = encodeLinks(links);
  if (Buffer.byteLength(text) > MOST_LINK_BYTES) throw tooLarge(MOST_LINK_BYTES, "bytes of links at most"); // quotes
  return text;
}

const tooLarge = (limit: number, what: string): UsageError => new UsageError("directory.too-large", { limit, what });

function textOf(payload: Uint8Array): string {
  try {
    return UTF8.decode(payload);
  } catch (cause) {
    throw new WireError("link.malformed", { offset: 0 }, { cause });
  }
}

/** §6.1: targets and the anchors that were given become URIs; all else comes back as it was registered. */
export const resolvedLinks = (links: string, base: string): readonly Link[] =>
  decodeLinks(links).map(({ target, attributes }) => ({
    target: resolveUri(target, base),
    attributes: attributes.map(([name, value]) => [
      name,
      name === "anchor" && value !== true ? resolveUri(value, base) : value,
    ]),
  }));
