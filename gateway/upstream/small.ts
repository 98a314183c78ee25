/** A small file of an author that is fetched at once and as a whole, e.g. a release: its length is not known beforehand. */
import { TrustError } from "../base/index.ts";
import type { AbsoluteUri } from "../wire/coap/index.ts";
import type { AuthorAddresses } from "./addresses.ts";
import { aborted, type OpenSource } from "./source.ts";

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
  let actual = 0;
  for await (const part of open({ uri, at, size: most, atMost: true, signal })) {
    actual += part.length;
    if (actual > most) {
      throw new TrustError("upstream.size", {
        uri: uri.shown,
        actual: `${actual} or more`,
        expected: `at most ${most}`,
      });
    }
    parts.push(part);
  }
  if (actual === 0) throw new TrustError("upstream.size", { uri: uri.shown, actual, expected: "at least 1" });
  return Buffer.concat(parts);
}
