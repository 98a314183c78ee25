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

/** What a `status`, a `birth` or the answer to a replay says of what there is. */
export interface Said {
  /** Of an answer. */
  readonly status?: string;
  readonly code?: string | number;
  readonly epoch?: number;
  /** Number that the next fact will have. */
  readonly "next-seq"?: string;
  /** A replay failed, since only messages from this number on are kept. */
  readonly "oldest-seq"?: string;
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

/** How long an answer to a replay is waited for: each time twice as long, as nobody may be there to give one. */
const PATIENCE_MS = 5_000;
const MOST_PATIENCE_MS = 80_000;

export class History<M> {
  /** Up to here all was given out, in order. */
  #position: Position | undefined;
  /** Up to here there may be more than what came shows. */
  #end: Position | undefined;
  /** The end that was asked for last, if it was no gap. */
  #asked: Position | undefined;
  #askAt = 0;
  #patience = PATIENCE_MS;
  /** What came too early, in order. */
  readonly #ahead: Held<M>[] = [];
  /** What is not to be had any more, from after one number up to another. */
  #gone: Gone[] = [];

  /** Without a position it starts with the first message that comes; with the one of a former start, after that. */
  constructor(position?: Position) {
    this.#position = position;
    this.forgotten(); // what had come too early for the former one, nobody has
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

  /** What is said beside the messages; with what can be given out since something will not come any more. */
  learn({ status, code, epoch, "next-seq": next, "oldest-seq": oldest }: Said): readonly Step<M>[] {
    this.#patience = PATIENCE_MS;
    // Not every number is a message, so there may be nothing up to an end; what is refused (below 409) would be so again.
    if (this.#asked === this.#end && (status === "completed" || Number(code) < 409)) this.#end = undefined;
    if (epoch === undefined) return [];
    if (next !== undefined) this.#reaches({ epoch, seq: BigInt(next) - 1n });
    if (oldest === undefined) return [];
    const steps = this.notKept(epoch, oldest);
    if (this.#ahead.length === 0) this.#reaches({ epoch, seq: LAST });
    this.#askAt = 0; // for what is kept, at once
    return steps;
  }

  /** The broker has forgotten us: what it gave out meanwhile nothing shows. */
  forgotten(): void {
    if (this.#position !== undefined) this.#reaches({ epoch: this.#position.epoch, seq: LAST });
    this.#askAt = 0;
  }

  /** What to ask for at this time, if anything: a gap until it is closed, an end until it is answered. */
  ask(nowMs: number): Range | undefined {
    if (nowMs < this.#askAt) return undefined;
    const gap = this.gap();
    const range = gap ?? (this.#end && this.behind(this.#end.epoch, String(this.#end.seq + 1n)));
    if (range === undefined) return undefined;
    this.#asked = gap === undefined ? this.#end : undefined;
    this.#askAt = nowMs + this.#patience;
    this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE_MS);
    return range;
  }

  #reaches(end: Position): void {
    if (this.#end === undefined || compare(end, this.#end) > 0) this.#end = end;
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

/** The last that a replay can be asked for: as far as there is anything. */
const LAST = 2n ** 53n - 1n;
/** Numbers have 64 bits. */
const NUMBERS_END = 2n ** 64n;

const compare = (a: Position, b: Position): number =>
  a.epoch !== b.epoch ? a.epoch - b.epoch : a.seq === b.seq ? 0 : a.seq < b.seq ? -1 : 1;

/** By site. */
export type Histories<M> = Map<string, History<M>>;

/** Where lines of JSON end that tell a site and a step each, in the order in which they were given out. */
export function historiesAfter<M extends Numbers>(lines: string): Histories<M> {
  const sites: Histories<M> = new Map();
  for (const line of lines.split("\n")) {
    if (line === "") continue;
    const { site, ...step }: { site: string } & Step<M> = JSON.parse(line);
    const { epoch, seq } = "lost" in step ? { epoch: step.lost.epoch, seq: step.lost.to } : step.message;
    sites.set(site, new History({ epoch, seq: BigInt(seq) }));
  }
  return sites;
}
