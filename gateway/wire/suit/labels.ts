/**
 * Every number of SUIT in one place: draft-ietf-suit-manifest-37 (§8, §11), and what extends it: trust-domains-12 (td),
 * update-management-14 (um), firmware-encryption-24 (fe), suit-report-22. Names are those of the documents without their prefixes.
 */

/** The dialect that these tables describe. */
export const SUIT_37 = "suit-37";

/** Those of reports are what IANA registered for suit-report. */
export const TAG = { envelope: 107, manifest: 1070, pen: 112, reference: 286, capabilities: 287 } as const;

/** Elements that may stand in the manifest, or beside it with only their digest inside (§8.6). */
export const SEVERABLE = {
  coswid: 14,
  dependencyResolution: 15,
  payloadFetch: 16,
  candidateVerification: 18,
  install: 20,
  text: 23,
} as const;

/** §8.2. 1 is reserved for delegation. Text keys are integrated payloads and dependencies. */
export const ENVELOPE = { delegation: 1, authentication: 2, manifest: 3, ...SEVERABLE } as const;

/** §8.4 */
export const MANIFEST = {
  version: 1,
  sequenceNumber: 2,
  common: 3,
  referenceUri: 4,
  componentId: 5,
  setVersion: 6,
  validate: 7,
  load: 8,
  invoke: 9,
  ...SEVERABLE,
  uninstall: 24,
} as const;

/** §8.4.5 */
export const COMMON = { dependencies: 1, components: 2, sharedSequence: 4 } as const;

/** td: what is said of a dependency. */
export const DEPENDENCY = { prefix: 1 } as const;

export const MANIFEST_VERSION = 1;

/** In the order in which a recipient runs them: an update first (§6.4), then a boot (§6.5). */
export const SEQUENCES = {
  dependencyResolution: 15,
  payloadFetch: 16,
  candidateVerification: 18,
  install: 20,
  uninstall: 24,
  validate: 7,
  load: 8,
  invoke: 9,
} as const;
export type SequenceName = keyof typeof SEQUENCES;

export const PARAMETER = {
  vendorIdentifier: 1,
  classIdentifier: 2,
  imageDigest: 3,
  useBefore: 4,
  componentSlot: 5,
  strictOrder: 12,
  softFailure: 13,
  imageSize: 14,
  content: 18,
  encryptionInfo: 19,
  uri: 21,
  sourceComponent: 22,
  invokeArgs: 23,
  deviceIdentifier: 24,
  fetchArguments: 25,
  minimumBattery: 26,
  updatePriority: 27,
  version: 28,
  waitInfo: 29,
  componentMetadata: 30,
} as const;

/** Forms of a parameter's value. */
export type ParameterForm =
  | "identifier" // UUID or private enterprise number, as bytes with the tag where there is one
  | "digest"
  | "uint"
  | "int"
  | "bool"
  | "bytes"
  | "text"
  | "version"
  | "wait"
  | "metadata";

export interface ParameterRow {
  readonly key: number;
  readonly name: string;
  readonly form: ParameterForm;
  readonly source: string;
}

const parameter = (key: number, name: string, form: ParameterForm, source: string): ParameterRow => ({
  key,
  name,
  form,
  source,
});

export const PARAMETERS: ReadonlyMap<number, ParameterRow> = new Map(
  [
    parameter(1, "vendor-identifier", "identifier", "§8.4.8.3"),
    parameter(2, "class-identifier", "identifier", "§8.4.8.4"),
    parameter(3, "image-digest", "digest", "§8.4.8.6"),
    parameter(4, "use-before", "uint", "um"),
    parameter(5, "component-slot", "uint", "§8.4.8.8"),
    parameter(12, "strict-order", "bool", "§8.4.8.14"),
    parameter(13, "soft-failure", "bool", "§8.4.8.15"),
    parameter(14, "image-size", "uint", "§8.4.8.7"),
    parameter(18, "content", "bytes", "§8.4.8.9"),
    parameter(19, "encryption-info", "bytes", "fe"),
    parameter(21, "uri", "text", "§8.4.8.10"),
    parameter(22, "source-component", "uint", "§8.4.8.11"),
    parameter(23, "invoke-args", "bytes", "§8.4.8.12"),
    parameter(24, "device-identifier", "identifier", "§8.4.8.5"),
    parameter(25, "fetch-arguments", "bytes", "§8.4.8.13"),
    parameter(26, "minimum-battery", "uint", "um"),
    parameter(27, "update-priority", "int", "um"),
    parameter(28, "version", "version", "um"),
    parameter(29, "wait-info", "wait", "um"),
    parameter(30, "component-metadata", "metadata", "um"),
  ].map((row) => [row.key, row]),
);

export const COMMAND = {
  vendorIdentifier: 1,
  classIdentifier: 2,
  imageMatch: 3,
  useBefore: 4,
  componentSlot: 5,
  checkContent: 6,
  dependencyIntegrity: 7,
  isDependency: 8,
  processDependency: 11,
  setComponentIndex: 12,
  abort: 14,
  tryEach: 15,
  write: 18,
  setParameters: 19,
  overrideParameters: 20,
  fetch: 21,
  copy: 22,
  invoke: 23,
  deviceIdentifier: 24,
  imageNotMatch: 25,
  minimumBattery: 26,
  updateAuthorized: 27,
  version: 28,
  wait: 29,
  swap: 31,
  runSequence: 32,
  unlink: 33,
  overrideMultiple: 34,
  copyParams: 35,
} as const;

/** What follows the code of a command: a reporting policy (§8.4.7), or what steers the flow. */
export type ArgumentForm = "policy" | "index" | "parameters" | "try-each" | "sequence" | "multiple" | "copy-params";

