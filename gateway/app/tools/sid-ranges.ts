/** Where numbers come from: ranges on the command line, and the registry that keeps organisations from giving one twice. */
import { UsageError } from "../../base/index.ts";
import {
  holds,
  nextRange,
  type Registry,
  rangesOf,
  readRegistry,
  registryText,
  type SidRange,
  withRange,
} from "../../yang/sid/index.ts";
import { type Print, readText, writeText } from "./sid-files.ts";

export interface RangeOptions {
  readonly range: readonly SidRange[];
  readonly registry?: string;
  readonly size?: number;
}

export interface ChosenRanges {
  readonly ranges: readonly SidRange[];
  /** Notes the ranges; called when the .sid file is written. */
  note(print: Print): Promise<void>;
}

/**
 * The ranges that a module gets besides those it has: what the command line names, else what the registry holds for it,
 * and the next free one when a size is asked for. Throws UsageError `cli.usage`, `cli.file`, `yang.sid-*`.
 */
export async function chooseRanges(
  { range, registry: file, size }: RangeOptions,
  module: string,
  had: readonly SidRange[],
): Promise<ChosenRanges> {
  if (file === undefined) {
    if (size !== undefined) throw new UsageError("cli.usage", { what: "--size goes with --registry" });
    return { ranges: range, note: async () => undefined };
  }
  const before = readRegistry(await readText(file), file);
  const noted = range.reduce((registry, each) => note(registry, module, each), before);
  const taken = size === undefined ? [] : [nextRange(noted, size)];
  const after = taken.reduce((registry, each) => note(registry, module, each), noted);
  const known = new Set(had.map(({ entryPoint }) => entryPoint));
  return {
    ranges: rangesOf(after, module)
      .filter(({ entryPoint }) => !known.has(entryPoint))
      .map(({ entryPoint, size: wide }) => ({ entryPoint, size: wide })),
    note: async (print) => {
      if (after !== before) await writeText(file, registryText(after), print);
    },
  };
}

const note = (registry: Registry, module: string, range: SidRange): Registry =>
  holds(registry, module, range) ? registry : withRange(registry, { module, ...range });
