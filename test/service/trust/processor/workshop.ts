/** Manifests as short lines: commands by name, written and read again so that offsets are real. */
import { createHash } from "node:crypto";
import { type Program, programOf } from "../../../../gateway/service/trust/processor/index.ts";
import {
  COMMAND,
  type Command,
  type ComponentId,
  type ComponentIndex,
  createEnvelope,
  digestOf,
  type Envelope,
  integrate,
  type NewCommand,
  type NewSequence,
  PARAMETER,
  type Parameters,
  type ParameterValue,
  type SequenceName,
  type SuitDigest,
} from "../../../../gateway/wire/suit/index.ts";

export const id = (...parts: string[]): ComponentId => parts.map((part) => new Uint8Array(Buffer.from(part)));
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const uuid = (name: string): Uint8Array =>
  new Uint8Array(createHash("sha256").update(name).digest().subarray(0, 16));
export const sha = (text: string): SuitDigest => digestOf(bytes(text));

/** Short names for parameters and their values. */
export interface Setting {
  readonly vendor?: string;
  readonly class?: string;
  readonly device?: string;
  readonly digest?: string | SuitDigest;
  readonly size?: number;
  readonly slot?: number;
  readonly content?: string;
  readonly uri?: string;
  readonly source?: number;
  readonly strict?: boolean;
  readonly soft?: boolean;
  readonly before?: number;
  readonly battery?: number;
  readonly priority?: number;
  readonly version?: readonly [comparison: number, version: readonly number[]];
  readonly wait?: ReadonlyMap<number, Uint8Array>;
  readonly encryption?: string;
  readonly args?: string;
  readonly invokeArgs?: string;
  readonly custom?: Uint8Array;
}

const VALUES: {
  readonly [K in keyof Required<Setting>]: (value: Required<Setting>[K]) => readonly [number, ParameterValue];
} = {
  vendor: (name) => [PARAMETER.vendorIdentifier, { form: "identifier", bytes: uuid(name), tagged: false }],
  class: (name) => [PARAMETER.classIdentifier, { form: "identifier", bytes: uuid(name), tagged: false }],
  device: (name) => [PARAMETER.deviceIdentifier, { form: "identifier", bytes: uuid(name), tagged: false }],
  digest: (of) => [PARAMETER.imageDigest, { form: "digest", digest: typeof of === "string" ? sha(of) : of }],
  size: (size) => [PARAMETER.imageSize, { form: "uint", value: BigInt(size) }],
  slot: (slot) => [PARAMETER.componentSlot, { form: "uint", value: BigInt(slot) }],
  content: (text) => [PARAMETER.content, { form: "bytes", bytes: bytes(text) }],
  uri: (text) => [PARAMETER.uri, { form: "text", text }],
  source: (index) => [PARAMETER.sourceComponent, { form: "uint", value: BigInt(index) }],
  strict: (value) => [PARAMETER.strictOrder, { form: "bool", value }],
  soft: (value) => [PARAMETER.softFailure, { form: "bool", value }],
  before: (time) => [PARAMETER.useBefore, { form: "uint", value: BigInt(time) }],
  battery: (level) => [PARAMETER.minimumBattery, { form: "uint", value: BigInt(level) }],
  priority: (value) => [PARAMETER.updatePriority, { form: "int", value: BigInt(value) }],
  version: ([comparison, version]) => [PARAMETER.version, { form: "version", comparison, version }],
  wait: (events) => [PARAMETER.waitInfo, { form: "wait", events }],
  encryption: (text) => [PARAMETER.encryptionInfo, { form: "bytes", bytes: bytes(text) }],
  args: (text) => [PARAMETER.fetchArguments, { form: "bytes", bytes: bytes(text) }],
  invokeArgs: (text) => [PARAMETER.invokeArgs, { form: "bytes", bytes: bytes(text) }],
  custom: (item) => [-300, { form: "custom", bytes: item }],
};

