/** What a protocol gives the fetcher: the bytes of an author's image, as they come. */
import { TrustError } from "../base/index.ts";
import type { AbsoluteUri } from "../wire/coap/index.ts";
import type { Address } from "./addresses.ts";

export interface Asked {
  readonly uri: AbsoluteUri;
  /** Where the host was found; nobody else is asked. */
  readonly at: Address;
  /** As announced. */
  readonly size: number;
  /** Then nothing was announced, and `size` is the most that is taken. */
  readonly atMost?: true;
  /** Ends the fetch: whatever is open is closed, and the source throws. */
  readonly signal: AbortSignal;
}

/** Throws `upstream.*`; ends its connection when it is left early. */
export type OpenSource = (asked: Asked) => AsyncIterable<Uint8Array>;

/** Never fulfilled. */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const refuse = (): void => reject(signal.reason);
    if (signal.aborted) refuse();
    else signal.addEventListener("abort", refuse, { once: true });
  });

/** The bytes as announced: no byte more is passed on, none less is taken for all. Throws TrustError `upstream.size`. */
export async function* exactly(
  source: AsyncIterable<Uint8Array>,
  { shown: uri }: AbsoluteUri,
  expected: number,
  onBytes: (received: number) => void,
): AsyncGenerator<Uint8Array> {
  let actual = 0;
  for await (const part of source) {
    actual += part.length;
    if (actual > expected) throw new TrustError("upstream.size", { uri, actual: `${actual} or more`, expected });
    onBytes(actual);
    yield part;
  }
  if (actual < expected) throw new TrustError("upstream.size", { uri, actual, expected });
}

/** Of unknown length: no byte more than `most` is passed on, and nothing at all is no file. Throws TrustError `upstream.size`. */
export async function* atMost(
  source: AsyncIterable<Uint8Array>,
  { shown: uri }: AbsoluteUri,
  most: number,
  onBytes: (received: number) => void,
): AsyncGenerator<Uint8Array> {
  let actual = 0;
  for await (const part of source) {
    actual += part.length;
    if (actual > most)
      throw new TrustError("upstream.size", { uri, actual: `${actual} or more`, expected: `at most ${most}` });
    onBytes(actual);
    yield part;
  }
  if (actual === 0) throw new TrustError("upstream.size", { uri, actual, expected: "at least 1" });
}
