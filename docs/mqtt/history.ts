/**
 * A complete, ordered history out of what MQTT delivers: duplicates, replays and gaps (docs/mqtt.md, "What a consumer must do").
 * One for each `event` topic, and one for each `push` topic. It does no I/O; subscriber.ts shows it at work.
 */

/** The numbers of an event, or of a push (there in its `sidgate-mqtt:meta`). */
export interface Numbers {
  readonly seq: string;
  readonly "prev-seq": string;
  readonly epoch: number;
  readonly type?: string;
}

export interface Position {
  readonly epoch: number;
  readonly seq: bigint;
}

export type Step<M> =
  | { readonly message: M }
  /** No longer to be had: at least one message in this range. */
  | { readonly lost: Range };

/** What to ask for: the arguments of `cmd/replay`. */
export interface Range {
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
}

interface Gone {
  readonly epoch: number;
  readonly after: bigint;
  readonly upTo: bigint;
}

interface Held<M> extends Position {
  readonly prev: bigint;
  readonly message: M;
}

export class History<M> {
  /** Up to here all was given out, in order. */
  #position: Position | undefined;
  /** What came too early, in order. */
  readonly #ahead: Held<M>[] = [];
  /** What is not to be had any more, from after one number up to another. */
  #gone: Gone[] = [];

  /** Without a position it starts with the first message that comes. */
  constructor(position?: Position) {
    this.#position = position;
  }

  /** To be kept for the next start. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** What can be given out now that this message is here; nothing when it was here before. */
  take(numbers: Numbers, message: M): readonly Step<M>[] {
    const { epoch } = numbers;
    const seq = BigInt(numbers.seq);
    const before = BigInt(numbers["prev-seq"]);
    const isOverflow = numbers.type === "journal.overflow";
    // An overflow stands for messages that the site had to drop: all below it, as far as they were not seen.
    const held = { epoch, seq, prev: isOverflow ? seq - 1n : before, message };
    this.#position ??= { epoch, seq: before };
    if (compare(held, this.#position) <= 0) return [];
    const index = this.#indexOf(held);
    const there = this.#ahead[index];
    if (there === undefined || compare(there, held) !== 0) this.#ahead.splice(index, 0, held);
    if (isOverflow) this.#gone.push({ epoch, after: before, upTo: seq });
    return this.#advance();
  }

  /** What is missing, as what came after it shows. */
  gap(): Range | undefined {
    const [next] = this.#ahead;
    // Up to the last that is here, since a `journal.overflow` for the gap may have any number up to it.
    const last = this.#ahead.findLast(({ epoch }) => epoch === next?.epoch);
    return last === undefined ? undefined : this.#missing(last);
  }

  /** What may be missing, as a `status` or `birth` with this number shows: the broker may have forgotten the last messages. */
  behind(epoch: number, nextSeq: string): Range | undefined {
    const last = { epoch, seq: BigInt(nextSeq) - 1n };
    if (this.#position === undefined || compare(last, this.#position) <= 0) return undefined;
    return this.#missing(last);
  }

  /** A replay failed, since only messages from `oldest` on of this `epoch` are kept. */
  notKept(epoch: number, oldest: string): readonly Step<M>[] {
    const current = this.#position?.epoch;
    // Of an epoch that is over nothing is kept at all.
    if (current !== undefined && current < epoch) this.#gone.push({ epoch: current, after: 0n, upTo: NUMBERS_END });
    this.#gone.push({ epoch, after: 0n, upTo: BigInt(oldest) - 1n });
    return this.#advance();
  }

  #missing({ epoch, seq }: Position): Range | undefined {
    const from = this.#reach(epoch) + 1n;
    return from > seq ? undefined : { epoch, from: String(from), to: String(seq) };
  }

  #lastOf(epoch: number): bigint {
    return this.#position?.epoch === epoch ? this.#position.seq : 0n;
  }

  /** Up to here nothing is missing that could still be had. */
  #reach(epoch: number): bigint {
    let reach = this.#lastOf(epoch);
    for (let more = true; more; ) {
      const next = this.#gone.find((gone) => gone.epoch === epoch && gone.after <= reach && gone.upTo > reach);
      more = next !== undefined;
      reach = next?.upTo ?? reach;
    }
    return reach;
  }

  /** As long as the next message follows what was given out, or what is missing between will not come. */
  #advance(): readonly Step<M>[] {
    const steps: Step<M>[] = [];
    for (let next = this.#ahead[0]; next !== undefined; next = this.#ahead[0]) {
      const { epoch, seq, prev, message } = next;
      const last = this.#lastOf(epoch);
      if (prev > this.#reach(epoch)) break;
      if (prev > last) steps.push({ lost: { epoch, from: String(last + 1n), to: String(prev) } });
      steps.push({ message });
      this.#position = { epoch, seq };
      this.#ahead.shift();
    }
    const { epoch, seq } = this.#position ?? { epoch: 0, seq: 0n };
    this.#gone = this.#gone.filter((gone) => gone.epoch > epoch || (gone.epoch === epoch && gone.upTo > seq));
    return steps;
  }

  /** Where it belongs among those that came too early. */
  #indexOf(place: Position): number {
    let low = 0;
    let high = this.#ahead.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#ahead[middle];
      if (there !== undefined && compare(there, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers have 64 bits. */
const NUMBERS_END = 2n ** 64n;

const compare = (a: Position, b: Position): number =>
  a.epoch !== b.epoch ? a.epoch - b.epoch : a.seq === b.seq ? 0 : a.seq < b.seq ? -1 : 1;
