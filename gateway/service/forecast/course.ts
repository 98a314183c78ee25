/**
 * One course that a campaign may take: its nodes wake, are offered the image, fetch, install, fall silent. Whose turn it is,
 * when a group passes and when all stops is asked of the campaign service's own rules (turn.ts, verdict.ts, progress.ts), so
 * that forecast and gateway never disagree. A person who is to look is taken to do so at once.
 */
import { type Millis, millis, type NodeId } from "../../base/index.ts";
import {
  after,
  begin,
  type CampaignFact,
  isEnded,
  isOver,
  type Progress,
  type ProgressEvent,
  parseWindow,
  passedByWord,
  runsThen,
  step,
  turnOf,
  verdict,
  type Working,
} from "../campaign/index.ts";
import { MOST_REPEATS } from "./airtime.ts";
import { Calendar } from "./calendar.ts";
import { draw, normal } from "./draws.ts";
import type { ForecastNode, Situation, UnlikelyReason } from "./situation.ts";
import { Timeline } from "./timeline.ts";
import { type Wakes, wakeAfter, wakeAt } from "./wakes.ts";

/** What does not end within a year does not end. */
export const HORIZON = 365 * 86_400_000;
/** Closed windows in a row after which a node is taken never to be awake in one. */
const MOST_CLOSED = 60;
/** Missed wakes, beyond those that make it silent, after which nobody waits for a node. */
const PATIENCE = 12;
/** Draws of one node and wake that must not be the same. */
const DRAW = { heard: 1, bytes: 2, cut: 3, fails: 4, beat: 5 } as const;
const KINDS = 8;
/** Moments after which whoever drives this may do something else. */
const BREATH = 128;
const NOBODY = -1;

export interface CourseEnd {
  /** From the start; HORIZON = it does not end. */
  readonly took: number;
  readonly stopped: boolean;
  /** By node, in the order of the situation: from the start, NaN = not done before the end. */
  readonly done: Float64Array;
  /** Bytes fetched, and attempts that were begun. */
  readonly fetched: Float64Array;
  readonly reasons: ReadonlyArray<UnlikelyReason | undefined>;
}

interface Walker {
  readonly about: ForecastNode;
  readonly wakes: Wakes;
  /** Of its beat in this course, in standard deviations. */
  readonly off: number;
  stage: "waiting" | "parked" | "fetching" | "holding" | "installing" | "gone";
  /** The wake that comes next. */
  wake: number;
  missed: number;
  /** It was missing when the campaign began, and was not heard since. */
  isDoubted: boolean;
  left: number;
  installing: number;
  closed: number;
  holds: boolean;
  /** It was called to a place that came free. */
  called: boolean;
  reason: UnlikelyReason | undefined;
}

export class Course {
  readonly #situation: Situation;
  readonly #seed: number;
  readonly #walkers: readonly (Walker | undefined)[];
  readonly #timeline = new Timeline();
  readonly #download: Calendar;
  readonly #apply: Calendar;
  readonly #done: Float64Array;
  readonly #fetched: Float64Array;
  /** Nodes of closed groups, and of meshes that are full. */
  readonly #ofGroup = new Map<number, number[]>();
  readonly #ofMesh = new Map<string, number[]>();
  readonly #atWork = new Map<string, number>();
  #campaign: Working;

