/**
 * A manifest tried on what the gateway knows of a node, before any radio time: it applies, it will fail at a certain step, or
 * it depends on what only the node knows. Where that is so, every course of events is tried, up to a limit.
 */
import {
  type ComponentId,
  componentText,
  digestText,
  type SequenceName,
  type SuitDigest,
} from "../../../../wire/suit/index.ts";
import { run } from "../machine/machine.ts";
import type { Outcome } from "../machine/outcome.ts";
import { PROCESSOR_LIMITS, type ProcessorLimits } from "../machine/state.ts";
import { finishNow } from "../machine/steps.ts";
import { placeText } from "../place.ts";
import { PROCEDURES, type Program } from "../program.ts";
import { type Choice, type Choices, explore } from "./choices.ts";
import { DryDevice, isImage, type PlannedFetch } from "./device.ts";
import { Memory } from "./memory.ts";
import type { NodeView } from "./view.ts";

/** One way in which it can go. */
export interface Course {
  /** What was supposed of the node. */
  readonly supposed: readonly Choice[];
  readonly outcome: Outcome;
  readonly fetches: readonly PlannedFetch[];
  readonly waits: readonly string[];
  readonly promises: readonly string[];
  /** Components that were stored to, with what they hold in the end. */
  readonly components: readonly EndState[];
  /** Which way every try-each went. */
  readonly alternatives: readonly Alternative[];
}
export interface Alternative {
  readonly place: string;
  readonly component: ComponentId;
  /** From 1. */
  readonly arm: number;
}
export interface EndState {
  readonly component: ComponentId;
  readonly digest: SuitDigest | undefined;
  /** It held that before. */
  readonly inPlace: boolean;
}

export interface Prognosis {
  readonly verdict: "applies" | "fails" | "depends";
  /** The whole of it for people. */
  readonly sentence: string;
  /** The likeliest course first: that in which every condition holds which nobody here can check. */
  readonly courses: readonly Course[];
  /** False when there are more courses than were tried. */
  readonly complete: boolean;
  /** What only the node knows. */
  readonly questions: readonly string[];
  /** To be asked for over the air, over all courses that succeed; undefined = a size that nobody says. */
  readonly bytes: { readonly least: bigint; readonly most: bigint } | undefined;
}

export interface DryRunOptions {
  /** Each is a procedure of its own, with fresh parameters. */
  readonly procedures?: ReadonlyArray<readonly SequenceName[]>;
  readonly limits?: ProcessorLimits;
}

export function dryRun(
  program: Program,
  view: NodeView,
  { procedures = [PROCEDURES.update, PROCEDURES.invocation], limits = PROCESSOR_LIMITS }: DryRunOptions = {},
): Prognosis {
  const memory = new Memory(view.authenticate);
  const course = (choices: Choices): { readonly course: Course; readonly steps: number } => {
    const device = new DryDevice(view, program.integrated, choices, memory);
    let outcome: Outcome = { result: "done", reason: "ok", trail: [], records: [] };
    for (const names of procedures) {
      outcome = after(outcome, finishNow(run(program, names, device, limits)));
      if (outcome.result !== "done") break;
    }
    return { course: courseOf({ choices, device, memory }, outcome), steps: outcome.trail.length };
  };
  const { courses, complete } = explore(course);
  return prognosisOf(courses, complete);
}

/** One procedure after another: how the later one ended, what both did. */
const after = ({ trail, records }: Outcome, next: Outcome): Outcome => ({
  ...next,
  trail: [...trail, ...next.trail],
  records: [...records, ...next.records],
});

interface Played {
  readonly choices: Choices;
  readonly device: DryDevice;
  readonly memory: Memory;
}

