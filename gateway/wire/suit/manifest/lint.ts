/** suit-manifest-37 §6.5, §8.4.5, §8.4.10.4 — what the format allows and a recipient will stumble over, for authors first. */
import { WireError } from "../../../base/index.ts";
import { parametersIn, type Whole } from "../envelope/belonging.ts";
import { COMMAND, PARAMETER } from "../labels.ts";
import type { Command, Manifest, Sequence } from "../types.ts";

export interface Finding {
  /** An error stops every recipient; a warning only should not be. */
  readonly severity: "error" | "warning";
  readonly error: WireError;
}

/** Of a root manifest: a dependency may get its URIs and its conditions from the manifest above it. */
export function lintManifest(manifest: Manifest, whole: Whole): readonly Finding[] {
  return [...missingIndices(manifest, whole), ...fetchesWithoutUri(manifest, whole), ...missingConditions(manifest)];
}

function* missingIndices({ common }: Manifest, { sequences }: Whole): Generator<Finding, void> {
  if (common.components.length < 2) return;
  const named: ReadonlyArray<readonly [string, Sequence]> = [["the shared sequence", common.shared], ...sequences];
  for (const [where, { commands }] of named) {
    const [first] = commands;
    if (first === undefined || first.code === COMMAND.setComponentIndex) continue;
    yield { severity: "error", error: new WireError("suit.no-index", { where }) };
  }
}

/** Only when nothing that could set one is out of sight. */
function* fetchesWithoutUri(manifest: Manifest, { sequences }: Whole): Generator<Finding, void> {
  if ([...manifest.sequences.keys()].some((name) => !sequences.has(name))) return;
  const all = [manifest.common.shared, ...sequences.values()];
  if ([...parametersIn(all)].some((parameters) => parameters.has(PARAMETER.uri))) return;
  for (const [where, sequence] of sequences) {
    if ([...commandsIn(sequence)].some(({ code }) => code === COMMAND.fetch)) {
      yield { severity: "error", error: new WireError("suit.fetch-without-uri", { where }) };
    }
  }
}

function* missingConditions({ common: { shared } }: Manifest): Generator<Finding, void> {
  const codes = new Set([...commandsIn(shared)].map(({ code }) => code));
  if (!codes.has(COMMAND.vendorIdentifier)) yield warning("vendor identifier");
  if (!codes.has(COMMAND.classIdentifier)) yield warning("class identifier");
}

const warning = (condition: string): Finding => ({
  severity: "warning",
  error: new WireError("suit.shared-conditions", { condition }),
});

/** Every command of a sequence, those inside others after the one that holds them. */
export function* commandsIn({ commands }: Sequence): Generator<Command, void> {
  for (const command of commands) {
    yield command;
    const { argument } = command;
    if (argument.kind === "sequence") yield* commandsIn(argument.sequence);
    if (argument.kind === "try-each") {
      for (const arm of argument.arms) if (arm !== undefined) yield* commandsIn(arm);
    }
  }
}

/** The command at the offset that a report names. */
export function commandAt(sequence: Sequence, offset: number): Command | undefined {
  for (const command of commandsIn(sequence)) if (command.offset === offset) return command;
  return undefined;
}
