/**
 * The forward proxy (RFC 7252 §5.7.2) for the URIs that releases name and for nothing else: such a request becomes one
 * for the image behind the URI, and goes the way of every block request from there on.
 */
import { codeOf, encodeUint, type Message, OPTION, type OptionValue, sortOptions } from "../../wire/coap/index.ts";
import type { AuthorLane, BlockLane } from "../request-port.ts";
import { isForProxy, proxyTarget } from "./proxy-uri.ts";
import { bareReply, type Reply } from "./response-writer.ts";

export type Forwarded =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "reply"; readonly reply: Reply };

/** What names the resource, and whose work ends at the proxy. */
const REPLACED: ReadonlySet<number> = new Set([
  OPTION.uriHost,
  OPTION.uriPort,
  OPTION.uriPath,
  OPTION.uriQuery,
  OPTION.proxyUri,
  OPTION.proxyScheme,
  OPTION.hopLimit,
]);
const GET = codeOf("GET");
/** Seconds after which a node may ask again for an image that is being fetched. */
const FETCHING_MAX_AGE = 30;

/** Undefined = for the gateway itself: nearly every request, so it is found out from the last option alone. */
export function forward(
  message: Message,
  block: BlockLane | undefined,
  authors: AuthorLane | undefined,
): Forwarded | undefined {
  const { options } = message;
  const largest = options.at(-1)?.number ?? 0;
  if (largest < OPTION.proxyUri) return undefined;
  // §5.10.2: not a proxy for this, whatever the URI is.
  if (authors === undefined || block === undefined || message.code !== GET)
    return isForProxy(message) ? reply(bareReply("5.05")) : undefined;
  const target = proxyTarget(message);
  if (target.kind === "own") return undefined;
  if (target.kind === "refused") return reply(bareReply(target.code));
  const image = authors.find(target.uri);
  if (image === undefined) return reply(bareReply("5.05"));
  if (image === "fetching") {
    return reply(bareReply("5.03", { number: OPTION.maxAge, value: encodeUint(FETCHING_MAX_AGE) }));
  }
  const path = [block.prefix, image.id].map((segment) => ({ number: OPTION.uriPath, value: UTF8.encode(segment) }));
  const kept: OptionValue[] = options.filter(({ number }) => !REPLACED.has(number));
  return { kind: "message", message: { ...message, options: sortOptions([...kept, ...path]) } };
}

const UTF8 = new TextEncoder();
const reply = (answer: Reply): Forwarded => ({ kind: "reply", reply: answer });
