/** suit-manifest-37 §8.4.10, suit-trust-domains, suit-update-management — directives that change the device. */
import { TrustError } from "../../../../base/index.ts";
import {
  COMMAND,
  type ComponentId,
  commandName,
  componentText,
  PARAMETER,
  SEQUENCES,
} from "../../../../wire/suit/index.ts";
import type { Answer, CustomDone, Done, Storing } from "../device.ts";
import type { Handler } from "./conditions.ts";
import { abort, DONE, miss, type Verdict } from "./outcome.ts";
import { type Current, keyOf, missing, parameter } from "./state.ts";
import { ask, type Steps } from "./steps.ts";

function* finish(current: Current, answer: Answer<CustomDone>): Steps<Verdict> {
  const done = yield* ask(answer);
  if (done === "done") return DONE;
  if (done === "pending") return { result: "pending" };
  const { code } = current.command;
  const command = commandName(code);
  if (done !== "unknown" && "missed" in done) {
    return miss(
      new TrustError("processor.mismatch", { condition: command, expected: "it to hold", found: done.missed }),
    );
  }
  if (done !== "unknown") return abort(new TrustError("processor.operation", { command, why: done.failed }));
  const { component, scope } = current;
  const supposed = scope.run.device.suppose?.({ code, component, expected: undefined });
  if (supposed === true) return DONE;
  if (supposed === false) return abort(new TrustError("processor.operation", { command, why: "the node refuses it" }));
  return { result: "unknown", error: new TrustError("processor.unknown", { command, what: "how it ends" }) };
}

const storing = ({ component, parameters }: Current): Storing => ({
  into: component,
  encryptionInfo: parameter(parameters, PARAMETER.encryptionInfo, "bytes")?.bytes,
  expected: {
    digest: parameter(parameters, PARAMETER.imageDigest, "digest")?.digest,
    size: parameter(parameters, PARAMETER.imageSize, "uint")?.value,
  },
  parameters,
});

/** §6.6: while the order is not strict, what one command reads no other may write. */
function touch({ scope, frame, component }: Current, from?: ComponentId): Verdict | undefined {
  // td: what was checked is no longer what is there.
  scope.checked.delete(keyOf(component));
  const { unordered } = frame;
  if (unordered === undefined) return undefined;
  unordered.targets.add(keyOf(component));
  if (from !== undefined) unordered.sources.add(keyOf(from));
  const both = [component, from ?? component].find((id) => {
    const key = keyOf(id);
    return unordered.sources.has(key) && unordered.targets.has(key);
  });
  return both && abort(new TrustError("processor.order", { component: componentText(both) }));
}

function* fetch(current: Current): Steps<Verdict> {
  const { parameters, scope } = current;
  const uri = parameter(parameters, PARAMETER.uri, "text")?.text;
  if (uri === undefined) return abort(missing(current, PARAMETER.uri));
  const args = parameter(parameters, PARAMETER.fetchArguments, "bytes")?.bytes;
  const refusal = touch(current);
  return refusal ?? (yield* finish(current, scope.run.device.fetch({ ...storing(current), uri, args })));
}

function* write(current: Current): Steps<Verdict> {
  const { parameters, scope } = current;
  const content = parameter(parameters, PARAMETER.content, "bytes")?.bytes;
  if (content === undefined) return abort(missing(current, PARAMETER.content));
  const refusal = touch(current);
  return refusal ?? (yield* finish(current, scope.run.device.write({ ...storing(current), content })));
}

/** Copy and swap: from the component that a parameter names by its index. */
const moving = (move: (current: Current, from: ComponentId) => Answer<Done>): Handler =>
  function* (current) {
    const { parameters, scope } = current;
    const index = parameter(parameters, PARAMETER.sourceComponent, "uint")?.value;
    if (index === undefined) return abort(missing(current, PARAMETER.sourceComponent));
    const from = scope.components[Number(index)];
    if (from === undefined) return abort(new TrustError("processor.index", { index: String(index) }));
    const refusal = touch(current, from);
    return refusal ?? (yield* finish(current, move(current, from)));
  };

const copy = moving((current, from) => current.scope.run.device.copy({ ...storing(current), from }));
const swap = moving(({ scope, component }, from) => {
  scope.checked.delete(keyOf(from));
  return scope.run.device.swap(component, from);
});

function* invoke(current: Current): Steps<Verdict> {
  const { component, parameters, scope } = current;
  const args = parameter(parameters, PARAMETER.invokeArgs, "bytes")?.bytes;
  return yield* finish(current, scope.run.device.invoke(component, args));
}

function* wait(current: Current): Steps<Verdict> {
  const events = parameter(current.parameters, PARAMETER.waitInfo, "wait")?.events;
  if (events === undefined) return abort(missing(current, PARAMETER.waitInfo));
  return yield* finish(current, current.scope.run.device.wait(events));
}

/** td: when nobody else uses a manifest, what it installed goes with it. */
function* unlink(current: Current): Steps<Verdict> {
  const { scope, frame, component, index } = current;
  const program = scope.checked.get(keyOf(component));
  const done = yield* ask(scope.run.device.unlink(component));
  if (done !== "last") return yield* finish(current, done);
  if (program === undefined) return DONE;
  const { prefix } = scope.program.manifest.common.dependencies.get(index) ?? {};
  const below = dependencyScope(current, program, prefix);
  return yield* scope.run.section(below, SEQUENCES.uninstall, frame.depth + 1);
}

/** td: the scope of a dependency; its components stand below the prefix. */
export const dependencyScope = (
  { scope, index }: Current,
  program: Current["scope"]["program"],
  prefix: ComponentId = [],
): Current["scope"] => ({
  run: scope.run,
  program,
  manifestId: [...scope.manifestId, index],
  components: program.manifest.common.components.map((id) => [...prefix, ...id]),
  checked: new Map(),
});

/** §8.4.11: what a private command does knows the device alone. */
export function* custom(current: Current): Steps<Verdict> {
  const { command, component, parameters, scope } = current;
  const bytes = command.argument.kind === "custom" ? command.argument.bytes : new Uint8Array();
  return yield* finish(current, scope.run.device.custom(command.code, bytes, component, parameters));
}

export const OPERATIONS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [COMMAND.fetch, fetch],
  [COMMAND.copy, copy],
  [COMMAND.write, write],
  [COMMAND.swap, swap],
  [COMMAND.invoke, invoke],
  [COMMAND.wait, wait],
  [COMMAND.unlink, unlink],
]);
