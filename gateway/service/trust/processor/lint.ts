/** suit-manifest-37 §7, §8.4, §8.6 — what an author had better look at, each finding with its place. Format faults refuse earlier. */
import { WireError } from "../../../base/index.ts";
import {
  COMMAND,
  COMMANDS,
  type Command,
  componentText,
  type Envelope,
  elementName,
  lintManifest,
  PARAMETER,
  SEQUENCES,
  type Sequence,
  type SequenceName,
} from "../../../wire/suit/index.ts";
import { insideOf } from "./place.ts";
import { type Program, SHARED_SECTION, sectionName } from "./program.ts";
import { assignments, choose, type Walk, walkOf } from "./walk.ts";

export interface LintFinding {
  /** An error stops every recipient; a warning most likely is not meant. */
  readonly severity: "error" | "warning";
  readonly error: WireError;
  readonly section?: number;
  readonly offset?: number;
}

type Place = Required<Pick<LintFinding, "section" | "offset">>;
const warning = (error: WireError, place?: Place): LintFinding => ({ severity: "warning", error, ...place });

/** Of a root manifest and the envelope that it came in. */
export function lint(program: Program, envelope: Pick<Envelope, "severable">): readonly LintFinding[] {
  const whole = { sequences: program.sequences, text: undefined, coswid: undefined };
  return [
    ...lintManifest(program.manifest, whole),
    ...missingSequences(program),
    ...smallSeverables(program, envelope),
    ...uncheckedFetches(program),
    ...digestsWithoutSize(program),
    ...sectionsOf(program).flatMap(([section, sequence]) => [...findingsInside(sequence, section)]),
  ];
}

const sectionsOf = ({
  manifest,
  sequences,
}: Program): ReadonlyArray<readonly [section: number, sequence: Sequence]> => [
  [SHARED_SECTION, manifest.common.shared],
  ...[...sequences].map(([name, sequence]) => [SEQUENCES[name], sequence] as const),
];

const EXPECTED: readonly SequenceName[] = ["validate", "invoke"];

function* missingSequences({ manifest }: Program): Generator<LintFinding, void> {
  for (const name of EXPECTED) {
    if (!manifest.sequences.has(name)) yield warning(new WireError("lint.no-sequence", { section: name }));
  }
}

/** §8.6: a digest takes four bytes more than its own. */
const DIGEST_HEAD = 4;

function* smallSeverables(
  { digest }: Program,
  { severable }: Pick<Envelope, "severable">,
): Generator<LintFinding, void> {
  const least = digest.bytes.length + DIGEST_HEAD;
  for (const [label, { item }] of severable) {
    if (item.length >= least) continue;
    const facts = { element: elementName(label), length: item.length, digest: least };
    yield warning(new WireError("lint.small-severable", facts));
  }
}

/** Private commands, and alternatives after one that cannot fail. */
function* findingsInside({ commands }: Sequence, section: number): Generator<LintFinding, void> {
  for (const command of commands) {
    const place = { section, offset: command.offset };
    if (!COMMANDS.has(command.code)) yield warning(new WireError("lint.custom", { command: command.code }), place);
    yield* unreachable(command, place);
    for (const [, inner] of insideOf(command)) yield* findingsInside(inner, section);
  }
}

function* unreachable({ argument }: Command, place: Place): Generator<LintFinding, void> {
  if (argument.kind !== "try-each") return;
  const sure = argument.arms.findIndex((arm) => arm !== undefined && !canFail(arm));
  if (sure < 0 || sure === argument.arms.length - 1) return;
  yield warning(new WireError("lint.unreachable", { arm: sure + 2, before: sure + 1 }), place);
}

/** Softly, so that the next alternative is tried: with a condition, or something that may forward one. */
const canFail = ({ commands }: Sequence): boolean =>
  commands.some(({ code, argument }) => {
    if (argument.kind === "sequence") return canFail(argument.sequence);
    if (argument.kind === "try-each") return argument.arms.every((arm) => arm !== undefined && canFail(arm));
    return COMMANDS.get(code)?.kind === "condition" || code === COMMAND.processDependency;
  });

const CHECKS: readonly number[] = [COMMAND.imageMatch, COMMAND.checkContent, COMMAND.dependencyIntegrity];

function* uncheckedFetches(program: Program): Generator<LintFinding, void> {
  for (const [section, sequence] of sectionsOf(program)) {
    for (const [index, offset] of fetchesLeft(sequence, walkOf(program), new Map())) {
      const component = nameOf(program, index);
      yield warning(new WireError("lint.fetch-unchecked", { component }), { section, offset });
    }
  }
}

const nameOf = ({ manifest }: Program, index: number): string => componentText(manifest.common.components[index] ?? []);

/** By component, the fetch that nothing has checked yet at the end of the sequence. */
function fetchesLeft({ commands }: Sequence, walk: Walk, open: Map<number, number>): Map<number, number> {
  for (const command of commands) {
    choose(walk, command);
    const { code, offset } = command;
    for (const index of walk.chosen) {
      if (code === COMMAND.fetch) open.set(index, offset);
      if (CHECKS.includes(code)) open.delete(index);
    }
    const inner = insideOf(command);
    if (inner.length === 0) continue;
    // Each alternative begins with what was open before; what one of them leaves open stays open.
    const ends = inner.map(([, arm]) => fetchesLeft(arm, { ...walk }, new Map(open)));
    open.clear();
    for (const end of ends) for (const [index, at] of end) open.set(index, at);
  }
  return open;
}

function* digestsWithoutSize(program: Program): Generator<LintFinding, void> {
  const digests = new Map<number, Place>();
  const sized = new Set<number>();
  for (const [section, sequence] of sectionsOf(program)) {
    for (const { index, parameters, offset } of assignments(sequence, walkOf(program))) {
      if (parameters.has(PARAMETER.imageSize)) sized.add(index);
      if (parameters.has(PARAMETER.imageDigest) && !digests.has(index)) digests.set(index, { section, offset });
    }
  }
  for (const [index, place] of digests) {
    if (sized.has(index) || program.manifest.common.dependencies.has(index)) continue;
    yield warning(new WireError("lint.digest-without-size", { component: nameOf(program, index) }), place);
  }
}

/** One line of a finding: where, then what. */
export const findingText = ({ severity, error, section, offset }: LintFinding): string =>
  `${severity}${section === undefined ? "" : `, ${sectionName(section)} byte ${offset}`}: ${error.message}`;
