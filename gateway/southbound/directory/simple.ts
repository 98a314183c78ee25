/**
 * RFC 9176 §5.1 — simple registration: the node asks, its links are fetched from it, and the answer says whether that
 * went well. Nothing is recorded before the links are there.
 */
import { type Clock, isCoded, type Millis, type Peer, seconds, UsageError } from "../../base/index.ts";
import {
  type Asking,
  type Directory,
  type Registrar,
  type RegistrationParameters,
  readLinks,
} from "../../service/directory/index.ts";

/** The answer of a node to GET /.well-known/core, Accept 40. */
export interface FetchedLinks {
  /** Link format. */
  readonly links: Uint8Array;
  /** Seconds; RFC 7252 §5.10.5 says 60 when the answer does not. */
  readonly maxAge?: number;
}

/** Asks the node behind `peer`, while it is awake; rejects when it does not answer 2.05 in link format. */
export type FetchLinks = (peer: Peer) => Promise<FetchedLinks>;

export interface SimpleOptions {
  readonly registrar: Registrar;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly fetchLinks: FetchLinks;
}

const DEFAULT_MAX_AGE = 60;
/** Nodes that are asked for their links at the same time, and answers whose freshness is remembered. */
const MOST_FETCHES = 64;
const MOST_FRESH = 4096;

interface Fresh {
  readonly path: string;
  readonly until: Millis;
}

export class SimpleRegistrations {
  readonly #options: SimpleOptions;
  /** By registration and path: whoever wants the same name from elsewhere is not answered with the luck of another. */
  readonly #fetches = new Map<string, Promise<string>>();
  readonly #fresh = new Map<string, Fresh>();

  constructor(options: SimpleOptions) {
    this.#options = options;
  }

  /** Resolves to the id when the registration is durable. Throws like `Registrar.register`, and UsageError `directory.fetch`. */
  register(peer: Peer, parameters: RegistrationParameters, asking: Asking): Promise<string> {
    const id = this.#options.registrar.check(parameters, asking);
    const key = `${id} ${peer.path}`;
    const running = this.#fetches.get(key);
    if (running !== undefined) return running; // a second request while the node is being asked changes nothing
    if (this.#fetches.size >= MOST_FETCHES) {
      throw new UsageError("directory.full", { limit: MOST_FETCHES, what: "simple registrations at once" });
    }
    const fetch = this.#register(id, peer, parameters, asking).finally(() => this.#fetches.delete(key));
    this.#fetches.set(key, fetch);
    return fetch;
  }

  async #register(id: string, peer: Peer, parameters: RegistrationParameters, asking: Asking): Promise<string> {
    const links = this.#known(id, peer) ?? (await this.#fetch(id, peer));
    return this.#options.registrar.register(parameters, links, asking);
  }

  /** §5.1: the discovery resource is not asked for again while what is known of it is fresh. */
  #known(id: string, { path }: Peer): string | undefined {
    const fresh = this.#fresh.get(id);
    const now = this.#options.clock.now();
    if (fresh === undefined || fresh.path !== path || now >= fresh.until) return undefined;
    return this.#options.directory.find(id)?.links;
  }

  async #fetch(id: string, peer: Peer): Promise<string> {
    const { links, maxAge = DEFAULT_MAX_AGE } = await this.#ask(peer);
    const text = readLinks(links);
    this.#fresh.delete(id);
    this.#fresh.set(id, { path: peer.path, until: (this.#options.clock.now() + seconds(maxAge)) as Millis });
    if (this.#fresh.size > MOST_FRESH) this.#fresh.delete(this.#fresh.keys().next().value ?? id);
    return text;
  }

  async #ask(peer: Peer): Promise<FetchedLinks> {
    try {
      return await this.#options.fetchLinks(peer);
    } catch (cause) {
      if (isCoded(cause) && cause.code === "directory.fetch") throw cause;
      throw new UsageError("directory.fetch", { path: peer.path, what: "it did not answer with links" }, { cause });
    }
  }
}
