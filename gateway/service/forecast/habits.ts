/**
 * What earlier downloads showed of each node: bytes per wake, wakes until the new image is heard, block size and block loss.
 * A fold of the campaigns' facts but for the blocks, which no fact tells: those are hints, as old as the last checkpoint
 * after a crash. One record of numbers per node that ever fetched an image; it goes with its node.
 */
import type { NodeId } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  PHASE_COUNTED,
  type Phase,
  type Projection,
  type StateChange,
  type StateStore,
} from "../../store/index.ts";

export interface Habit {
  /** Bytes that a whole wake brings, with their mean deviation; 0 = no whole wake was seen. */
  readonly perWake: number;
  readonly deviation: number;
  readonly observed: number;
  /** Wakes from the last block to the first word of the new image; 0 = not seen. */
  readonly install: number;
  /** Attempts that went well, and that did not. */
  readonly done: number;
  readonly failed: number;
  /** Bytes of a block; 0 = none was served yet. */
  readonly blockSize: number;
  /** Blocks served, and those among them that were the one before over again. */
  readonly served: number;
  readonly repeated: number;
}
type Kept = { -readonly [Member in keyof Habit]: Habit[Member] };

/** A download or an installation that is under way. */
interface Track {
  readonly campaign: string;
  isFetching: boolean;
  received: number;
  /** Check-ins since the last report of progress; the one that told it is recorded after it. */
  reports: number;
}

const TABLE = "habit";
/** As RFC 6298 §2.3 weighs one more round trip; at first a plain mean. */
const GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Then both counts are halved: last year's radio is not this year's. */
const MOST_SERVED = 4096;

export class Habits implements Projection {
  readonly name = "habits";
  readonly #habits = new Map<NodeId, Kept>();
  readonly #tracks = new Map<NodeId, Track>();
  /** Where the last block of each node ended; only of nodes that fetch. */
  readonly #ends = new Map<NodeId, number>();
  readonly #dirty = new Set<NodeId>();

  of(node: NodeId): Habit | undefined {
    return this.#habits.get(node);
  }

  /** A block left for this node: on the quick path, so a few numbers and nothing more. */
  served(node: NodeId, offset: number, length: number): void {
    if (!this.#tracks.has(node)) return;
    const end = offset + length;
    const habit = this.#kept(node);
    habit.served += 1;
    // Asked for again although it was sent: it, or its predecessor's answer, was lost on the way.
    if (this.#ends.get(node) === end) habit.repeated += 1;
    if (offset === 0) habit.blockSize = length;
    if (habit.served >= MOST_SERVED) {
      habit.served /= 2;
      habit.repeated = Math.floor(habit.repeated / 2);
    }
    this.#ends.set(node, end);
  }

  async load(state: StateStore): Promise<void> {
    for (const [node, bytes] of await state.entries(TABLE)) {
      this.#habits.set(node as NodeId, restored(decodePlain(bytes) as readonly number[]));
    }
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "node.reported": {
        const track = this.#tracks.get(fact.node);
        if (track !== undefined) track.reports += 1;
        return;
      }
      case "ota.phase":
        this.#moved(fact);
        return;
      case "node.removed":
      case "node.replaced":
        this.#forget(fact.node);
        if (this.#habits.delete(fact.node)) this.#dirty.add(fact.node);
        return;
      default:
        return;
    }
  }

  #moved({ node, campaign, from, to, received = 0 }: Extract<Fact, { type: "ota.phase" }>): void {
    if (from === to && to !== "downloading") return; // it fell silent, or spoke again
    const known = this.#tracks.get(node);
    const track = known?.campaign === campaign ? known : undefined;
    const head = PHASE_COUNTED[to];
    if (to === "offered") {
      this.#tracks.set(node, { campaign, isFetching: true, received: 0, reports: 0 });
    } else if (head === "done" || head === "failed") {
      this.#ended(node, track, head === "done");
    } else if (head !== "active") {
      this.#forget(node);
    } else if (track !== undefined) {
      this.#worked(node, track, { from, to, received });
    }
  }

  #worked(node: NodeId, track: Track, { from, to, received }: Moved): void {
    const bytes = received - track.received;
    if (to === "downloading") {
      if (bytes > 0) learn(this.#kept(node), bytes / (track.reports + 1));
    } else if (track.isFetching) {
      // The last wake is not a whole one: it says no more than what it brought at least.
      const habit = this.#kept(node);
      if (bytes > habit.perWake) learn(habit, bytes);
    } else if (isHeld(from)) {
      track.reports = 0; // in the wake before this one it was told that it may
      return;
    } else if (!isHeld(to)) {
      return; // it goes on to install
    }
    track.isFetching = to === "downloading";
    track.received = received;
    track.reports = -1;
  }

  #ended(node: NodeId, track: Track | undefined, well: boolean): void {
    const habit = this.#kept(node);
    if (well) habit.done += 1;
    else habit.failed += 1;
    if (well && track !== undefined && !track.isFetching) {
      const wakes = track.reports + 1;
      habit.install = habit.install === 0 ? wakes : habit.install + (wakes - habit.install) * DEVIATION_GAIN;
    }
    this.#forget(node);
  }

  #forget(node: NodeId): void {
    this.#tracks.delete(node);
    this.#ends.delete(node);
  }

  #kept(node: NodeId): Kept {
    this.#dirty.add(node);
    const known = this.#habits.get(node);
    if (known !== undefined) return known;
    const begun = restored([]);
    this.#habits.set(node, begun);
    return begun;
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const node of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(node);
      const habit = this.#habits.get(node);
      changes.push({ table: TABLE, key: node, value: habit && encodePlain(stored(habit)) });
    }
    return changes;
  }
}

type Moved = Required<Pick<Extract<Fact, { type: "ota.phase" }>, "from" | "to" | "received">>;

/** It has the image and waits for its window. */
const isHeld = (phase: Phase): boolean => phase === "ready" || phase === "waiting-window";

function learn(habit: Kept, bytes: number): void {
  const share = 1 / (habit.observed + 1);
  const error = bytes - habit.perWake;
  habit.perWake += Math.max(GAIN, share) * error;
  const apart = habit.observed === 0 ? 0 : Math.abs(error);
  habit.deviation += Math.max(DEVIATION_GAIN, share) * (apart - habit.deviation);
  habit.observed += 1;
}

/** By position, as it is kept on disk. */
const stored = (habit: Habit): readonly number[] => [
  habit.perWake,
  habit.deviation,
  habit.observed,
  habit.install,
  habit.done,
  habit.failed,
  habit.blockSize,
  habit.served,
  habit.repeated,
];

function restored(numbers: readonly number[]): Kept {
  const [perWake = 0, deviation = 0, observed = 0, install = 0, done = 0, failed = 0] = numbers;
  const [blockSize = 0, served = 0, repeated = 0] = numbers.slice(6);
  return { perWake, deviation, observed, install, done, failed, blockSize, served, repeated };
}

/**
 * Share of the exchanges that get lost. What the gateway sees are blocks asked for again, whose answers were lost; requests are
 * taken to get lost as often.
 */
export function lossOf({ served, repeated }: Pick<Habit, "served" | "repeated">): number {
  const oneWay = served === 0 ? 0 : repeated / served;
  return 1 - (1 - oneWay) ** 2;
}
