/**
 * The abstract machine of SUIT (suit-manifest-37 §6.4 to §6.6 and what suit-trust-domains adds): walks the sequences of a
 * manifest on a device. It verifies nothing: a program is what was verified.
 */
import { TrustError } from "../../../../base/index.ts";
import {
  COMMAND,
  type Command,
  commandName,
  componentText,
  SEQUENCES,
  type Sequence,
  type SequenceName,
} from "../../../../wire/suit/index.ts";
import type { Device } from "../device.ts";
import { type Program, SHARED_SECTION, sectionName, sectionOf } from "../program.ts";
import { CONDITIONS, type Handler } from "./conditions.ts";
import { FLOW } from "./flow.ts";
import { custom, OPERATIONS } from "./operations.ts";
import {
  abort,
  beyond,
  DONE,
  type Ending,
  type Outcome,
  type Place,
  reasonOfFailure,
  type Stop,
  type Verdict,
} from "./outcome.ts";
import { recordOf } from "./records.ts";
import {
  type Frame,
  keyOf,
  PROCESSOR_LIMITS,
  type ProcessorLimits,
  parametersOf,
  type Run,
  type Scope,
} from "./state.ts";
import type { Steps } from "./steps.ts";

/** Every command that runs once per component, by its code. */
const HANDLERS: ReadonlyMap<number, Handler> = new Map([...CONDITIONS, ...OPERATIONS, ...FLOW]);

/** Runs these sequences in this order, one procedure: it begins without parameters (§6.1). */
export function* run(
  program: Program,
  names: Iterable<SequenceName>,
  device: Device,
  limits: ProcessorLimits = PROCESSOR_LIMITS,
): Steps<Outcome> {
  const state: Run = { device, limits, parameters: new Map(), trail: [], records: [], walk, section };
  const components = program.manifest.common.components;
  const scope: Scope = { run: state, program, manifestId: [], components, checked: new Map() };
  for (const name of names) {
    const ending = yield* section(scope, SEQUENCES[name], 0);
    if (ending.result !== "done") return outcomeOf(state, ending);
  }
  return { result: "done", reason: "ok", trail: state.trail, records: state.records };
}

type Stopped = Stop & { readonly at: Place };

function outcomeOf({ trail, records }: Run, stop: Stopped): Outcome {
  const { at } = stop;
  if (stop.result === "pending") return { result: "done", reason: "invoke-pending", at, trail, records };
  const { error } = stop;
  if (stop.result === "unknown") return { result: "unknown", at, error, trail, records };
  const { measured } = stop;
  return { result: "failed", at, error, reason: reasonOfFailure(error, stop.hard), measured, trail, records };
}

/** One sequence of a manifest, the shared sequence first (§6.4). A manifest without it is done with it. */
function* section(scope: Scope, label: number, depth: number): Steps<typeof DONE | Stopped> {
  const refusal = checkProgram(scope, label);
  if (refusal !== undefined) return stopped(scope, label, refusal);
  const sequence = sectionOf(scope.program, label);
  if (sequence === undefined) return DONE;
  const processed = new Set<string>();
  for (const [place, commands] of [
    [SHARED_SECTION, scope.program.manifest.common.shared],
    [label, sequence],
  ] as const) {
    const frame: Frame = {
      procedure: label,
      section: place,
      depth,
      nested: false,
      index: 0,
      choosing: "free",
      softFailure: false,
      unordered: undefined,
      processed,
    };
    const ending = missesIndex(scope, commands) ?? (yield* walk(scope, commands, frame));
    if (ending.result !== "done") return stopped(scope, place, ending);
  }
  const ending = checkProcessed(scope, label, processed);
  return ending.result === "done" ? ending : stopped(scope, label, ending);
}

/** What no command is to blame for is the fault of the sequence. */
const stopped = ({ program, manifestId }: Scope, label: number, stop: Stop): Stopped => ({
  at: { program, manifestId, section: label, offset: 0, code: undefined, componentIndex: 0, component: [] },
  ...stop,
});

