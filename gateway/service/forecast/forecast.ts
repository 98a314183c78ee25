/** Many courses of one campaign, seen together: when it ends, who will not make it, what it costs. In slices of the loop. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Millis, millis, type NodeId, type Stopwatch, systemStopwatch } from "../../base/index.ts";
import type { CampaignForecast } from "../../store/index.ts";
import { type Cost, downloadCost, reportCost, withRepeats } from "./airtime.ts";
import { Course, type CourseEnd, calendarsOf } from "./course.ts";
import type { ForecastNode, Situation, UnlikelyReason } from "./situation.ts";

export interface NodeForecast {
  readonly node: NodeId;
  /** When it is done in half, and in nine tenths, of the courses, from the start; undefined = not in so many. */
  readonly p50: Millis | undefined;
  readonly p90: Millis | undefined;
  /** Share of the courses in which it is done before the campaign ends. */
  readonly makes: number;
  /** Millijoule of its radio. */
  readonly energy: number;
  readonly airtime: Millis;
  /** Why it will not make it; undefined = it will. */
  readonly unlikely: UnlikelyReason | undefined;
}

/** All that is foreseen; `forecast` is what the campaign keeps of it. */
export interface Foreseen {
  readonly forecast: CampaignForecast;
  readonly nodes: readonly NodeForecast[];
  readonly courses: number;
  /** Share of the courses in which the campaign stops by itself. */
  readonly stops: number;
}

export interface ForecastOptions {
  /** The same seed and the same situation give the same forecast. */
  readonly seed?: number;
  readonly stopwatch?: Stopwatch;
}

/** Node by course; a small fleet gets more courses, since of a large one each is nearly the mean already. */
const WORK = 15_000;
const LEAST_COURSES = 11;
const MOST_COURSES = 101;
/** Milliseconds without a pause: whoever wakes meanwhile waits no longer. */
const SLICE = 8;
/** Nodes that the fact names: the rest is in the details. */
const MOST_NAMED = 1000;
/** A node that is done in fewer of the courses is unlikely to make it. */
const LIKELY = 0.5;

export async function forecast(situation: Situation, options: ForecastOptions = {}): Promise<Foreseen> {
  const { seed = 1, stopwatch = systemStopwatch } = options;
  const { nodes } = situation;
  const calendars = calendarsOf(situation);
  const count = Math.min(MOST_COURSES, Math.max(LEAST_COURSES, Math.round(WORK / Math.max(1, nodes.length))));
  const ends: CourseEnd[] = [];
  let since = stopwatch.elapsed();
  const rest = async (): Promise<void> => {
    if (stopwatch.elapsed() - since < SLICE) return;
    await nextTurn();
    since = stopwatch.elapsed();
  };
  for (let course = 0; course < count; course++) {
    const steps = new Course(situation, calendars, seed * MOST_COURSES + course).run();
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) await rest();
    ends.push(step.value);
    await rest();
  }
  const each: NodeForecast[] = [];
  for (const [index, about] of nodes.entries()) {
    each.push(ofNode(about, index, ends));
    if (index % 64 === 63) await rest();
  }
  return together(situation, ends, each);
}

function ofNode(about: ForecastNode, index: number, ends: readonly CourseEnd[]): NodeForecast {
  const done = ends.map((end) => end.done[index]!).filter((at) => !Number.isNaN(at));
  done.sort((a, b) => a - b);
  const makes = done.length / ends.length;
  const fetched = ends.reduce((total, end) => total + end.fetched[index]!, 0) / ends.length;
  const { energy, airtime } = costOf(about, fetched);
  return {
    node: about.id,
    p50: reached(done, ends.length, 0.5),
    p90: reached(done, ends.length, 0.9),
    makes,
    energy: Math.round(energy),
    airtime: millis(Math.round(airtime)),
    unlikely: whyUnlikely(about, makes, index, ends),
  };
}

function whyUnlikely(
  { lowBattery }: ForecastNode,
  makes: number,
  index: number,
  ends: readonly CourseEnd[],
): UnlikelyReason | undefined {
  // A flash write may brown out.
  if (lowBattery === true) return "battery";
  if (makes >= LIKELY) return undefined;
  const counts = new Map<UnlikelyReason, number>();
  for (const { reasons } of ends) {
    const reason = reasons[index];
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Of the bytes that it fetches, and the one more report that tells of them. */
function costOf({ bytes, blockSize, loss }: ForecastNode, fetched: number): Pick<Cost, "energy" | "airtime"> {
  if (fetched === 0) return { energy: 0, airtime: 0 };
  const once = withRepeats(downloadCost(bytes, blockSize), Math.ceil(bytes / blockSize), loss);
  const report = withRepeats(reportCost(), 1, loss);
  const times = fetched / bytes;
  return {
    energy: times * (once.energy + report.energy),
    airtime: times * (once.airtime + report.airtime),
  };
}

/** The nearest rank: in this share of all the courses it was so far by then. */
function reached(sorted: readonly number[], of: number, share: number): Millis | undefined {
  const at = sorted[Math.ceil(of * share) - 1];
  return at === undefined ? undefined : millis(Math.round(at));
}

function together({ nodes }: Situation, ends: readonly CourseEnd[], each: readonly NodeForecast[]): Foreseen {
  const took = ends.map((end) => end.took).sort((a, b) => a - b);
  const airtime = new Map<string, number>();
  for (const [index, { mesh }] of nodes.entries()) {
    airtime.set(mesh, (airtime.get(mesh) ?? 0) + (each[index]?.airtime ?? 0));
  }
  const unlikely = each.flatMap(({ node, unlikely: reason }) => (reason === undefined ? [] : [{ node, reason }]));
  const energy = each.reduce((total, node) => total + node.energy, 0);
  return {
    forecast: {
      p50: reached(took, took.length, 0.5) ?? millis(0),
      p90: reached(took, took.length, 0.9) ?? millis(0),
      unlikely: unlikely.slice(0, MOST_NAMED),
      energy: each.length === 0 ? 0 : Math.round(energy / each.length),
      airtime: [...airtime].map(([mesh, time]) => ({ mesh, time: millis(time) })),
    },
    nodes: each,
    courses: ends.length,
    stops: ends.filter(({ stopped }) => stopped).length / ends.length,
  };
}
