/**
 * RFC 7252 §5.7.2, §5.10.2, §6.5 and RFC 8768 — a request to a forward proxy: which URI it is for, in its normal form,
 * and whether it may go on.
 */
import { isCoded } from "../../base/index.ts";
import {
  type DottedCode,
  decodeText,
  decodeUint,
  encodeUriPart,
  type Message,
  OPTION,
  type OptionValue,
  optionRow,
  parseUri,
} from "../../wire/coap/index.ts";

export type ProxyTarget =
  /** For the gateway itself. */
  | { readonly kind: "own" }
  | { readonly kind: "proxied"; readonly uri: string }
  | { readonly kind: "refused"; readonly code: DottedCode };

/** §5.10.2: what Proxy-Uri has room for. More than that in separate options is no URI that is asked for here. */
const MAX_URI_BYTES = optionRow(OPTION.proxyUri)!.maxLength;
const URI_PARTS: ReadonlySet<number> = new Set([
  OPTION.proxyScheme,
  OPTION.uriHost,
  OPTION.uriPort,
  OPTION.uriPath,
  OPTION.uriQuery,
]);

const OWN: ProxyTarget = { kind: "own" };
const refused = (code: DottedCode): ProxyTarget => ({ kind: "refused", code });

/** Whether a proxy is meant; nothing is read of the URI. */
export const isForProxy = ({ options }: Pick<Message, "options">): boolean =>
  options.some(({ number }) => number === OPTION.proxyUri || number === OPTION.proxyScheme);

/** 4.02 for an option that cannot be, 4.00 for a hop limit that cannot be, 5.05 for what names no URI, 5.08 at the end. */
export function proxyTarget({ options }: Pick<Message, "options">): ProxyTarget {
  const find = (number: number): OptionValue | undefined => options.find((option) => option.number === number);
  const whole = find(OPTION.proxyUri);
  const scheme = find(OPTION.proxyScheme);
  const given = whole ?? scheme;
  if (given === undefined) return OWN;
  if (!isWellFormed(given, options)) return refused("4.02");
  const hops = find(OPTION.hopLimit);
  // RFC 8768 §3: 1 to 255, and none are left after this one.
  if (hops !== undefined) {
    const limit = decodeUint(hops.value);
    if (limit === 0 || hops.value.length !== 1) return refused("4.00");
    if (limit === 1) return refused("5.08");
  }
  try {
    // §5.10.2: Proxy-Uri takes precedence over Uri-Host, -Port, -Path and -Query.
    const text = whole === undefined ? composed(decodeText(given.value), options) : decodeText(whole.value);
    const uri = text === undefined ? undefined : parseUri(text);
    return uri === undefined ? refused("5.05") : { kind: "proxied", uri: uri.text };
  } catch (error) {
    if (isCoded(error)) return refused("4.00"); // not UTF-8
    throw error;
  }
}

/** §5.4.3, §5.4.5: the length, and only once. */
function isWellFormed({ number, value }: OptionValue, options: readonly OptionValue[]): boolean {
  const row = optionRow(number);
  if (row === undefined || value.length < row.minLength || value.length > row.maxLength) return false;
  return options.filter((option) => option.number === number).length === 1;
}

/** §6.5 with the scheme of §5.10.2; undefined = none. Without Uri-Host the request names no other host than this gateway. */
function composed(scheme: string, options: readonly OptionValue[]): string | undefined {
  if (lengthOfParts(options) > MAX_URI_BYTES) return undefined;
  let host: string | undefined;
  let port = "";
  let path = "";
  const query: string[] = [];
  for (const { number, value } of options) {
    if (number === OPTION.uriHost) host = decodeText(value);
    if (number === OPTION.uriPort) port = `:${decodeUint(value)}`;
    if (number === OPTION.uriPath) path += `/${encodeUriPart(decodeText(value), /[/?]/)}`;
    if (number === OPTION.uriQuery) query.push(encodeUriPart(decodeText(value), /&/));
  }
  if (host === undefined) return undefined;
  const authority = host.startsWith("[") ? host : encodeUriPart(host, /[:@/?]/);
  return `${scheme}://${authority}${port}${path === "" ? "/" : path}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

/** With the character that sets each part off. */
const lengthOfParts = (options: readonly OptionValue[]): number =>
  options.reduce((sum, { number, value }) => (URI_PARTS.has(number) ? sum + value.length + 1 : sum), 0);