  constructor(situation: Situation, calendars: Calendars, seed: number) {
    const { draft, nodes, start } = situation;
    this.#situation = situation;
    this.#seed = seed;
    this.#download = calendars.download;
    this.#apply = calendars.apply;
    this.#done = new Float64Array(nodes.length).fill(Number.NaN);
    this.#fetched = new Float64Array(nodes.length);
    // Whoever has to approve it has done so.
    this.#campaign = {
      ...begin({ ...draft, seq: 0, at: start, type: "campaign.created", actor: "" }),
      state: "running",
    };
    this.#walkers = nodes.map((about, index) => walkerOf(about, seed, index));
  }

  /** Yields from time to time; returns how it ended. */
  *run(): Generator<void, CourseEnd> {
    const { nodes, start } = this.#situation;
    for (const index of nodes.keys()) this.#enter(index);
    const { deadline } = this.#campaign.plan;
    if (deadline !== undefined) this.#timeline.push(deadline, NOBODY);
    this.#judge(start);
    let now: number = start;
    for (let count = 1; !isOver(this.#campaign) && this.#campaign.state === "running"; count++) {
      if (this.#timeline.isEmpty) {
        now = start + HORIZON;
        break;
      }
      const { time, node } = this.#timeline.pop();
      if (time - start > HORIZON) {
        now = start + HORIZON;
        break;
      }
      now = time;
      if (node === NOBODY) this.#judge(now, millis(now));
      else this.#live(node, now);
      if (count % BREATH === 0) yield;
    }
    return {
      took: now - start,
      stopped: this.#campaign.state === "stopped",
      done: this.#done,
      fetched: this.#fetched,
      reasons: nodes.map((_, index) => this.#reasonOf(index)),
    };
  }

  // -- wakes ----------------------------------------------------------------------------------------------------------

  #enter(index: number): void {
    const walker = this.#walkers[index];
    if (walker === undefined) return;
    const group = this.#campaign.nodes.get(walker.about.id)?.group ?? 0;
    walker.wake = wakeAfter(walker.wakes, walker.off, this.#situation.start - 1, 0);
    // Of a node that is missing each wake counts, whether or not it is its turn.
    if (group === 0 || walker.missed > 0) this.#schedule(index, walker);
    else this.#park(index, walker, this.#ofGroup, group);
  }

  #draw({ wake }: Walker, index: number, kind: keyof typeof DRAW): number {
    return draw(this.#seed, index, wake * KINDS + DRAW[kind]);
  }

  /**
   * Of a node that has been missing since before the start, as Laplace's rule of succession has it: after so many misses in a
   * row. One that is missed on the way was not heard for its radio alone.
   */
  #isHeard(walker: Walker, index: number): boolean {
    const { missed, isDoubted, about } = walker;
    const comes = isDoubted ? 1 / (missed + 1) : 1;
    return this.#draw(walker, index, "heard") < comes * (1 - about.loss ** (1 + MOST_REPEATS));
  }

  /** A wake that nobody hears is noticed half an interval after it was due (service/registry/reachability.ts). */
  #schedule(index: number, walker: Walker): void {
    const at = wakeAt(walker.wakes, walker.off, walker.wake);
    this.#timeline.push(this.#isHeard(walker, index) ? at : at + walker.wakes.period / 2, index);
  }

  #next(index: number, walker: Walker): void {
    walker.wake += 1;
    this.#schedule(index, walker);
  }

  #nextAfter(index: number, walker: Walker, time: number): void {
    walker.wake = wakeAfter(walker.wakes, walker.off, time, walker.wake + 1);
    this.#schedule(index, walker);
  }

  #live(index: number, now: number): void {
    const walker = this.#walkers[index]!;
    if (!this.#isHeard(walker, index)) {
      this.#miss(index, walker, now);
      return;
    }
    walker.missed = 0;
    walker.isDoubted = false;
    if (this.#campaign.nodes.get(walker.about.id)?.silent) this.#advance(walker, SPOKE, now);
    if (isOver(this.#campaign)) return;
    switch (walker.stage) {
      case "waiting":
      case "parked":
        this.#ask(index, walker, now);
        return;
      case "fetching":
        this.#fetch(index, walker, now);
        return;
      case "holding":
        this.#hold(index, walker, now);
        return;
      case "installing":
        this.#install(index, walker, now);
        return;
      case "gone":
        return;
    }
  }

  #miss(index: number, walker: Walker, now: number): void {
    const { silentAfter } = this.#campaign;
    walker.missed += 1;
    walker.reason = "silent";
    this.#leave(walker, now);
    if (walker.called) this.#call(walker.about.mesh, now);
    walker.called = false;
    if (walker.missed >= silentAfter) this.#advance(walker, { type: "silent" }, now);
    if (walker.missed >= silentAfter + PATIENCE) walker.stage = "gone";
    else this.#next(index, walker);
  }

  // -- the update -----------------------------------------------------------------------------------------------------

  #ask(index: number, walker: Walker, now: number): void {
    const campaign = this.#campaign;
    const progress = campaign.nodes.get(walker.about.id)!;
    const called = walker.called;
    walker.called = false;
    const turn = turnOf(campaign, progress, {
      download: this.#download.at(now),
      apply: this.#apply.at(now),
      slot: this.#isFree(walker),
      before: undefined,
    });
    if ("offer" in turn) {
      this.#begin(index, walker, now);
      return;
    }
    const { obstacle } = turn;
    // A place that somebody else was quicker to take is called out again when it is free.
    if (called && obstacle.because !== "slot") this.#call(walker.about.mesh, now);
    if (obstacle.because === "group") this.#park(index, walker, this.#ofGroup, progress.group);
    else if (obstacle.because === "slot") this.#park(index, walker, this.#ofMesh, walker.about.mesh);
    else if (obstacle.because === "window") this.#waitFor(index, walker, obstacle.next);
    else walker.stage = "gone";
  }

  #begin(index: number, walker: Walker, now: number): void {
    walker.closed = 0;
    walker.reason = undefined;
    walker.stage = "fetching";
    walker.left = walker.about.bytes;
    this.#enterMesh(walker);
    this.#advance(walker, { type: "offered" }, now);
    this.#fetch(index, walker, now);
  }

  /** In this wake and in those after it, as long as each is heard: nothing of what others do changes that. */
  #fetch(index: number, walker: Walker, now: number): void {
    this.#enterMesh(walker); // who lost its place while it was missing has it again
    for (let at = now; ; ) {
      const got = Math.min(walker.left, this.#bytesOf(walker, index));
      walker.left -= got;
      this.#fetched[index]! += got;
      if (walker.left <= 0) {
        walker.stage = "holding";
        if (at === now) this.#hold(index, walker, now);
        else this.#timeline.push(at, index);
        return;
      }
      walker.wake += 1;
      at = wakeAt(walker.wakes, walker.off, walker.wake);
      if (!this.#isHeard(walker, index) || at - this.#situation.start > HORIZON) {
        this.#schedule(index, walker);
        return;
      }
    }
  }

  /** What the node manages, cut short by an exchange that all repeats could not save (RFC 7252 §4.8). */
  #bytesOf(walker: Walker, index: number): number {
    const { perWake, blockSize, loss } = walker.about;
    const swing = (2 * this.#draw(walker, index, "bytes") - 1) * 2 * perWake.deviation;
    const blocks = Math.max(1, Math.round((perWake.mean + swing) / blockSize));
    const lost = loss ** (1 + MOST_REPEATS);
    if (lost === 0) return blocks * blockSize;
    const until = Math.floor(Math.log1p(-this.#draw(walker, index, "cut")) / Math.log1p(-lost));
    return Math.min(blocks, until) * blockSize;
  }

  /** All is there: its place is free, and it applies the image at its first wake in the window. */
  #hold(index: number, walker: Walker, now: number): void {
    this.#leave(walker, now);
    const window = this.#apply.at(now);
    if (!window.open) {
      this.#waitFor(index, walker, window.next);
      return;
    }
    walker.closed = 0;
    walker.reason = undefined;
    walker.stage = "installing";
    walker.installing = Math.round(walker.about.install);
    this.#next(index, walker);
  }

  #install(index: number, walker: Walker, now: number): void {
    walker.installing -= 1;
    if (walker.installing >= 1) {
      this.#next(index, walker);
      return;
    }
    if (this.#draw(walker, index, "fails") < walker.about.failure) {
      walker.reason = "failing";
      this.#advance(walker, FAILED, now);
      const progress = this.#campaign.nodes.get(walker.about.id)!;
      walker.stage = isEnded(progress) ? "gone" : "waiting";
      if (walker.stage === "waiting") this.#next(index, walker);
      return;
    }
    walker.stage = "gone";
    walker.reason = undefined;
    this.#done[index] = now - this.#situation.start;
    this.#advance(walker, { type: "reported", report: { running: runsThen(this.#campaign) } }, now);
  }

  #waitFor(index: number, walker: Walker, opens: Millis | undefined): void {
    walker.closed += 1;
    walker.reason = "window";
    if (opens === undefined || walker.closed > MOST_CLOSED) walker.stage = "gone";
    else this.#nextAfter(index, walker, opens - 1);
  }

  // -- places ---------------------------------------------------------------------------------------------------------

  #park<Key>(index: number, walker: Walker, where: Map<Key, number[]>, key: Key): void {
    walker.stage = "parked";
    const parked = where.get(key);
    if (parked === undefined) where.set(key, [index]);
    else parked.push(index);
  }

  #isFree({ holds, about }: Walker): boolean {
    const { concurrency } = this.#campaign.plan;
    return concurrency === undefined || holds || (this.#atWork.get(about.mesh) ?? 0) < concurrency;
  }

  #enterMesh(walker: Walker): void {
    if (walker.holds || this.#campaign.plan.concurrency === undefined) return;
    walker.holds = true;
    const { mesh } = walker.about;
    this.#atWork.set(mesh, (this.#atWork.get(mesh) ?? 0) + 1);
  }

  #leave(walker: Walker, now: number): void {
    if (!walker.holds) return;
    walker.holds = false;
    const { mesh } = walker.about;
    this.#atWork.set(mesh, (this.#atWork.get(mesh) ?? 1) - 1);
    this.#call(mesh, now);
  }

  /** A place is free: whoever wakes first may take it. */
  #call(mesh: string, now: number): void {
    const parked = this.#ofMesh.get(mesh);
    if (parked === undefined || parked.length === 0) return;
    let first = 0;
    let soonest = Number.POSITIVE_INFINITY;
    for (const [place, index] of parked.entries()) {
      const { wakes, off, wake } = this.#walkers[index]!;
      const at = wakeAt(wakes, off, wakeAfter(wakes, off, now, wake + 1));
      if (at < soonest) [first, soonest] = [place, at];
    }
    const [index] = parked.splice(first, 1);
    const walker = this.#walkers[index!]!;
    walker.called = true;
    this.#nextAfter(index!, walker, now);
  }

  // -- the campaign ---------------------------------------------------------------------------------------------------

  #advance({ about: { id } }: Walker, event: ProgressEvent, now: number): void {
    const progress = this.#campaign.nodes.get(id)!;
    let next = step(progress, event, this.#campaign);
    if (next === progress) return;
    if (event === FAILED && next.attempt < this.#campaign.plan.attempts) {
      this.#take(id, progress, next, now);
      next = step(next, { type: "retried" }, this.#campaign);
    }
    this.#take(id, progress, next, now);
    this.#judge(now);
  }

  /** Literal by literal: this is what most of a course's time goes to, and a spread costs ten times as much. */
  #take(node: NodeId, from: Progress, { phase: to, silent, attempt, group }: Progress, now: number): void {
    const at = millis(now);
    this.#fold(
      silent
        ? { seq: 0, at, type: "ota.phase", campaign: "", node, from: from.phase, to, attempt, group, silent }
        : { seq: 0, at, type: "ota.phase", campaign: "", node, from: from.phase, to, attempt, group },
    );
  }

  #fold(fact: CampaignFact): void {
    this.#campaign = after(this.#campaign, fact);
  }

  /** As Campaigns.judge does; a pause ends at once. */
  #judge(now: number, deadline?: Millis): void {
    for (;;) {
      const decision = verdict(this.#campaign, deadline);
      if (decision === undefined) return;
      const common = { seq: 0, at: millis(now), campaign: "", actor: "" };
      if (decision.type === "campaign.group") {
        this.#fold({ ...common, ...decision });
        if (decision.to === "open") this.#open(decision.group, now);
        continue;
      }
      const word = decision.to === "paused" ? passedByWord(this.#campaign) : undefined;
      if (word !== undefined) {
        this.#fold({ ...common, type: "campaign.group", group: word, to: "passed", reason: decision.reason });
        continue;
      }
      this.#fold({ ...common, ...decision, from: this.#campaign.state });
      if (this.#campaign.state !== "running") return;
    }
  }

  #open(group: number, now: number): void {
    const parked = this.#ofGroup.get(group) ?? [];
    this.#ofGroup.delete(group);
    for (const index of parked) {
      const walker = this.#walkers[index]!;
      walker.stage = "waiting";
      this.#nextAfter(index, walker, now);
    }
  }

  #reasonOf(index: number): UnlikelyReason | undefined {
    if (!Number.isNaN(this.#done[index]!)) return undefined;
    const walker = this.#walkers[index];
    if (walker === undefined) return "never-heard";
    if (walker.reason !== undefined) return walker.reason;
    if (this.#campaign.state === "stopped") return "stopped";
    const { deadline } = this.#campaign.plan;
    const first = wakeAt(walker.wakes, walker.off, wakeAfter(walker.wakes, walker.off, this.#situation.start - 1, 0));
    return deadline !== undefined && first >= deadline ? "asleep" : "deadline";
  }
}

const SPOKE: ProgressEvent = { type: "reported", report: {} };
const FAILED: ProgressEvent = { type: "reported", report: { phase: "failed" } };

export interface Calendars {
  readonly download: Calendar;
  readonly apply: Calendar;
}

/** Of a plan, for all of its courses. Throws UsageError `campaign.window`. */
export function calendarsOf({ draft: { plan }, zone }: Pick<Situation, "draft" | "zone">): Calendars {
  const calendar = (texts: readonly string[] | undefined): Calendar =>
    new Calendar(texts?.map((text) => parseWindow(text, zone)));
  return { download: calendar(plan?.download), apply: calendar(plan?.apply) };
}

function walkerOf(about: ForecastNode, seed: number, index: number): Walker | undefined {
  const { wakes } = about;
  if (wakes === undefined) return undefined;
  const off = normal(draw(seed, index, -DRAW.beat), draw(seed, index, -DRAW.fails));
  return {
    about,
    wakes,
    off,
    stage: "waiting",
    wake: 0,
    missed: wakes.missed,
    isDoubted: wakes.missed > 0,
    left: 0,
    installing: 0,
    closed: 0,
    holds: false,
    called: false,
    reason: wakes.missed > 0 ? "silent" : undefined,
  };
}