const courseOf = ({ choices, device, memory }: Played, outcome: Outcome): Course => ({
  supposed: choices.taken,
  outcome,
  fetches: device.fetches,
  waits: device.waits,
  promises: device.promises,
  components: [...device.touched.values()].map(({ id, before }) => {
    const digest = device.contentOf(id)?.digest(memory);
    return { component: id, digest, inPlace: digest !== undefined && isImage(before, digest, memory) };
  }),
  alternatives: outcome.trail.flatMap(({ arm, program, manifestId, section, offset, component }) =>
    arm === undefined ? [] : [{ place: placeText(program, manifestId, section, offset) ?? "", component, arm }],
  ),
});

function prognosisOf(courses: readonly Course[], complete: boolean): Prognosis {
  const good = courses.filter(({ outcome }) => outcome.result === "done");
  const bad = courses.filter(({ outcome }) => outcome.result === "failed");
  const verdict = !complete
    ? "depends"
    : good.length === courses.length
      ? "applies"
      : bad.length === courses.length
        ? "fails"
        : "depends";
  const questions = [
    ...new Set(
      courses.flatMap(({ supposed, outcome }) => [...supposed.map(({ question }) => question), ...openIn(outcome)]),
    ),
  ];
  const bytes = bytesOf(good);
  return {
    verdict,
    sentence: sentenceOf(verdict, { courses, good, bad, questions, bytes }),
    courses,
    complete,
    questions,
    bytes,
  };
}

const openIn = (outcome: Outcome): readonly string[] => (outcome.result === "unknown" ? [outcome.error.message] : []);

function bytesOf(good: readonly Course[]): Prognosis["bytes"] {
  const sums: bigint[] = [];
  for (const { fetches } of good) {
    let sum = 0n;
    for (const { bytes, integrated } of fetches) {
      if (integrated) continue;
      if (bytes === undefined) return undefined;
      sum += bytes;
    }
    sums.push(sum);
  }
  sums.sort((a, b) => (a < b ? -1 : 1));
  const [least, most] = [sums[0], sums.at(-1)];
  return least === undefined || most === undefined ? undefined : { least, most };
}

interface Told {
  readonly courses: readonly Course[];
  readonly good: readonly Course[];
  readonly bad: readonly Course[];
  readonly questions: readonly string[];
  readonly bytes: Prognosis["bytes"];
}

function sentenceOf(verdict: Prognosis["verdict"], { courses, good, bad, questions, bytes }: Told): string {
  const [likely] = good;
  const [fault] = bad;
  const failure = fault === undefined ? "" : failureText(fault.outcome);
  if (verdict === "fails") return `will fail at ${failure}`;
  if (verdict === "applies" && likely !== undefined) return `applies: ${workText(likely, bytes)}`;
  const open = questions.slice(0, 3).join("; ") + (questions.length > 3 ? `; and ${questions.length - 3} more` : "");
  const parts = [`depends on what only the node knows: ${open}`];
  if (likely !== undefined) parts.push(`at best it applies: ${workText(likely, bytes)}`);
  if (fault !== undefined) parts.push(`${bad.length} of ${courses.length} courses fail, the first at ${failure}`);
  return parts.join(". ");
}

/** "install, step 4: condition-image-match failed: ..." */
export function failureText(outcome: Outcome): string {
  if (outcome.result !== "failed") return "";
  const { at, error } = outcome;
  return `${placeText(at.program, at.manifestId, at.section, at.offset)}: ${error.message}`;
}

function workText({ fetches, components }: Course, bytes: Prognosis["bytes"]): string {
  const asked = fetches.filter(({ integrated }) => !integrated);
  if (asked.length === 0) return fetches.length === 0 ? "nothing to fetch" : "all payloads came with the envelope";
  const range = bytes && (bytes.least === bytes.most ? `${bytes.most}` : `${bytes.least} to ${bytes.most}`);
  const already = asked.every(({ inPlace }) => inPlace) ? ", though all of it is already in place" : "";
  const ends = components.flatMap(({ component, digest }) =>
    digest === undefined ? [] : [`${componentText(component)} ends as ${digestText(digest)}`],
  );
  return [`fetches ${asked.map(({ uri }) => uri).join(", ")} (${range ?? "unknown"} bytes)${already}`, ...ends].join(
    "; ",
  );
}
