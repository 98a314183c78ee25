/** suit-manifest-37 §6.5, §8.4.10.1 to §8.4.10.3, §8.4.10.8 — directives that steer the machine: parameters and nested sequences. */
import { TrustError } from "../../../../base/index.ts";
import {
  COMMAND,
  type ComponentIndex,
  componentText,
  PARAMETER,
  type Parameters,
  type ParameterValue,
  parameterName,
} from "../../../../wire/suit/index.ts";
import { SHARED_SECTION } from "../program.ts";
import type { Handler } from "./conditions.ts";
import { dependencyScope } from "./operations.ts";
import { abort, beyond, DONE, type Verdict } from "./outcome.ts";
import { type Current, type Frame, keyOf, parametersOf, type Scope } from "./state.ts";
import type { Steps } from "./steps.ts";

/** §8.4.8.14, §8.4.8.15: these belong to the sequence, not to a component. */
function steer(frame: Frame, key: number, value: ParameterValue): Verdict | undefined {
  if (value.form !== "bool") return undefined;
  if (key === PARAMETER.strictOrder) {
    if (value.value) frame.unordered = undefined;
    else frame.unordered ??= { sources: new Set(), targets: new Set() };
  }
  if (key === PARAMETER.softFailure) {
    if (!frame.nested) return abort(new TrustError("processor.soft-failure", {}));
    frame.softFailure = value.value;
  }
  return undefined;
}

/** `keep`: what is set already stays (td, set-parameters). */
function assign(current: Current, given: Parameters, keep: boolean): Verdict {
  const { scope, frame, component } = current;
  const own = parametersOf(scope.run, component);
  for (const [key, value] of given) {
    if (scope.run.device.supports("parameter", key) === false) {
      return abort(new TrustError("processor.parameter-unsupported", { parameter: parameterName(key) }));
    }
    if (key === PARAMETER.strictOrder || key === PARAMETER.softFailure) {
      const refusal = steer(frame, key, value);
      if (refusal !== undefined) return refusal;
    } else if (!keep || !own.has(key)) own.set(key, value);
  }
  return DONE;
}

const parameters =
  (keep: boolean): Handler =>
  (current) => {
    const { argument } = current.command;
    return argument.kind === "parameters" ? assign(current, argument.parameters, keep) : DONE;
  };

/** um: as override-parameters, from what other components have. What they do not have is not copied. */
function copyParams(current: Current): Verdict {
  const { scope, command } = current;
  if (command.argument.kind !== "copy-params") return DONE;
  for (const [source, keys] of command.argument.bySource) {
    const from = scope.components[source];
    if (from === undefined) return abort(new TrustError("processor.index", { index: source }));
    const theirs = parametersOf(scope.run, from);
    const copied = new Map<number, ParameterValue>();
    for (const key of keys) {
      const value = theirs.get(key);
      if (value !== undefined) copied.set(key, value);
    }
    const verdict = assign(current, copied, false);
    if (verdict.result !== "done") return verdict;
  }
  return DONE;
}

/** A sequence inside another begins anew: one component, strict order, its own soft-failure. */
const nestedFrame = (
  { frame, index }: Pick<Current, "frame" | "index">,
  softFailure: boolean,
  choosing: Frame["choosing"],
): Frame => ({
  procedure: frame.procedure,
  section: frame.section,
  depth: frame.depth + 1,
  nested: true,
  index,
  choosing,
  softFailure,
  unordered: undefined,
  processed: frame.processed,
});

/** §8.4.10.2: the first alternative that gets through; only a failed condition leads to the next one. */
function* tryEach(current: Current): Steps<Verdict> {
  const { scope, command } = current;
  if (command.argument.kind !== "try-each") return DONE;
  const { arms } = command.argument;
  let last = "it has none";
  for (const [position, arm] of arms.entries()) {
    const done = { result: "done", arm: position + 1 } as const;
    if (arm === undefined) return done;
    const frame = nestedFrame(current, true, current.frame.choosing);
    const ending = yield* scope.run.walk(scope, arm, frame);
    if (ending.result === "done") return done;
    if (ending.result !== "failed" || ending.hard || !frame.softFailure) return ending;
    last = ending.error.message;
  }
  return { result: "failed", hard: false, error: new TrustError("processor.no-arm", { arms: arms.length, last }) };
}

