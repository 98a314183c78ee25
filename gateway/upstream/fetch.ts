/**
 * Fetches the images that releases name from their authors: in the background, again with growing pauses after a
 * failure, and after a restart whatever is still missing. It decides nothing about trust: it asks for what is awaited and
 * hands over bytes of exactly the announced length, or no more than are taken at all.
 */
import {
  type Clock,
  type Closable,
  explain,
  hours,
  isCoded,
  type Logger,
  type Millis,
  millis,
  minutes,
  type Random,
  seconds,
  shownUri,
  type Timer,
  UsageError,
  WireError,
} from "../base/index.ts";
import { type AbsoluteUri, parseUri } from "../wire/coap/index.ts";
import type { AuthorAddresses } from "./addresses.ts";
import { fetchSmall } from "./small.ts";
import { aborted, atMost, exactly, type OpenSource } from "./source.ts";

export interface Awaited {
  /** In its normal form. */
  readonly uri: string;
  /** What is had from one URI need not be had from another. */
  readonly digest: string;
  /** Without it, whatever comes is taken, up to the most. */
  readonly size?: number;
}

/** Where the bytes go. */
export interface AwaitedImages<A extends Awaited> {
  /** Named, and their bytes are not here. Those of one digest are asked one at a time, in this order. */
  awaited(): readonly A[];
  /** Reads the source to its end; rejects when the bytes are not what was named. */
  take(source: AsyncIterable<Uint8Array>, image: A): Promise<unknown>;
}

/** What is known about an image that is not here. */
export type FetchState =
  | { readonly state: "awaited" }
  | { readonly state: "fetching"; readonly received: number }
  | {
      readonly state: "failed";
      readonly code: string;
      readonly reason: string;
      readonly failures: number;
      readonly again: Millis;
    };

export interface FetcherOptions<A extends Awaited> {
  readonly images: AwaitedImages<A>;
  /** The largest image that is taken. */
  readonly maxBytes: number;
  readonly addresses: AuthorAddresses;
  readonly sources: Readonly<Record<"coap" | "https", OpenSource>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told of each failure, which `failure` gives by then; it is tried again all the same. */
  readonly onFailed?: (image: A) => void;
}

const AT_ONCE = 2;
const FIRST_PAUSE = seconds(10);
const LONGEST_PAUSE = hours(1);
/** A download may take this long, and its bytes at this rate. */
const ALLOWANCE = minutes(2);
const SLOWEST_BYTES_PER_SECOND = 256;

interface Failure {
  readonly digest: string;
  readonly failures: number;
  readonly error: unknown;
  readonly shown: FetchState;
  readonly timer: Timer;
  /** The pause is over. */
  due: boolean;
}

interface Running {
  readonly digest: string;
  received: number;
  /** Aborted when nobody wants it any more. */
  readonly unwanted: AbortController;
}

/** In bytes. RFC 7252 §5.10.2: a Proxy-Uri has at most 1034; it is a key in the state store too, which has at most 1024. */
const LONGEST_URI = 1000;

/** Whether a URI is one that can be fetched from. Throws UsageError `upstream.uri`. */
export function authorUri(given: string): AbsoluteUri {
  const uri = parseUri(given);
  const wrong = (what: string): UsageError => new UsageError("upstream.uri", { uri: shownUri(given), what });
  if (uri === undefined) throw wrong("it is not an absolute URI with a host, without user and fragment");
  if (uri.scheme !== "coap" && uri.scheme !== "https") throw wrong(`the scheme ${uri.scheme} is not spoken`);
  if (uri.text.length > LONGEST_URI) throw wrong(`it is longer than ${LONGEST_URI} bytes`); // ASCII, in its normal form
  // RFC 7252 §6.4: segments and arguments are UTF-8 in their options, and none is longer than 255 bytes.
  const parts = [uri.host, ...uri.path.slice(1).split("/"), ...(uri.query ?? "").split("&")];
  if (parts.some((part) => !isOptionText(part))) throw wrong("a part of it is not UTF-8, or longer than 255 bytes");
  return uri;
}

function isOptionText(part: string): boolean {
  try {
    return Buffer.byteLength(decodeURIComponent(part)) <= 255;
  } catch {
    return false;
  }
}

export class Fetcher<A extends Awaited = Awaited> implements Closable {
  readonly #options: FetcherOptions<A>;
  readonly #running = new Map<string, Running>();
  readonly #failed = new Map<string, Failure>();
  readonly #closing = new AbortController();
  readonly #work = new Set<Promise<void>>();

  constructor(options: FetcherOptions<A>) {
    this.#options = options;
  }

  /** Something was named: what failed before was perhaps another image, or the author has put it right. */
  named(uri: string): void {
    this.#failed.get(uri)?.timer.cancel();
    this.#failed.delete(uri);
    this.look();
  }