export function parameters(set: Setting): Parameters {
  const entries: Array<readonly [number, ParameterValue]> = [];
  for (const [name, value] of Object.entries(set)) {
    const make = Object.entries(VALUES).find(([key]) => key === name)?.[1] as (v: unknown) => (typeof entries)[number];
    entries.push(make(value));
  }
  return new Map(entries);
}

export const at = (index: ComponentIndex): NewCommand => ({
  code: COMMAND.setComponentIndex,
  argument: { kind: "index", index },
});
export const override = (set: Setting): NewCommand => ({
  code: COMMAND.overrideParameters,
  argument: { kind: "parameters", parameters: parameters(set) },
});
export const setUnset = (set: Setting): NewCommand => ({
  code: COMMAND.setParameters,
  argument: { kind: "parameters", parameters: parameters(set) },
});
export const plain = (name: keyof typeof COMMAND, policy = 0): NewCommand => ({
  code: COMMAND[name],
  argument: { kind: "policy", policy },
});
export const tryEach = (...arms: ReadonlyArray<readonly NewCommand[] | undefined>): NewCommand => ({
  code: COMMAND.tryEach,
  argument: { kind: "try-each", arms: arms.map((commands) => (commands === undefined ? undefined : { commands })) },
});
export const runSequence = (...commands: readonly NewCommand[]): NewCommand => ({
  code: COMMAND.runSequence,
  argument: { kind: "sequence", sequence: { commands } },
});
export const overrideMultiple = (byIndex: Readonly<Record<number, Setting>>): NewCommand => ({
  code: COMMAND.overrideMultiple,
  argument: {
    kind: "multiple",
    byIndex: new Map(Object.entries(byIndex).map(([index, set]) => [Number(index), parameters(set)])),
  },
});
export const copyParams = (bySource: Readonly<Record<number, readonly number[]>>): NewCommand => ({
  code: COMMAND.copyParams,
  argument: {
    kind: "copy-params",
    bySource: new Map(Object.entries(bySource).map(([index, keys]) => [Number(index), keys])),
  },
});
export const priv = (code: number, item = new Uint8Array([0xf6])): NewCommand => ({
  code,
  argument: { kind: "custom", bytes: item },
});

export interface Recipe {
  readonly components?: readonly ComponentId[];
  readonly dependencies?: ReadonlyMap<number, { readonly prefix: ComponentId | undefined }>;
  readonly shared?: readonly NewCommand[];
  readonly sequences?: { readonly [K in SequenceName]?: readonly NewCommand[] };
  readonly integrated?: Readonly<Record<string, Uint8Array>>;
  readonly severable?: readonly number[];
}

export function envelopeOf({ components = [id("fw")], dependencies = new Map(), ...rest }: Recipe): Envelope {
  const sequences = new Map<SequenceName, { readonly here: NewSequence }>();
  for (const name of NAMES) {
    const commands = rest.sequences?.[name];
    if (commands !== undefined) sequences.set(name, { here: { commands } });
  }
  const envelope = createEnvelope(
    {
      sequenceNumber: 1n,
      common: { components, dependencies, shared: { commands: rest.shared ?? [] } },
      referenceUri: "https://example.com/fw.suit",
      componentId: undefined,
      setVersion: undefined,
      sequences,
      text: undefined,
      coswid: undefined,
    },
    { severable: rest.severable ?? [] },
  );
  return Object.entries(rest.integrated ?? {}).reduce((all, [uri, payload]) => integrate(all, uri, payload), envelope);
}

const NAMES: readonly SequenceName[] = [
  "dependencyResolution",
  "payloadFetch",
  "candidateVerification",
  "install",
  "uninstall",
  "validate",
  "load",
  "invoke",
];

export const program = (recipe: Recipe): Program => programOf(envelopeOf(recipe));
/** One sequence, `install`, of one component. */
export const installing = (...install: readonly NewCommand[]): Program => program({ sequences: { install } });

/** Not through bytes: for what the reader would refuse. */
export const raw = (commands: readonly Command[], components: readonly ComponentId[] = [id("fw")]): Program => {
  const base = program({ components });
  return { ...base, sequences: new Map([["install", { bytes: new Uint8Array(), commands }]]) };
};
