/**
 * RFC 8613 §4.1, Figure 5 — which options travel inside the ciphertext (class E), outside of it (class U), or both.
 * What the table does not name is class E.
 */
import { EMPTY } from "../../../base/index.ts";
import { encodeUint, OPTION, type OptionValue, sortOptions } from "../../../wire/coap/index.ts";

export const OPTION_CLASSES = [
  { number: OPTION.uriHost, inner: false, outer: true },
  { number: OPTION.observe, inner: true, outer: true }, // §4.1.3.5
  { number: OPTION.uriPort, inner: false, outer: true },
  { number: OPTION.oscore, inner: false, outer: true },
  { number: OPTION.maxAge, inner: true, outer: true }, // §4.1.3.1: outside, 0, on errors of OSCORE itself
  { number: OPTION.hopLimit, inner: false, outer: true }, // RFC 8768 §3
  { number: OPTION.block2, inner: true, outer: true }, // §4.1.3.4: outside between proxies only
  { number: OPTION.block1, inner: true, outer: true },
  { number: OPTION.size2, inner: true, outer: true },
  { number: OPTION.proxyUri, inner: false, outer: true }, // §4.1.3.3
  { number: OPTION.proxyScheme, inner: false, outer: true },
  { number: OPTION.size1, inner: true, outer: true },
  { number: OPTION.noResponse, inner: true, outer: true }, // §4.1.3.6
] as const;

const OUTER_ONLY: ReadonlySet<number> = new Set(OPTION_CLASSES.filter((row) => !row.inner).map((row) => row.number));
export const isClassU = (number: number): boolean => OUTER_ONLY.has(number);

/** RFC 8613 §8.2 step 1, step 7: what is taken from the outside of a message that was opened. */
const TAKEN_FROM_OUTSIDE: ReadonlySet<number> = new Set([...OUTER_ONLY].filter((number) => number !== OPTION.oscore));

/** The options of an opened message: those inside, and the class U ones of the outside. */
export function joinOptions(inner: readonly OptionValue[], outer: readonly OptionValue[]): readonly OptionValue[] {
  if (!outer.some(isTaken)) return inner;
  return sortOptions([...outer.filter(isTaken), ...inner]);
}

const isTaken = ({ number }: OptionValue): boolean => TAKEN_FROM_OUTSIDE.has(number);

export interface SplitOptions {
  readonly inner: readonly OptionValue[];
  readonly outer: readonly OptionValue[];
}

/** §4.1: the options of a request of ours. Observe and No-Response stand on both sides, with the same value. */
export function splitRequestOptions(options: readonly OptionValue[]): SplitOptions {
  const inner: OptionValue[] = [];
  const outer: OptionValue[] = [];
  for (const option of options.flatMap(decomposeProxyUri)) {
    const { number } = option;
    if (isClassU(number)) outer.push(option);
    else {
      inner.push(option);
      if (number === OPTION.observe || number === OPTION.noResponse) outer.push(option);
    }
  }
  return { inner: sortOptions(inner), outer: sortOptions(outer) };
}

/** §4.1.3.5.2: in a notification the inner Observe is empty; the outer one serves those between. */
export function splitReplyOptions(options: readonly OptionValue[]): SplitOptions {
  if (!options.some(showsOutside)) return { inner: options, outer: NO_OPTIONS };
  return {
    inner: options
      .filter(({ number }) => !isClassU(number))
      .map((option) => (option.number === OPTION.observe ? { ...option, value: EMPTY } : option)),
    outer: options.filter(showsOutside),
  };
}

const showsOutside = ({ number }: OptionValue): boolean => number === OPTION.observe || isClassU(number);
const NO_OPTIONS: readonly OptionValue[] = [];

/** RFC 7252 §6.1: the port that goes without saying. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { coap: 5683, coaps: 5684, http: 80, https: 443 };

/** §4.1.3.3: path and query of a Proxy-Uri belong inside; a URI that cannot be read is left to the proxy. */
export function decomposeProxyUri(option: OptionValue): readonly OptionValue[] {
  if (option.number !== OPTION.proxyUri) return [option];
  const text = new TextDecoder().decode(option.value);
  if (!URL.canParse(text)) return [option];
  const { protocol, hostname, port, pathname, search } = new URL(text);
  const scheme = protocol.slice(0, -1);
  const parts: OptionValue[] = [];
  const put = (number: number, value: string): void => {
    parts.push({ number, value: new TextEncoder().encode(value) });
  };
  put(OPTION.proxyScheme, scheme);
  if (hostname !== "") put(OPTION.uriHost, hostname);
  if (port !== "" && Number(port) !== DEFAULT_PORTS[scheme]) {
    parts.push({ number: OPTION.uriPort, value: encodeUint(Number(port)) });
  }
  const path = pathname.replace(/^\//, "");
  if (path !== "") for (const segment of path.split("/")) put(OPTION.uriPath, unescapeUri(segment));
  const query = search.slice(1);
  if (query !== "") for (const argument of query.split("&")) put(OPTION.uriQuery, unescapeUri(argument));
  return parts;
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that escapes nothing stands for itself
  }
}
