/**
 * Components that can be surveyed each by itself: what no arm of a try-each, no copy and no swap joins has ways of its own, so
 * that a manifest of many A/B components does not have the product of them all.
 */
import { COMMAND, type Command, PARAMETER, type Sequence } from "../../../wire/suit/index.ts";

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

/** Which components its commands are about, the first one when nothing was chosen. */
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
    for (const index of chosen) touched.add(index);
    joinArgument(command, every, join, chosen);
  }
  return [...touched];
}

function chosenBy({ argument }: Command, every: readonly number[]): readonly number[] | undefined {
  if (argument.kind === "index") return argument.index === true ? every : [argument.index].flat();
  return argument.kind === "multiple" ? [...argument.byIndex.keys()] : undefined;
}

function joinArgument(
  { code, argument }: Command,
  every: readonly number[],
  join: Join,
  chosen: readonly number[],
): void {
  if (code === COMMAND.processDependency) join(every);
  if (argument.kind === "copy-params") join([...chosen, ...argument.bySource.keys()]);
  const given =
    argument.kind === "parameters"
      ? [argument.parameters]
      : argument.kind === "multiple"
        ? [...argument.byIndex.values()]
        : [];
  for (const parameters of given) {
    const source = parameters.get(PARAMETER.sourceComponent);
    if (source?.form === "uint") join([...chosen, Number(source.value)]);
  }
  const inner = argument.kind === "sequence" ? [argument.sequence] : argument.kind === "try-each" ? argument.arms : [];
  // Each component that is chosen walks them by itself; what they choose inside belongs to it.
  for (const one of chosen) {
    const touched = inner.flatMap((arm) => (arm === undefined ? [] : joinIn(arm, every, join, [one])));
    join([one, ...touched]);
  }
}
