/** Authors: the images that were named and are not here are fetched in the background. */
import { readFileSync } from "node:fs";
import {
  BugError,
  explain,
  isCoded,
  type Lifecycle,
  type Logger,
  type Random,
  seconds,
  UsageError,
} from "../base/index.ts";
import type { Awaited } from "../service/commands/index.ts";
import type { NamedImage } from "../service/images/index.ts";
import { AuthorAddresses, Fetcher, type OpenSource, type Resolve } from "../upstream/index.ts";
import { stillAwaited } from "./campaign/draft.ts";
import type { Centre } from "./centre.ts";
import type { Config } from "./config/index.ts";

/** How long an author may be silent: MAX_TRANSMIT_WAIT for a CoAP block (RFC 7252 §4.8.2), less where TCP repeats. */
const COAP_PATIENCE = seconds(93);
const HTTPS_PATIENCE = seconds(30);

export interface UpstreamHooks {
  readonly resolve?: Resolve;
  /** Told of each failure, beside that it is tried again. */
  readonly onFailed?: (image: NamedImage) => void;
}

/** Throws UsageError `config.unreadable` for an authority file that is not there. */
export function openUpstream(
  { upstream, images: { maxBytes } }: Pick<Config, "upstream" | "images">,
  { random, log }: { readonly random: Random; readonly log: Logger },
  { images, ledger, network: clock }: Pick<Centre, "images" | "ledger" | "network">,
  lifecycle: Lifecycle,
  { resolve, onFailed }: UpstreamHooks = {},
): Fetcher<NamedImage> {
  const ca = upstream.ca === undefined ? undefined : readAuthorities(upstream.ca);
  // The protocols are loaded when the first author is asked: most gateways never ask one.
  const coap: OpenSource = async function* (asked) {
    const { coapSource } = await import("../upstream/coap.ts");
    yield* coapSource(clock, COAP_PATIENCE)(asked);
  };
  const https: OpenSource = async function* (asked) {
    const { httpsSource } = await import("../upstream/https.ts");
    yield* httpsSource({ ca, patience: HTTPS_PATIENCE })(asked);
  };
  const fetcher = lifecycle.add(
    new Fetcher<NamedImage>({
      images: {
        awaited: () => images.sources(),
        take: (source, named) => images.fetched(source, named, ledger),
      },
      maxBytes,
      addresses: new AuthorAddresses(upstream.allowPrivate === "on", resolve),
      sources: { coap, https },
      clock,
      random,
      log,
      ...(onFailed === undefined ? {} : { onFailed }),
    }),
  );
  const stop = ledger.onFact((fact) => {
    if (fact.type === "image.named") fetcher.named(fact.uri);
    if (fact.type === "image.removed" || (fact.type === "command.done" && fact.op === "image.add")) fetcher.removed();
  });
  lifecycle.add({ close: stop });
  fetcher.look();
  return fetcher;
}

/** How it stands with an image that commands wait for. */
export function awaitedOf(named: NamedImage, fetcher: Pick<Fetcher<NamedImage>, "failure" | "state">): Awaited {
  const { error, failures } = fetcher.failure(named.uri) ?? { error: undefined, failures: 0 };
  if (error === undefined) return { why: stillAwaited(named, fetcher.state(named.uri)), failures, isFinal: false };
  const why = isCoded(error) ? error : new BugError("service.bug", { what: explain(error) });
  return { why, failures, isFinal: isFinal(error) };
}

/** What would be the same if it was asked for again, beside bytes and authors that are not believed. */
const FINAL: ReadonlySet<string> = new Set(["upstream.refused", "image.mcuboot", "image.short-id"]);

/** An author has said no for good, or gives what is not what was named. */
export const isFinal = (error: unknown): boolean =>
  isCoded(error) && (error.blame === "trust" || FINAL.has(error.code));

function readAuthorities(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unknown reason"; // node:fs throws nothing else
    throw new UsageError("config.unreadable", { path, reason }, { cause: error });
  }
}
