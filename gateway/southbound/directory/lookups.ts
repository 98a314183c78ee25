/** RFC 9176 §6 — lookups as requests, so many at a time: each may go through the whole directory. */
import { type Clock, type Peer, UsageError } from "../../base/index.ts";
import type { Request, Response } from "../../coap/index.ts";
import { type Directory, type LookupKind, lookUp, readLookup } from "../../service/directory/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { placeOf } from "./source.ts";

/** The topic that observers of lookups hang on. */
export const LOOKUP_TOPIC = "rd-lookup";

const MOST_AT_ONCE = 16;

export class Lookups {
  readonly #directory: Directory;
  readonly #clock: Clock;
  #running = 0;

  constructor(directory: Directory, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Throws WireError `directory.parameter`, UsageError `directory.result`, `directory.full`, `resource.not-acceptable`. */
  async answer(peer: Peer, request: Request, kind: LookupKind): Promise<Response> {
    const { accept, path, query } = request;
    if (accept !== undefined && accept !== CONTENT_FORMAT.linkFormat) {
      throw new UsageError("resource.not-acceptable", { format: accept, path: path.join("/") });
    }
    const lookup = readLookup(kind, query);
    if (this.#running >= MOST_AT_ONCE) {
      throw new UsageError("directory.full", { limit: MOST_AT_ONCE, what: "lookups at once" });
    }
    this.#running += 1;
    try {
      const text = await lookUp(this.#directory, lookup, this.#clock.now(), placeOf(peer).source.link);
      const payload = new TextEncoder().encode(text);
      return { code: "2.05", contentFormat: CONTENT_FORMAT.linkFormat, payload, observable: LOOKUP_TOPIC };
    } finally {
      this.#running -= 1;
    }
  }
}
