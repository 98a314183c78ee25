/**
 * docs/mqtt.md, "Gaps" — what consumers asked for again: one replay after the other, each in order, a page at a time, across
 * connections. They share the window with what is new.
 */
import { StoreError } from "../../../gateway/base/index.ts";
import { type Message, placeOf } from "../outbox/message.ts";

const PAGE = 100;
const MAX_REPLAYS = 8;

export interface Replayed {
  readonly messages: number;
  /** The broker would not have these, e.g. since they are too large for it. */
  readonly leftOut: number;
}

interface Replay {
  readonly messages: AsyncIterator<Message>;
  readonly resolve: (replayed: Replayed) => void;
  readonly reject: (error: unknown) => void;
  ready: Message[];
  /** On their way, oldest first. */
  readonly flying: Set<Message>;
  read: boolean;
  taken: number;
  leftOut: number;
}

export class Replays {
  readonly #replays: Replay[] = [];
  #reading = false;

  /** Resolves with the numbers of messages once the broker has all of them. Throws StoreError command.crowded. */
  add(messages: AsyncIterable<Message>): Promise<Replayed> {
    if (this.#replays.length >= MAX_REPLAYS) {
      return Promise.reject(new StoreError("command.crowded", { count: this.#replays.length }));
    }
    return new Promise((resolve, reject) => {
      const iterator = messages[Symbol.asyncIterator]();
      this.#replays.push({
        messages: iterator,
        resolve,
        reject,
        ready: [],
        flying: new Set(),
        read: false,
        taken: 0,
        leftOut: 0,
      });
    });
  }

  get active(): boolean {
    return this.#replays.length > 0;
  }

  next(): Message | undefined {
    const [replay] = this.#replays;
    const message = replay?.ready.shift();
    if (message !== undefined) replay?.flying.add(message);
    return message;
  }

  /** The broker has it, or refuses it for good. */
  acked(message: Message, taken: boolean): void {
    const [replay] = this.#replays;
    if (replay?.flying.delete(message) !== true) return;
    replay[taken ? "taken" : "leftOut"] += 1;
    this.#endOf(replay);
  }

  /** The line is gone: what was on its way goes again. */
  rewind(): void {
    const [replay] = this.#replays;
    if (replay === undefined) return;
    replay.ready = [...replay.flying, ...replay.ready].sort((a, b) => placeOf(a) - placeOf(b));
    replay.flying.clear();
  }

  get wantsPage(): boolean {
    const [replay] = this.#replays;
    return !this.#reading && replay !== undefined && !replay.read && replay.ready.length <= PAGE / 2;
  }

  /** Reads on; false = there is nothing new to send. */
  async readPage(): Promise<boolean> {
    const [replay] = this.#replays;
    if (replay === undefined || this.#reading) return false;
    this.#reading = true;
    try {
      for (let read = 0; read < PAGE && !replay.read; read++) {
        const { done, value } = await replay.messages.next();
        if (done === true) replay.read = true;
        else replay.ready.push(value);
      }
    } catch (error) {
      this.#drop(replay);
      replay.reject(error);
    } finally {
      this.#reading = false;
    }
    this.#endOf(replay);
    return this.active;
  }

  /** Nobody sends any more. */
  close(error: StoreError): void {
    for (const { reject } of this.#replays.splice(0)) reject(error);
  }

  #endOf(replay: Replay): void {
    if (!replay.read || replay.ready.length > 0 || replay.flying.size > 0) return;
    this.#drop(replay);
    replay.resolve({ messages: replay.taken, leftOut: replay.leftOut });
  }

  #drop(replay: Replay): void {
    const at = this.#replays.indexOf(replay);
    if (at >= 0) this.#replays.splice(at, 1);
  }
}