/** §8.4.10.8: forwards how it ended, unless its failure is soft. */
function* runSequence(current: Current): Steps<Verdict> {
  const { scope, frame, command } = current;
  if (command.argument.kind !== "sequence") return DONE;
  const inner = nestedFrame(current, false, choosing(frame));
  const ending = yield* scope.run.walk(scope, command.argument.sequence, inner);
  return ending.result === "failed" && !ending.hard && inner.softFailure ? DONE : ending;
}

/** §6.6: sequences that may run beside each other name their component first, or are given it. */
function choosing({ unordered, index, choosing: own }: Frame): Frame["choosing"] {
  if (unordered === undefined || own !== "free") return own;
  return typeof index === "number" ? "first" : "never";
}

/** td: the shared sequence of the dependency, then its section of the same name. What it has not is done at once. */
function* processDependency(current: Current): Steps<Verdict> {
  const { scope, frame, index, component } = current;
  const refuse = (why: string): Verdict =>
    abort(new TrustError("processor.dependency", { component: componentText(component), why }));
  const entry = scope.program.manifest.common.dependencies.get(index);
  if (entry === undefined) return refuse("the manifest does not call it one");
  if (frame.section === SHARED_SECTION) return refuse("it stands in the shared sequence");
  const program = scope.checked.get(keyOf(component));
  if (program === undefined) return refuse("its integrity was not checked before");
  const { dependencies } = scope.run.limits;
  if (scope.manifestId.length >= dependencies) return beyond("manifests inside each other", dependencies);
  frame.processed.add(keyOf(component));
  const below: Scope = dependencyScope(current, program, entry.prefix);
  return yield* scope.run.section(below, frame.procedure, frame.depth + 1);
}

/** §8.4.10.1 */
function setIndex({ scope, frame, command }: Current): Verdict {
  const { argument } = command;
  if (argument.kind !== "index") return DONE;
  const { index } = argument;
  return choose(scope, frame, index, index === true ? [] : [index].flat());
}

/** §6.6: where sequences may run beside each other, a component is chosen once, or was chosen before. */
function choose({ components }: Scope, frame: Frame, index: ComponentIndex, named: readonly number[]): Verdict {
  const absent = named.find((one) => components[one] === undefined);
  if (absent !== undefined) return abort(new TrustError("processor.index", { index: absent }));
  if (frame.choosing === "never") return abort(new TrustError("processor.index", { index: String(index) }));
  if (frame.choosing === "first") frame.choosing = "never";
  frame.index = index;
  return DONE;
}

/** um: another way to write set-component-index and override-parameters, one after the other. */
function overrideMultiple(current: Current): Verdict {
  const { scope, frame, command } = current;
  if (command.argument.kind !== "multiple") return DONE;
  for (const [index, given] of command.argument.byIndex) {
    const component = scope.components[index];
    const verdict = choose(scope, frame, index, [index]);
    if (verdict.result !== "done" || component === undefined) return verdict;
    const assigned = assign({ ...current, index, component }, given, false);
    if (assigned.result !== "done") return assigned;
  }
  return DONE;
}

export const FLOW: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [COMMAND.setComponentIndex, setIndex],
  [COMMAND.overrideMultiple, overrideMultiple],
  [COMMAND.setParameters, parameters(true)],
  [COMMAND.overrideParameters, parameters(false)],
  [COMMAND.copyParams, copyParams],
  [COMMAND.tryEach, tryEach],
  [COMMAND.runSequence, runSequence],
  [COMMAND.processDependency, processDependency],
]);
