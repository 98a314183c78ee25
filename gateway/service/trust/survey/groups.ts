/**
 * Components that can be surveyed each by itself: what no arm of a try-each, no copy and no swap joins has ways of its own, so
 * that a manifest of many A/B components does not have the product of them all.
 */
import { COMMAND, type Command, PARAMETER, type Parameters, type Sequence } from "../../../wire/suit/index.ts";

/** Indices that belong together. Manifests below another name components of their own: then all are one group. */
export function groupsOf(components: number, sequences: readonly Sequence[]): readonly ReadonlySet<number>[] {
  const every = Array.from({ length: components }, (_, index) => index);
  const parent = [...every];
  const root = (index: number): number => (parent[index] === index ? index : root(parent[index]!));
  const join = (indices: readonly number[]): void => {
    const [first, ...rest] = indices.filter((index) => index < components);
    for (const index of rest) parent[root(index)] = root(first!);
  };
  for (const sequence of sequences) joinIn(sequence, every, join);
  return [...new Set(every.map(root))].map((first) => new Set(every.filter((index) => root(index) === first)));
}

type Join = (indices: readonly number[]) => void;

/** Which components its commands are about, those of nested sequences too: chosen there, or copied from. */
function joinIn(
  { commands }: Sequence,
  every: readonly number[],
  join: Join,
  outer: readonly number[] = [0],
): readonly number[] {
  const touched = new Set<number>();
  let chosen = outer;
  for (const command of commands) {
    chosen = chosenBy(command, every) ?? chosen;
    const related = relatedTo(command, every, join);
    // Each component that is chosen runs it by itself; what it touches besides belongs to each of them.
    for (const one of chosen) join([one, ...related]);
    for (const index of [...chosen, ...related]) touched.add(index);
  }
  return [...touched];
}

function chosenBy({ argument }: Command, every: readonly number[]): readonly number[] | undefined {
  if (argument.kind === "index") return argument.index === true ? every : [argument.index].flat();
  return argument.kind === "multiple" ? [...argument.byIndex.keys()] : undefined;
}

/** Nested sequences are read once, with no component chosen: what is left open there is the one that is chosen outside. */
function relatedTo({ code, argument }: Command, every: readonly number[], join: Join): readonly number[] {
  if (code === COMMAND.processDependency) return every;
  switch (argument.kind) {
    case "copy-params":
      return [...argument.bySource.keys()];
    case "parameters":
      return sourcesIn([argument.parameters]);
    case "multiple":
      return sourcesIn([...argument.byIndex.values()]);
    case "sequence":
      return joinIn(argument.sequence, every, join, []);
    case "try-each":
      return argument.arms.flatMap((arm) => (arm === undefined ? [] : joinIn(arm, every, join, [])));
    default:
      return [];
  }
}

const sourcesIn = (all: readonly Parameters[]): readonly number[] =>
  all.flatMap((parameters) => {
    const source = parameters.get(PARAMETER.sourceComponent);
    return source?.form === "uint" ? [Number(source.value)] : [];
  });
