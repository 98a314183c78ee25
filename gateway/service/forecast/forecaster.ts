/** Asks the inventory what a forecast has to know: how each target sleeps, how it fetched before, over which air. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, type NodeId, type Stopwatch, systemStopwatch, UsageError } from "../../base/index.ts";
import type { Digest, Recorder } from "../../store/index.ts";
import { type NodeRecord, periodConfidence, type Reach, type Registry, trustedPeriod } from "../registry/index.ts";
import { type Foreseen, forecast } from "./forecast.ts";
import { type Habit, type Habits, lossOf } from "./habits.ts";
import type { Draft, ForecastNode } from "./situation.ts";
import { SPREAD_OF_DEVIATION, type Wakes } from "./wakes.ts";

export interface ForecasterParts {
  readonly registry: Pick<Registry, "find">;
  readonly habits: Pick<Habits, "of">;
  /** The site's, which stands still while nobody knows the time. */
  readonly clock: Clock;
  /** Of the site, for windows that name none. */
  readonly zone: string;
  readonly meshOf: (node: NodeId) => string;
  readonly sizeOf: (image: Digest) => number;
  /** What this node is to fetch of it: all, a patch, a compressed form. Without it, or undefined, the whole image. */
  readonly bytesFor?: (node: NodeRecord, image: Digest) => number | undefined;
  /** Does it say that its battery is low? */
  readonly isLow?: (node: NodeRecord) => boolean;
  readonly stopwatch?: Stopwatch;
}

/** What is assumed of a fleet that never fetched an image. */
const ASSUMED = { blockSize: 512, blocks: 64, install: 3, loss: 0 } as const;
/** A period that is not learnt yet may be wrong by this share of it (FIT in service/registry/wake-period.ts). */
const UNSURE = 0.2;
/** Blocks after which a node's own loss says more than its fleet's. */
const ENOUGH_SERVED = 32;
const SLICE = 8;

export class Forecaster {
  readonly #parts: ForecasterParts;

  constructor(parts: ForecasterParts) {
    this.#parts = parts;
  }

  /** Of a campaign before it is recorded. Throws UsageError `campaign.window`, `node.unknown`. */
  async of(draft: Draft): Promise<Foreseen> {
    const { clock, zone, stopwatch = systemStopwatch } = this.#parts;
    const start = clock.now();
    const usual = this.#usual(draft.targets);
    const size = this.#parts.sizeOf(draft.image);
    const nodes: ForecastNode[] = [];
    let since = stopwatch.elapsed();
    for (const id of draft.targets) {
      nodes.push(this.#node(id, draft.image, size, usual, start));
      if (stopwatch.elapsed() - since < SLICE) continue;
      await nextTurn();
      since = stopwatch.elapsed();
    }
    return forecast({ draft, nodes, start, zone }, { seed: start % 1_000_003, stopwatch });
  }

  /** Into the journal, beside the campaign that was just made of it. */
  record({ campaign }: Pick<Draft, "campaign">, foreseen: Foreseen, recorder: Recorder): Promise<void> {
    return recorder.record("campaign.forecast", { campaign, forecast: foreseen.forecast });
  }

  #node(id: NodeId, image: Digest, size: number, usual: Usual, start: number): ForecastNode {
    const { registry, habits, meshOf, bytesFor, isLow } = this.#parts;
    const record = registry.find(id);
    if (record === undefined) throw new UsageError("node.unknown", { node: id });
    const habit = habits.of(id);
    const own = habit !== undefined && habit.observed > 0;
    const tries = (habit?.done ?? 0) + (habit?.failed ?? 0);
    return {
      id,
      mesh: meshOf(id),
      wakes: wakesOf(record.reach, start),
      bytes: Math.max(1, bytesFor?.(record, image) ?? size),
      blockSize: habit?.blockSize || usual.blockSize,
      perWake: own ? { mean: habit.perWake, deviation: habit.deviation } : usual.perWake,
      loss: habit !== undefined && habit.served >= ENOUGH_SERVED ? lossOf(habit) : usual.loss,
      install: habit?.install || usual.install,
      failure: tries === 0 ? usual.failure : (habit!.failed + usual.failure) / (tries + 1),
      lowBattery: isLow?.(record),
    };
  }

  /** What the targets that did fetch an image have in common: the best guess for those that did not. */
  #usual(targets: readonly NodeId[]): Usual {
    const known = targets.map((id) => this.#parts.habits.of(id)).filter((habit) => habit !== undefined);
    const blockSize = middle(known.map((habit) => habit.blockSize)) ?? ASSUMED.blockSize;
    const mean = middle(known.map(({ perWake }) => perWake)) ?? ASSUMED.blocks * blockSize;
    const total = (member: keyof Habit): number => known.reduce((sum, habit) => sum + habit[member], 0);
    const [done, failed, served, repeated] = [total("done"), total("failed"), total("served"), total("repeated")];
    return {
      blockSize,
      perWake: { mean, deviation: middle(known.map(({ deviation }) => deviation)) ?? 0 },
      install: middle(known.map(({ install }) => install)) ?? ASSUMED.install,
      loss: served === 0 ? ASSUMED.loss : lossOf({ served, repeated }),
      failure: done + failed === 0 ? 0 : failed / (done + failed),
    };
  }
}

type Usual = Pick<ForecastNode, "blockSize" | "perWake" | "install" | "loss" | "failure">;

/** The median of what is known; 0 = it is not. */
function middle(values: readonly number[]): number | undefined {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** The learnt period where it is to be trusted, else what the node was told or the site's interval, and less surely. */
export function wakesOf(reach: Reach, start: number): Wakes | undefined {
  const { nextWake, interval, deviation, missedWakes } = reach;
  if (nextWake === undefined) return undefined;
  const learnt = trustedPeriod(reach);
  const every = learnt ?? interval;
  const mean = learnt === undefined ? (1 - periodConfidence(reach)) * UNSURE * every : deviation;
  // A node that stays awake, or is only late, comes soon.
  const due = missedWakes > 0 ? nextWake + missedWakes * every : Math.max(start, nextWake);
  return { due, period: every, spread: mean * SPREAD_OF_DEVIATION, missed: missedWakes };
}
