/**
 * The pace of a trial: as fast as its nodes keep up. How late they are is measured, and time of the nodes and of the gateway is
 * slowed together, so that silence is counted against what this machine really does. A node that sleeps can never be counted as
 * silent because a processor was busy.
 */
import { type Closable, type Millis, millis } from "../../base/index.ts";
import type { NodeView } from "../../sim/index.ts";
import type { Pace, PacedClock } from "../clock/index.ts";

/** How late nodes are, in wake intervals: the latest one, and the one that nine of ten are not behind. */
export interface Lateness {
  readonly worst: number;
  readonly most: number;
}

/** Share of the full speed between two marks: all of it up to the first, and from the second on no more than `least`. */
interface Slope {
  readonly from: number;
  readonly to: number;
  readonly least: number;
}

/** A campaign counts a node as silent after two and a half intervals or more (docs/check-in.md). */
const WORST: Slope = { from: 0.75, to: 1.75, least: 0 };
/** Half an interval late is a missed wake: a fleet shows few of them where the processor is what it waits for. */
const MOST: Slope = { from: 0.1, to: 0.45, least: 0.1 };
/** Real time. */
const TOLD_EVERY_MS = 50;
/** Real time that the clocks may go on without being told. */
const ALLOWED_MS = 150;

const share = (late: number, { from, to, least }: Slope): number =>
  Math.min(1, Math.max(least, (to - late) / (to - from)));

/** Never less than real time, or a node that waits for the network's own timers would wait for ever. */
export const rateFor = ({ worst, most }: Lateness, fastest: number): number =>
  Math.max(1, fastest * Math.min(share(worst, WORST), share(most, MOST)));

/** What a node was seen to have done last, and when. */
interface Sign {
  readonly done: number;
  readonly at: Millis;
}

/**
 * Looks at nodes again and again. One that is awake is late when it was not answered for longer than an interval; one that
 * sleeps only when it should have woken: before that, nobody has to wait for it.
 */
export class LatenessGauge {
  readonly #interval: Millis;
  readonly #signs = new Map<string, Sign>();

  constructor(interval: Millis) {
    this.#interval = interval;
  }

  look(nodes: readonly NodeView[], now: Millis): Lateness {
    const late = nodes
      .filter(({ state }) => state !== "silent")
      .map((node) => Math.max(0, this.#late(node, now)) / this.#interval)
      .sort((a, b) => a - b);
    return { worst: late.at(-1) ?? 0, most: late[Math.floor(late.length * 0.9)] ?? 0 };
  }

  #late(node: NodeView, now: Millis): number {
    const answered = this.#answered(node, now);
    return node.nextWake === undefined ? now - answered - this.#interval : now - node.nextWake;
  }

  #answered({ endpoint, reports, blocks }: NodeView, now: Millis): Millis {
    const done = reports * 1e6 + blocks.got;
    const before = this.#signs.get(endpoint);
    if (before?.done === done) return before.at;
    this.#signs.set(endpoint, { done, at: now });
    return now;
  }
}

export interface PacerOptions {
  readonly clock: PacedClock;
  readonly fastest: number;
  readonly wakeInterval: Millis;
  readonly tell: (pace: Pace) => void;
}

export class Pacer implements Closable {
  readonly #options: PacerOptions;
  readonly #gauge: LatenessGauge;
  readonly #timer: NodeJS.Timeout;
  #nodes: () => readonly NodeView[] = () => [];

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#gauge = new LatenessGauge(options.wakeInterval);
    this.#timer = setInterval(() => this.#look(), TOLD_EVERY_MS);
    this.#look();
  }

  /** From now on it is these that have to keep up. */
  watch(nodes: () => readonly NodeView[]): void {
    this.#nodes = nodes;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { clock, fastest, tell } = this.#options;
    const now = clock.now();
    const rate = rateFor(this.#gauge.look(this.#nodes(), now), fastest);
    const pace: Pace = { now, rate, until: millis(now + rate * ALLOWED_MS) };
    clock.pace(pace);
    tell(pace);
  }
}
