/** Sequences read without a node: which components are chosen, and what is set for them, alternatives one after the other. */
import type { Command, Parameters, Sequence } from "../../../wire/suit/index.ts";
import { insideOf } from "./place.ts";
import type { Program } from "./program.ts";

export interface Walk {
  readonly all: readonly number[];
  chosen: readonly number[];
}

export const walkOf = ({ manifest }: Program): Walk => ({ all: [...manifest.common.components.keys()], chosen: [0] });

export function choose(walk: Walk, { argument }: Command): void {
  if (argument.kind === "multiple") walk.chosen = [[...argument.byIndex.keys()].at(-1) ?? 0];
  if (argument.kind === "index") walk.chosen = argument.index === true ? walk.all : [argument.index].flat();
}

export interface Assignment {
  readonly index: number;
  readonly parameters: Parameters;
  readonly offset: number;
}

export function* assignments({ commands }: Sequence, walk: Walk): Generator<Assignment, void> {
  for (const command of commands) {
    choose(walk, command);
    const { argument, offset } = command;
    if (argument.kind === "parameters") {
      for (const index of walk.chosen) yield { index, parameters: argument.parameters, offset };
    }
    if (argument.kind === "multiple") {
      for (const [index, parameters] of argument.byIndex) yield { index, parameters, offset };
    }
    for (const [, inner] of insideOf(command)) yield* assignments(inner, { ...walk });
  }
}
