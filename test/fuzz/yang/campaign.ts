/** Throws mutated inputs at everything of the yang stratum that reads what others wrote, and says what came of it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builtInModels } from "../../../gateway/yang/index.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import { Dice } from "../dice.ts";
import { openSubjects } from "./subjects.ts";
import { KINDS, type Outcome, outcomeOf, type Trial } from "./trials.ts";

export interface YangCampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** The modules of /work/shared/yang too, where they are. */
  readonly published: boolean;
  /** Called at the start of the second tenth, when everything has run once, and at the end. */
  readonly atRest?: (when: "warm" | "end") => void;
}

export interface YangFindings {
  readonly inputs: number;
  /** How many of each kind were read, and how many refused. */
  readonly read: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
  /** What broke a promise, with its input. */
  readonly broken: readonly string[];
  /** Inputs that took more CPU time than MAX_MS, however often they were tried. */
  readonly slow: readonly string[];
}

const MAX_MS = 50;
/** A pause of the collector, or a neighbour on this machine, strikes once. */
const RETRIES = 4;
const SHOWN = 10;
const WEIGHTS = KINDS.reduce((sum, { weight }) => sum + weight, 0);

export async function runYangCampaign({ count, seed, published, atRest }: YangCampaignOptions): Promise<YangFindings> {
  const dice = new Dice(seed);
  const folder = builtInModels();
  const range = {
    dice,
    subjects: await openSubjects(dice, published),
    sidFiles: readdirSync(folder)
      .filter((name) => name.endsWith(".sid"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
    parse: await openParser(),
  };
  const read = new Map<string, number>();
  const refused = new Map<string, number>();
  const broken = new Map<string, string>();
  const slow: string[] = [];
  const one = (): void => {
    const kind = pick(dice);
    const trial = kind.make(range);
    const [outcome, ms] = timed(trial);
    if (ms > MAX_MS && slow.length < SHOWN && isSlow(trial))
      slow.push(`${kind.name}, ${ms.toFixed(0)} ms: ${trial.input}`);
    if (outcome.kind === "finding") {
      // One of each sort is enough to see.
      const sort = outcome.words
        .split("\n")
        .slice(0, 2)
        .join(" ")
        .replace(/[0-9]+|'[^']*'/g, "");
      if (broken.size < SHOWN && !broken.has(sort))
        broken.set(sort, `${kind.name}: ${outcome.words}\n  ${trial.input}`);
      return;
    }
    const counts = outcome.kind === "read" ? read : refused;
    counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
  };
  for (let i = 0; i < count; i++) {
    one();
    if (i + 1 === Math.ceil(count / 10)) atRest?.("warm");
  }
  atRest?.("end");
  return { inputs: count, read, refused, broken: [...broken.values()], slow };
}

function pick(dice: Dice): (typeof KINDS)[number] {
  let roll = dice.below(2 * WEIGHTS) / 2;
  for (const kind of KINDS) {
    if (roll < kind.weight) return kind;
    roll -= kind.weight;
  }
  throw new Error("the weights of the kinds are wrong");
}

function timed(trial: Trial): readonly [outcome: Outcome, ms: number] {
  const start = performance.now();
  const outcome = outcomeOf(trial);
  return [outcome, performance.now() - start];
}

/** Every time, and by the clock that counts this process alone. */
function isSlow(trial: Trial): boolean {
  for (let i = 0; i < RETRIES; i++) {
    const start = process.cpuUsage();
    outcomeOf(trial);
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1000 <= MAX_MS) return false;
  }
  return true;
}
