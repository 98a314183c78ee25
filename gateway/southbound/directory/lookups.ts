/** RFC 9176 §6 — lookups as requests, a few at a time: each may go through the whole directory. */
import { type Clock, type Peer, UsageError } from "../../base/index.ts";
import type { Request, Response } from "../../coap/index.ts";
import { type Directory, type Lookup, type LookupKind, lookUp, readLookup } from "../../service/directory/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { placeOf } from "./source.ts";

/** The topic that observers of lookups hang on. */
export const LOOKUP_TOPIC = "rd-lookup";

const AT_ONCE = 4;
const MOST_WAITING = 256;

/** A question that nobody has begun to answer yet. */
interface Waiting {
  begin(): void;
  readonly answer: Promise<string>;
}

export class Lookups {
  readonly #directory: Directory;
  readonly #clock: Clock;
  #running = 0;
  /** By what they ask. A change makes all observers ask again at one moment: those who ask the same share the answer. */
  readonly #waiting = new Map<string, Waiting>();

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
    const text = await this.#find(readLookup(kind, query), placeOf(peer).source.link);
    const payload = new TextEncoder().encode(text);
    return { code: "2.05", contentFormat: CONTENT_FORMAT.linkFormat, payload, observable: LOOKUP_TOPIC };
  }

  #find(lookup: Lookup, link: string | undefined): Promise<string> {
    if (this.#running < AT_ONCE) return this.#run(lookup, link);
    const question = JSON.stringify([lookup, link]);
    const asked = this.#waiting.get(question);
    if (asked !== undefined) return asked.answer;
    if (this.#waiting.size >= MOST_WAITING) {
      throw new UsageError("directory.full", { limit: MOST_WAITING, what: "lookups that wait" });
    }
    let begin = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const answer = turn.then(() => this.#run(lookup, link));
    this.#waiting.set(question, { begin, answer });
    return answer;
  }

  async #run(lookup: Lookup, link: string | undefined): Promise<string> {
    this.#running += 1;
    try {
      return await lookUp(this.#directory, lookup, this.#clock.now(), link);
    } finally {
      this.#running -= 1;
      const [next] = this.#waiting;
      if (next !== undefined) {
        this.#waiting.delete(next[0]);
        next[1].begin();
      }
    }
  }
}
