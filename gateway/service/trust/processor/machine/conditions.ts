/** suit-manifest-37 §8.4.9, suit-trust-domains, suit-update-management — conditions: a fact of the device against a parameter. */
import { timingSafeEqual } from "node:crypto";
import { equalBytes, TrustError, toHex } from "../../../../base/index.ts";
import {
  COMMAND,
  commandName,
  componentText,
  digestRow,
  PARAMETER,
  type Parameters,
  type ParameterValue,
  parameterText,
  type SuitDigest,
} from "../../../../wire/suit/index.ts";
import type { FoundImage, Identifier, IdentifierKind, Known } from "../device.ts";
import { abort, holds, miss, type Verdict } from "./outcome.ts";
import { type Current, keyOf, missing, type ParameterOf, parameter } from "./state.ts";
import { ask, type Steps } from "./steps.ts";
import { versionHolds } from "./versions.ts";

/** Of one command: at once, or after asking the device. */
export type Handler = (current: Current) => Verdict | Steps<Verdict>;

/** A comparison that was made, or that nobody here can make. */
interface Compared {
  readonly holds: Known<boolean>;
  readonly expected: string;
  readonly found: string;
  /** What the device is, for the report. */
  readonly measured?: Parameters;
}

/** Conditions that compare: the device's answer decides, and where it has none, what a dry run supposes. */
const comparing = <F extends ParameterValue["form"]>(
  key: number,
  form: F,
  compare: (current: Current, expected: ParameterOf<F>) => Steps<Compared | Verdict>,
): Handler =>
  function* (current) {
    const expected = parameter(current.parameters, key, form);
    // §8.4.9: what was not set does not hold.
    if (expected === undefined) return miss(missing(current, key));
    const compared = yield* compare(current, expected);
    return "result" in compared ? compared : decide(current, compared, expected);
  };

function decide(current: Current, compared: Compared, expected: ParameterValue | undefined): Verdict {
  const { command, component, scope } = current;
  const verdict =
    compared.holds === "unknown"
      ? scope.run.device.suppose?.({ code: command.code, component, expected })
      : compared.holds;
  if (verdict === true) return holds(compared.measured);
  const condition = commandName(command.code);
  if (verdict === undefined) {
    return {
      result: "unknown",
      error: new TrustError("processor.unknown", { command: condition, what: compared.expected }),
    };
  }
  return miss(
    new TrustError("processor.mismatch", { condition, expected: compared.expected, found: compared.found }),
    compared.measured,
  );
}

const unknown = (expected: string): Compared => ({ holds: "unknown", expected, found: "what only it knows" });
const one = (key: number, value: ParameterValue): Parameters => new Map([[key, value]]);

/** §8.4.9.1: a recipient may have several of each. */
const identifier = (key: number, kind: IdentifierKind): Handler =>
  comparing(key, "identifier", function* ({ scope, component }, expected) {
    const text = parameterText(expected);
    const found = yield* ask(scope.run.device.identifiers(kind, component));
    if (found === "unknown") return unknown(text);
    const [first] = found;
    const compared = {
      holds: found.some((own) => sameIdentifier(own, expected)),
      expected: text,
      found: found.length === 0 ? "none" : found.map(parameterText).join(", "),
    };
    return first === undefined ? compared : { ...compared, measured: one(key, first) };
  });

const sameIdentifier = (a: Identifier, b: Identifier): boolean => a.tagged === b.tagged && equalBytes(a.bytes, b.bytes);

/** §8.4.9.2, and its reverse of update-management. Of a dependency the manifest alone counts (td). */
const image = (wanted: boolean): Handler =>
  comparing(PARAMETER.imageDigest, "digest", function* ({ scope, index, component, parameters }, expected) {
    const { device } = scope.run;
    const { algorithm } = expected.digest;
    const row = digestRow(algorithm);
    if (row === undefined || device.supports("algorithm", algorithm) === false) {
      return abort(new TrustError("processor.algorithm-unsupported", { algorithm: row?.name ?? algorithm }));
    }
    const size = parameter(parameters, PARAMETER.imageSize, "uint")?.value;
    const manifestOnly = scope.program.manifest.common.dependencies.has(index);
    const found = yield* ask(device.image(component, { algorithm, size, manifestOnly }));
    if (found === "unknown") return unknown(`${wanted ? "" : "anything but "}${imageText(expected.digest, size)}`);
    return compareImages(found, { digest: expected.digest, size: manifestOnly ? undefined : size, wanted });
  });

function compareImages(
  found: FoundImage | undefined,
  expected: { readonly digest: SuitDigest; readonly size: bigint | undefined; readonly wanted: boolean },
): Compared {
  const { digest, size, wanted } = expected;
  const fits = found !== undefined && equalBytes(found.digest, digest.bytes) && sameSize(found.size, size);
  const compared = {
    holds: fits === wanted,
    expected: `${wanted ? "" : "anything but "}${imageText(digest, size)}`,
    found: found === undefined ? "nothing" : imageText({ ...digest, bytes: found.digest }, found.size),
  };
  if (found === undefined) return compared;
  const measured = new Map<number, ParameterValue>([
    [PARAMETER.imageDigest, { form: "digest", digest: { ...digest, bytes: found.digest } }],
  ]);
  if (found.size !== undefined) measured.set(PARAMETER.imageSize, { form: "uint", value: found.size });
  return { ...compared, measured };
}

