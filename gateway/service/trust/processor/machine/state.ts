/** What the abstract machine keeps while it runs (suit-manifest-37 §6.4): per run, per manifest, per sequence. */
import { TrustError, toHex } from "../../../../base/index.ts";
import {
  type Command,
  type ComponentId,
  type ComponentIndex,
  commandName,
  type Parameters,
  type ParameterValue,
  parameterName,
  type ReportClaim,
  type ReportRecord,
  type Sequence,
  SUIT_LIMITS,
} from "../../../../wire/suit/index.ts";
import type { Device } from "../device.ts";
import type { Program } from "../program.ts";
import type { Ending, Step } from "./outcome.ts";
import type { Steps } from "./steps.ts";

export const PROCESSOR_LIMITS = {
  /** Commands that are run, each once per component. */
  steps: 4096,
  /** Sequences inside sequences, over all manifests. */
  depth: SUIT_LIMITS.depth,
  /** td: manifests inside manifests. */
  dependencies: 4,
  records: SUIT_LIMITS.records,
} as const;
export type ProcessorLimits = Readonly<Record<keyof typeof PROCESSOR_LIMITS, number>>;

/** A component's name in maps. Each part ends, so that the name of a prefix is a prefix of the name. */
export const keyOf = (id: ComponentId): string => id.map((part) => `${toHex(part)}.`).join("");

/** One run of some sequences of a root manifest. Parameters belong to components, whichever manifest sets them (td). */
export interface Run {
  readonly device: Device;
  readonly limits: ProcessorLimits;
  readonly parameters: Map<string, Map<number, ParameterValue>>;
  readonly trail: Step[];
  readonly records: Array<ReportRecord | ReportClaim>;
  /** Walks a sequence: for the commands that hold one. */
  readonly walk: (scope: Scope, sequence: Sequence, frame: Frame) => Steps<Ending>;
  /** td: the section of a dependency, its shared sequence first. */
  readonly section: (scope: Scope, section: number, depth: number) => Steps<Ending>;
}

/** One manifest of the run. */
export interface Scope {
  readonly run: Run;
  readonly program: Program;
  readonly manifestId: readonly number[];
  readonly components: readonly ComponentId[];
  /** td: dependencies whose integrity was checked in this manifest, by component; storing anew forgets. */
  readonly checked: Map<string, Program>;
}

/** One sequence of it. */
export interface Frame {
  /** The sequence of the manifest it stands in, and what stands in the trail: the shared one has a section of its own. */
  readonly procedure: number;
  readonly section: number;
  readonly depth: number;
  readonly nested: boolean;
  index: ComponentIndex;
  /** §6.6: in a sequence that may run beside others the component is chosen first, or not at all. */
  choosing: "free" | "first" | "never";
  softFailure: boolean;
  /** undefined while the order is strict; else what was read and what was written meanwhile. */
  unordered: { readonly sources: Set<string>; readonly targets: Set<string> } | undefined;
  /** td: dependencies that were processed in this section. */
  readonly processed: Set<string>;
}

/** One command for one component: what a handler sees. */
export interface Current {
  readonly scope: Scope;
  readonly frame: Frame;
  readonly command: Command;
  readonly index: number;
  readonly component: ComponentId;
  readonly parameters: Parameters;
}

export function parametersOf({ parameters }: Run, component: ComponentId): Map<number, ParameterValue> {
  const key = keyOf(component);
  const known = parameters.get(key);
  if (known !== undefined) return known;
  const fresh = new Map<number, ParameterValue>();
  parameters.set(key, fresh);
  return fresh;
}

export type ParameterOf<F extends ParameterValue["form"]> = Extract<ParameterValue, { readonly form: F }>;

/** A parameter of the form that its row says. */
export function parameter<F extends ParameterValue["form"]>(
  parameters: Parameters,
  key: number,
  form: F,
): ParameterOf<F> | undefined {
  const value = parameters.get(key);
  return value !== undefined && isForm(value, form) ? value : undefined;
}

const isForm = <F extends ParameterValue["form"]>(value: ParameterValue, form: F): value is ParameterOf<F> =>
  value.form === form;

export const missing = ({ command }: Current, key: number): TrustError =>
  new TrustError("processor.parameter-missing", {
    command: commandName(command.code),
    parameter: parameterName(key),
  });