/** Before anything runs: what the manifest brings, and what the device can take. */
function checkProgram({ program, run: { device } }: Scope, label: number): Stop | undefined {
  const { components } = program.manifest.common;
  const { maxComponents: limit } = device;
  if (limit !== "unknown" && components.length > limit) {
    return abort(new TrustError("processor.components", { found: components.length, limit }));
  }
  const severed = [...program.manifest.sequences.keys()].some(
    (name) => SEQUENCES[name] === label && !program.sequences.has(name),
  );
  return severed ? abort(new TrustError("processor.severed", { section: sectionName(label) })) : undefined;
}

/** §6.2: with several components nobody guesses which one is meant. */
function missesIndex({ components }: Scope, { commands: [first] }: Sequence): Stop | undefined {
  if (components.length < 2 || first === undefined || choosesIndex(first)) return undefined;
  return abort(new TrustError("processor.no-index", {}));
}

/** um: override-multiple is a set-component-index too. */
const choosesIndex = ({ code }: Command): boolean =>
  code === COMMAND.setComponentIndex || code === COMMAND.overrideMultiple;

/** td, "Required Checks": a dependency that was found good does what its dependent does, section by section. */
function checkProcessed({ components, checked }: Scope, label: number, processed: ReadonlySet<string>): Ending {
  for (const component of components) {
    const program = checked.get(keyOf(component));
    if (program === undefined || processed.has(keyOf(component)) || sectionOf(program, label) === undefined) continue;
    const why = `its ${sectionName(label)} was left out`;
    return abort(new TrustError("processor.dependency", { component: componentText(component), why }));
  }
  return DONE;
}

function* walk(scope: Scope, { commands }: Sequence, frame: Frame): Steps<Ending> {
  const { depth } = scope.run.limits;
  if (frame.depth > depth) return beyond("sequences inside each other", depth);
  if (frame.choosing === "first" && commands[0]?.code !== COMMAND.setComponentIndex) {
    return abort(new TrustError("processor.no-index", {}));
  }
  for (const command of commands) {
    for (const index of chosen(scope, frame, command)) {
      const ending = log(scope, frame, command, index, yield* execute(scope, frame, command, index));
      if (ending.result !== "done") return ending;
    }
  }
  return DONE;
}

/** §6.5: once, or once for each component that is chosen; commands that choose run once. */
function chosen({ components, program }: Scope, { index }: Frame, command: Command): readonly number[] {
  const several = index === true ? [...components.keys()] : [index].flat();
  if (choosesIndex(command)) return several.slice(0, 1);
  // td: with `true` it means every dependency, and nothing else.
  if (index !== true || command.code !== COMMAND.processDependency) return several;
  return several.filter((one) => program.manifest.common.dependencies.has(one));
}

/** One command for one component. */
function* execute(scope: Scope, frame: Frame, command: Command, index: number): Steps<Verdict> {
  const { device, trail, limits } = scope.run;
  const { code } = command;
  if (trail.length >= limits.steps) return beyond("steps", limits.steps);
  const handler = HANDLERS.get(code) ?? (code < 0 ? custom : undefined);
  if (handler === undefined || device.supports("command", code) === false) {
    return abort(new TrustError("processor.command-unsupported", { command: commandName(code) }));
  }
  const component = scope.components[index];
  if (component === undefined) return abort(new TrustError("processor.index", { index }));
  if (!choosesIndex(command) && device.has(component) === false) {
    return abort(new TrustError("processor.component-unsupported", { component: componentText(component) }));
  }
  const parameters = parametersOf(scope.run, component);
  const verdict = handler({ scope, frame, command, index, component, parameters });
  return "result" in verdict ? verdict : yield* verdict;
}

/** Into the trail, and into the records that its reporting policy asks for. */
function log(scope: Scope, { section: label }: Frame, command: Command, index: number, verdict: Verdict): Ending {
  const { run: state, manifestId, components } = scope;
  const { offset, code } = command;
  const at: Place = {
    program: scope.program,
    manifestId,
    section: label,
    offset,
    code,
    componentIndex: index,
    component: components[index] ?? [],
  };
  const error = verdict.result === "failed" || verdict.result === "unknown" ? verdict.error : undefined;
  const arm = verdict.result === "done" ? verdict.arm : undefined;
  state.trail.push({ ...at, result: verdict.result, error, arm });
  const room = state.limits.records - state.records.length;
  state.records.push(...recordOf(at, command, verdict).slice(0, Math.max(0, room)));
  if (verdict.result === "done") return DONE;
  return { at, ...verdict };
}
