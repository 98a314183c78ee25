/** suit-manifest-37 §6, §8.4.2 — how a release would fare on a node, before any radio time: its number, then a dry run. Pure. */
import { PARAMETER, parametersIn } from "../../../wire/suit/index.ts";
import { dryRun, type NodeView, type Prognosis, type Program } from "../processor/index.ts";

export interface Foreseen {
  readonly program: Program;
  /** Of the last manifest that the node installed, as far as it told. */
  readonly installed: bigint | undefined;
  readonly view: NodeView;
}

export function foresee({ program, installed, view }: Foreseen): Prognosis {
  const { sequenceNumber } = program.manifest;
  // §8.4.2: a recipient takes no manifest with a lower number, whatever is in it.
  if (installed !== undefined && installed > sequenceNumber) {
    return failing(
      `will fail before its first command: the node has installed number ${installed}, and takes no lower one; this is ${sequenceNumber}`,
    );
  }
  return dryRun(program, view);
}

const failing = (sentence: string): Prognosis => ({
  verdict: "fails",
  sentence,
  courses: [],
  complete: true,
  questions: [],
  bytes: undefined,
});

/** Moments at which a prognosis may turn (suit-update-management, "use before"), in seconds since 1970. */
export function turningPoints({ manifest, sequences }: Program): readonly bigint[] {
  const all = parametersIn([manifest.common.shared, ...sequences.values()]);
  return [...all].flatMap((parameters) => {
    const limit = parameters.get(PARAMETER.useBefore);
    return limit?.form === "uint" ? [limit.value] : [];
  });
}

/** The time around `now` in which nothing turns. */
export function steadyAround(
  points: readonly bigint[],
  now: bigint,
): { readonly from: bigint; readonly until: bigint | undefined } {
  let from = 0n;
  let until: bigint | undefined;
  for (const point of points) {
    if (point <= now && point > from) from = point;
    if (point > now && (until === undefined || point < until)) until = point;
  }
  return { from, until };
}
