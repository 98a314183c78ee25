/** A small file of an author that is fetched at once and as a whole, e.g. a release: its length is not known beforehand. */
import type { AbsoluteUri } from "../wire/coap/index.ts";
import type { AuthorAddresses } from "./addresses.ts";
import { aborted, atMost, type OpenSource } from "./source.ts";

export interface SmallFetch {
  readonly addresses: AuthorAddresses;
  readonly sources: Readonly<Record<"coap" | "https", OpenSource>>;
}

/** Throws `upstream.*`; `upstream.size` for more bytes than `most`, or none. */
export async function fetchSmall(
  uri: AbsoluteUri,
  most: number,
  { addresses, sources }: SmallFetch,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const at = await Promise.race([addresses.of(uri.host), aborted(signal)]);
  const open = sources[uri.scheme === "https" ? "https" : "coap"];
  const parts: Uint8Array[] = [];
  const source = open({ uri, at, size: most, atMost: true, signal });
  for await (const part of atMost(source, uri, most, () => undefined)) parts.push(part);
  return Buffer.concat(parts);
}