  /** Something that was named was removed: what is no longer awaited is left alone. */
  removed(): void {
    const wanted = new Set(this.#options.images.awaited().map(({ uri }) => uri));
    for (const [uri, { timer }] of this.#failed) {
      if (wanted.has(uri)) continue;
      timer.cancel();
      this.#failed.delete(uri);
    }
    for (const [uri, { unwanted }] of this.#running) if (!wanted.has(uri)) unwanted.abort();
    this.look();
  }

  /** Starts what is awaited and may start now. */
  look(): void {
    for (const image of this.#options.images.awaited()) {
      if (this.#running.size >= AT_ONCE || this.#closing.signal.aborted) return;
      if (this.#running.has(image.uri) || this.#fetching(image.digest) !== undefined) continue;
      if (this.#failed.get(image.uri)?.due === false) continue;
      this.#start(image);
    }
  }

  /** Whether anybody may be asked there at all. Throws `upstream.*`. */
  async check(given: string): Promise<void> {
    await this.#options.addresses.of(authorUri(given).host);
  }

  /** The whole of a small file, now; see small.ts. */
  small(uri: string, most: number, signal: AbortSignal): Promise<Uint8Array> {
    return fetchSmall(authorUri(uri), most, this.#options, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Of an image that is awaited: by another of its URIs it may be on its way after this one has failed. */
  state(uri: string): FetchState {
    const failed = this.#failed.get(uri);
    const running = this.#running.get(uri) ?? (failed && this.#fetching(failed.digest));
    if (running !== undefined) return { state: "fetching", received: running.received };
    return failed?.shown ?? { state: "awaited" };
  }

  #fetching(digest: string): Running | undefined {
    for (const running of this.#running.values()) if (running.digest === digest) return running;
    return undefined;
  }

  /** Why it could not be had the last time, and how often, since it was named. */
  failure(uri: string): Pick<Failure, "error" | "failures"> | undefined {
    return this.#failed.get(uri);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const { timer } of this.#failed.values()) timer.cancel();
    await Promise.all(this.#work);
  }

  #start(image: A): void {
    const running: Running = { digest: image.digest, received: 0, unwanted: new AbortController() };
    this.#running.set(image.uri, running);
    const work = this.#fetch(image, running)
      .then(
        () => this.#done(image, running.received),
        (error: unknown) => {
          if (running.unwanted.signal.aborted) return;
          this.#pause(image, error);
          if (!this.#closing.signal.aborted) this.#options.onFailed?.(image);
        },
      )
      .then(() => {
        this.#running.delete(image.uri);
        this.#work.delete(work);
        this.look();
      });
    this.#work.add(work);
  }

  async #fetch(image: A, running: Running): Promise<void> {
    const { images, addresses, sources, maxBytes } = this.#options;
    const uri = authorUri(image.uri);
    const { size } = image;
    const late = this.#lateness(uri, () => size ?? running.received);
    const signal = AbortSignal.any([this.#closing.signal, late.signal, running.unwanted.signal]);
    try {
      const at = await Promise.race([addresses.of(uri.host), aborted(signal)]); // a resolver may be silent for minutes
      const open = sources[uri.scheme === "https" ? "https" : "coap"];
      const source =
        size === undefined ? open({ uri, at, size: maxBytes, atMost: true, signal }) : open({ uri, at, size, signal });
      const count = (received: number): void => {
        running.received = received;
      };
      const bytes = size === undefined ? atMost(source, uri, maxBytes, count) : exactly(source, uri, size, count);
      await images.take(bytes, image);
    } catch (error) {
      throw late.signal.aborted ? late.signal.reason : error; // node:https has a reason of its own for an end
    } finally {
      late.cancel();
    }
  }

  /** Aborts when so many bytes should have come by now; what has come gives the rest more time, where nobody knows how much it is. */
  #lateness({ shown: uri }: AbsoluteUri, bytes: () => number): Timer & { readonly signal: AbortSignal } {
    const { clock } = this.#options;
    const control = new AbortController();
    const began = clock.now();
    let timer: Timer;
    const look = (): void => {
      const most = ALLOWANCE + (1000 * bytes()) / SLOWEST_BYTES_PER_SECOND;
      const left = began + most - clock.now();
      if (left > 0) timer = clock.after(millis(left), look);
      else control.abort(new WireError("upstream.slow", { uri, seconds: Math.round(most / 1000) }));
    };
    look();
    return { signal: control.signal, cancel: () => timer.cancel() };
  }

  #done({ uri }: A, bytes: number): void {
    this.#failed.delete(uri);
    this.#options.log.info("upstream.fetched", { uri: shownUri(uri), bytes });
  }

  /** Doubles with each failure, a little spread, so that many gateways do not come back to an author at once. */
  #pause({ uri, digest }: A, error: unknown): void {
    const { clock, random, log } = this.#options;
    if (this.#closing.signal.aborted) return;
    const failures = (this.#failed.get(uri)?.failures ?? 0) + 1;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
    const pause = millis(Math.round(longest * (1 - random.next() / 4)));
    const code = isCoded(error) ? error.code : "service.bug";
    const reason = explain(error);
    log.warn("upstream.failed", { uri: shownUri(uri), code, reason, failures, pause });
    const shown: FetchState = { state: "failed", code, reason, failures, again: millis(clock.now() + pause) };
    const timer = clock.after(pause, () => {
      failure.due = true;
      this.look();
    });
    const failure: Failure = { digest, failures, error, shown, timer, due: false };
    this.#failed.set(uri, failure);
  }
}
