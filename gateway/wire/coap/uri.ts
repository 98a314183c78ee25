/**
 * RFC 7252 §6 and RFC 3986 §6.2.2 — absolute URIs that name a resource on a host, in the one spelling that all their
 * equivalents share: so that two of them are the same resource exactly when the texts are equal.
 */
import { shownUri } from "../../base/index.ts";
import { withoutDots } from "../link/uri-reference.ts";

export interface AbsoluteUri {
  /** Lower case, without the colon. */
  readonly scheme: string;
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string;
  /** The scheme's default when none was given; undefined for a scheme that has none here. */
  readonly port: number | undefined;
  /** Begins with "/", percent-encoded. */
  readonly path: string;
  /** Without the question mark; undefined = none. */
  readonly query: string | undefined;
  /** The whole URI in its normal form. */
  readonly text: string;
  /** The same for people and logs: a query may hold a secret. */
  readonly shown: string;
}

/** §6.1, §6.2; RFC 8323 §8 has its own schemes; RFC 9110 §4.2. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { coap: 5683, coaps: 5684, http: 80, https: 443 };

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i;
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^[\]:@]+)(?::(\d*))?$/i;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
/** RFC 3986 §3.3, §3.4: what may stand in a path or a query as it is. */
const PCHAR = /^[A-Za-z0-9._~!$&'()*+,;=:@/?-]$/;

/** Undefined for what is no such URI, among them relative ones, those with a user, and those with a fragment (§6.1). */
export function parseUri(given: string): AbsoluteUri | undefined {
  const [, schemeText, authority, pathText, queryText] = SHAPE.exec(given) ?? [];
  if (schemeText === undefined || authority === undefined || pathText === undefined) return undefined;
  const [, hostText, portText] = AUTHORITY.exec(authority) ?? [];
  if (hostText === undefined) return undefined;
  const scheme = schemeText.toLowerCase();
  const host = normalHost(hostText);
  const path = normalPart(pathText);
  const query = queryText === undefined ? undefined : normalPart(queryText);
  if (host === undefined || path === undefined || (queryText !== undefined && query === undefined)) return undefined;
  const usual = DEFAULT_PORTS[scheme];
  // §6.1: an empty port means the default one.
  const port = portText === undefined || portText === "" ? usual : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const shown = host.includes(":") ? `[${host}]` : host;
  const colonPort = port === usual || port === undefined ? "" : `:${port}`;
  const whole = withoutDots(path === "" ? "/" : path);
  const text = `${scheme}://${shown}${colonPort}${whole}${query === undefined ? "" : `?${query}`}`;
  return { scheme, host, port, path: whole, query, text, shown: shownUri(text) };
}

function normalHost(host: string): string | undefined {
  if (!host.startsWith("[")) return normalPart(host)?.toLowerCase();
  const url = `http://${host}/`; // the platform knows the one way to write an IPv6 address (RFC 5952)
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** RFC 3986 §6.2.2.1, §6.2.2.2: what need not be encoded is not, what must be is in upper case. */
function normalPart(text: string): string | undefined {
  let normal = "";
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign !== "%") {
      if (!PCHAR.test(sign)) return undefined;
      normal += sign;
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined;
    const decoded = String.fromCharCode(Number.parseInt(digits, 16));
    normal += UNRESERVED.test(decoded) ? decoded : `%${digits.toUpperCase()}`;
    at += 2;
  }
  return normal;
}

const UTF8 = new TextEncoder();

/** §6.5 steps 6 and 7: a Uri-Path segment or a Uri-Query argument as a part of a URI; `also` is encoded too. */
export function encodeUriPart(text: string, also: RegExp): string {
  let encoded = "";
  for (const byte of UTF8.encode(text)) {
    const sign = String.fromCharCode(byte);
    encoded += PCHAR.test(sign) && !also.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
