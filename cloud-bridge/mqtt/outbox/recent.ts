/**
 * The journal messages that were rendered last, in memory: a bridge that keeps up with its journal sends each of them
 * without reading it back from the store.
 */
import { type Message, type Place, placeOf } from "./message.ts";

const MAX_MESSAGES = 2000;
const MAX_BYTES = 2 * 1024 * 1024;

export class Recent {
  #messages: Message[] = [];
  #bytes = 0;
  /** Nothing between here and the first of the messages is missing. */
  #since = 0 as Place;

  /** Forgets all; what comes from now on follows `place`. */
  begin(place: Place): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#since = place;
  }

  add(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#messages.push(message);
      this.#bytes += message.payload.length;
    }
    let surplus = 0;
    while (this.#messages.length - surplus > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      const gone = this.#messages[surplus];
      if (gone === undefined) break;
      surplus += 1;
      this.#bytes -= gone.payload.length;
      this.#since = placeOf(gone);
    }
    if (surplus > 0) this.#messages = this.#messages.slice(surplus);
  }

  /** The messages that follow `place`; undefined = not all of those are here. */
  after(place: Place, limit: number): readonly Message[] | undefined {
    if (place < this.#since) return undefined;
    let low = 0;
    for (let high = this.#messages.length; low < high; ) {
      const middle = (low + high) >>> 1;
      const message = this.#messages[middle];
      if (message !== undefined && placeOf(message) <= place) low = middle + 1;
      else high = middle;
    }
    return this.#messages.slice(low, low + limit);
  }
}