export interface CommandRow {
  readonly code: number;
  readonly name: string;
  readonly kind: "condition" | "directive";
  readonly argument: ArgumentForm;
  /** May stand in the shared sequence (§8.4.5, SUIT_Shared_Commands): every condition, and these directives. */
  readonly shared: boolean;
  /** Parameters without which it cannot run. */
  readonly needs: readonly number[];
  readonly source: string;
}

const condition = (code: number, name: string, needs: readonly number[], source: string): CommandRow => ({
  code,
  name,
  kind: "condition",
  argument: "policy",
  shared: true,
  needs,
  source,
});
const directive = (
  code: number,
  name: string,
  argument: ArgumentForm,
  source: string,
  { needs = [], shared = false }: { readonly needs?: readonly number[]; readonly shared?: boolean } = {},
): CommandRow => ({ code, name, kind: "directive", argument, shared, needs, source });

/** From these downward codes are somebody's own (§8.4.11, §11). */
export const FIRST_CUSTOM = -257;
export const FIRST_CUSTOM_PARAMETER = -256;

export const COMMANDS: ReadonlyMap<number, CommandRow> = new Map(
  [
    condition(1, "condition-vendor-identifier", [1], "§8.4.9.1"),
    condition(2, "condition-class-identifier", [2], "§8.4.9.1"),
    condition(3, "condition-image-match", [3], "§8.4.9.2"),
    condition(4, "condition-use-before", [4], "um"),
    condition(5, "condition-component-slot", [5], "§8.4.9.4"),
    condition(6, "condition-check-content", [18], "§8.4.9.3"),
    condition(7, "condition-dependency-integrity", [3], "td"),
    condition(8, "condition-is-dependency", [], "td"),
    directive(11, "directive-process-dependency", "policy", "td"),
    directive(12, "directive-set-component-index", "index", "§8.4.10.1", { shared: true }),
    condition(14, "condition-abort", [], "§8.4.9.5"),
    directive(15, "directive-try-each", "try-each", "§8.4.10.2", { shared: true }),
    directive(18, "directive-write", "policy", "§8.4.10.6", { needs: [18] }),
    directive(19, "directive-set-parameters", "parameters", "td"),
    directive(20, "directive-override-parameters", "parameters", "§8.4.10.3", { shared: true }),
    directive(21, "directive-fetch", "policy", "§8.4.10.4", { needs: [21] }),
    directive(22, "directive-copy", "policy", "§8.4.10.5", { needs: [22] }),
    directive(23, "directive-invoke", "policy", "§8.4.10.7"),
    condition(24, "condition-device-identifier", [24], "§8.4.9.1"),
    condition(25, "condition-image-not-match", [3], "um"),
    condition(26, "condition-minimum-battery", [26], "um"),
    condition(27, "condition-update-authorized", [27], "um"),
    condition(28, "condition-version", [28], "um"),
    directive(29, "directive-wait", "policy", "um", { needs: [29] }),
    directive(31, "directive-swap", "policy", "§8.4.10.9", { needs: [22] }),
    directive(32, "directive-run-sequence", "sequence", "§8.4.10.8", { shared: true }),
    directive(33, "directive-unlink", "policy", "td"),
    directive(34, "directive-override-multiple", "multiple", "um"),
    directive(35, "directive-copy-params", "copy-params", "um"),
  ].map((row) => [row.code, row]),
);

/** §8.4.7: which outcomes a report tells, bit by bit. */
export const REPORTING = { recordSuccess: 1, recordFailure: 2, sysinfoSuccess: 4, sysinfoFailure: 8 } as const;

/** §8.4.4: of the whole manifest, and of a component. */
export const TEXT = { manifestDescription: 1, updateDescription: 2, jsonSource: 3, yamlSource: 4 } as const;
export const TEXT_COMPONENT = {
  vendorName: 1,
  modelName: 2,
  vendorDomain: 3,
  modelInfo: 4,
  componentDescription: 5,
  componentVersion: 6,
  versionRequired: 7,
  currentVersion: 8,
} as const;

/** um: how a version is compared. */
export const COMPARISON = { greater: 1, greaterEqual: 2, equal: 3, lesserEqual: 4, lesser: 5 } as const;

/** um: what a recipient waits for. */
export const WAIT = {
  authorization: 1,
  power: 2,
  network: 3,
  otherDeviceVersion: 4,
  time: 5,
  timeOfDay: 6,
  dayOfWeek: 7,
  timeOfDayUtc: 8,
  dayOfWeekUtc: 9,
} as const;

/** suit-report: the keys of a report, of its result, of a claim about a component. */
export const REPORT = { nonce: 2, records: 3, result: 4, capabilities: 8, reference: 99 } as const;
export const RESULT = { code: 5, record: 6, reason: 7 } as const;
export const CLAIM = { componentId: 0 } as const;

/** suit-report: why processing ended. These are the gateway's own words for it too. */
export const REASONS = [
  "ok",
  "cbor-parse",
  "cose-unsupported",
  "alg-unsupported",
  "unauthorised",
  "command-unsupported",
  "component-unsupported",
  "component-unauthorised",
  "parameter-unsupported",
  "severing-unsupported",
  "condition-failed",
  "operation-failed",
  "invoke-pending",
] as const;
export type Reason = (typeof REASONS)[number];

/** suit-report: what a recipient says it can do. */
export const CAPABILITY = {
  components: 1,
  commands: 2,
  parameters: 3,
  cryptoAlgorithms: 4,
  envelope: 5,
  manifest: 6,
  common: 7,
  text: 8,
  textComponent: 9,
  dependency: 10,
} as const;