const sameSize = (found: bigint | undefined, expected: bigint | undefined): boolean =>
  found === undefined || expected === undefined || found === expected;

const imageText = ({ bytes }: SuitDigest, size: bigint | undefined): string =>
  `${toHex(bytes)}${size === undefined ? "" : ` (${size} bytes)`}`;

/** A number of the device against a number of the manifest. */
const numeric = (
  key: number,
  read: (current: Current) => Steps<Known<bigint>>,
  fits: (found: bigint, expected: bigint) => boolean,
  say: (expected: bigint) => string = String,
): Handler =>
  comparing(key, "uint", function* (current, expected) {
    const found = yield* read(current);
    const text = say(expected.value);
    if (found === "unknown") return unknown(text);
    return {
      holds: fits(found, expected.value),
      expected: text,
      found: String(found),
      measured: one(key, { form: "uint", value: found }),
    };
  });

/** §8.4.9.3: no early end, or the time taken would tell how much fits. */
const content = comparing(PARAMETER.content, "bytes", function* ({ scope, component }, expected) {
  const wanted = expected.bytes;
  // One more byte than wanted tells a longer component.
  const found = yield* ask(scope.run.device.content(component, wanted.length + 1));
  const text = `${wanted.length} bytes of content`;
  if (found === "unknown") return unknown(text);
  const fits = found !== undefined && found.length === wanted.length && timingSafeEqual(found, wanted);
  return { holds: fits, expected: text, found: found === undefined ? "nothing" : "others" };
});

const version = comparing(PARAMETER.version, "version", function* ({ scope, component }, expected) {
  const found = yield* ask(scope.run.device.version(component));
  const text = `version ${parameterText(expected)}`;
  if (found === "unknown") return unknown(text);
  return {
    holds: versionHolds(found, expected.comparison, expected.version),
    expected: text,
    found: found.join("."),
    measured: one(PARAMETER.version, { ...expected, version: found }),
  };
});

const authorised = comparing(PARAMETER.updatePriority, "int", function* ({ scope }, expected) {
  const text = `leave to update with priority ${expected.value}`;
  const found = yield* ask(scope.run.device.authorises(expected.value));
  return found === "unknown" ? unknown(text) : { holds: found, expected: text, found: "no" };
});

/** td: a dependency that is not what it should be ends everything, alternatives or not. */
function* dependencyIntegrity({ scope, index, component, parameters }: Current): Steps<Verdict> {
  const fault = (why: string): Verdict =>
    abort(new TrustError("processor.dependency", { component: componentText(component), why }));
  if (!scope.program.manifest.common.dependencies.has(index)) return fault("the manifest does not call it one");
  const digest = parameter(parameters, PARAMETER.imageDigest, "digest")?.digest;
  if (digest === undefined) return fault("its digest is not set");
  const found = yield* ask(scope.run.device.dependency(component, digest));
  if (found === "unknown") {
    const what = `the dependency ${componentText(component)}`;
    return { result: "unknown", error: new TrustError("processor.unknown", { command: "dependency-integrity", what }) };
  }
  if ("failed" in found) return fault(found.failed);
  scope.checked.set(keyOf(component), found);
  return holds();
}

function isDependency({ scope, index, command }: Current): Verdict {
  if (scope.program.manifest.common.dependencies.has(index)) return holds();
  const facts = { condition: commandName(command.code), expected: "a dependency", found: "a component" };
  return miss(new TrustError("processor.mismatch", facts));
}

export const CONDITIONS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [COMMAND.vendorIdentifier, identifier(PARAMETER.vendorIdentifier, "vendor")],
  [COMMAND.classIdentifier, identifier(PARAMETER.classIdentifier, "class")],
  [COMMAND.deviceIdentifier, identifier(PARAMETER.deviceIdentifier, "device")],
  [COMMAND.imageMatch, image(true)],
  [COMMAND.imageNotMatch, image(false)],
  [
    COMMAND.componentSlot,
    numeric(
      PARAMETER.componentSlot,
      ({ scope, component }) => ask(scope.run.device.slot(component)),
      (found, expected) => found === expected,
      (slot) => `slot ${slot}`,
    ),
  ],
  [COMMAND.checkContent, content],
  [
    COMMAND.useBefore,
    numeric(
      PARAMETER.useBefore,
      ({ scope }) => ask(scope.run.device.time()),
      (now, end) => now < end,
      (end) => `a time before ${end}`,
    ),
  ],
  [
    COMMAND.minimumBattery,
    numeric(
      PARAMETER.minimumBattery,
      ({ scope }) => ask(scope.run.device.battery()),
      (level, least) => level >= least,
      (least) => `${least} mWh at least`,
    ),
  ],
  [COMMAND.updateAuthorized, authorised],
  [COMMAND.version, version],
  [COMMAND.dependencyIntegrity, dependencyIntegrity],
  [COMMAND.isDependency, isDependency],
  [COMMAND.abort, () => miss(new TrustError("processor.abort", {}))],
]);
