/** A SUIT envelope as values (draft-ietf-suit-manifest-37 §8). Bytes that digests cover are kept as they came, never made anew. */
import type { SequenceName } from "./labels.ts";

/** §8.1: an algorithm of COSE (-16 = SHA-256) and a digest. */
export interface SuitDigest {
  readonly algorithm: number;
  readonly bytes: Uint8Array;
}

/** A byte string of the envelope. Digests cover `item`: its head and what is in it (§8.3). */
export interface Wrapped {
  readonly item: Uint8Array;
  readonly content: Uint8Array;
  /** Of `content` in the bytes that were read. */
  readonly offset: number;
}

export interface Envelope {
  /** Absent: draft -37 itself. */
  readonly dialect?: "riot-09";
  readonly tagged: boolean;
  readonly authentication: {
    /** What the blocks sign: the content of the byte string around the digest. */
    readonly signed: Uint8Array;
    readonly digest: SuitDigest;
    /** COSE messages with detached payload, tags included (§8.3); with attached payload in the dialect of RIOT. */
    readonly blocks: readonly Uint8Array[];
  };
  readonly manifest: Wrapped;
  /** Severable elements that stand beside the manifest, by label. */
  readonly severable: ReadonlyMap<number, Wrapped>;
  /** Payloads and dependencies that came along, by URI (§7.5). */
  readonly integrated: ReadonlyMap<string, Uint8Array>;
}

/** Byte strings, outermost first. */
export type ComponentId = readonly Uint8Array[];

/** What stands in the manifest itself, or as a digest of what stands beside it or nowhere. */
export type Severable<T> =
  | { readonly here: T; readonly digest?: undefined }
  | { readonly here?: undefined; readonly digest: SuitDigest };

export interface Manifest {
  readonly sequenceNumber: bigint;
  readonly common: Common;
  readonly referenceUri: string | undefined;
  /** td: where the manifest itself is kept. */
  readonly componentId: ComponentId | undefined;
  /** um: version of the set, e.g. [1, 2, 0]. */
  readonly setVersion: readonly number[] | undefined;
  readonly sequences: ReadonlyMap<SequenceName, Severable<Sequence>>;
  readonly text: Severable<Uint8Array> | undefined;
  readonly coswid: Severable<Uint8Array> | undefined;
}

export interface Common {
  readonly components: readonly ComponentId[];
  /** td: by component index; `prefix` is set before what the dependency calls its components. */
  readonly dependencies: ReadonlyMap<number, { readonly prefix: ComponentId | undefined }>;
  readonly shared: Sequence;
}

/** Commands in order. `bytes` is what was read; a manifest without a shared sequence has one without bytes. */
export interface Sequence {
  readonly bytes: Uint8Array;
  readonly commands: readonly Command[];
}

export interface Command {
  /**
   * Of the code, from the start of its section: a command inside a try-each or a run-sequence is counted from there too,
   * so that the offset in a report finds exactly one command (suit-report, "The SUIT Record").
   */
  readonly offset: number;
  readonly code: number;
  readonly argument: Argument;
}

export type Argument =
  /** Bits of `REPORTING`. */
  | { readonly kind: "policy"; readonly policy: number }
  | { readonly kind: "index"; readonly index: ComponentIndex }
  | { readonly kind: "parameters"; readonly parameters: Parameters }
  /** `undefined` = the arm that does nothing and succeeds. */
  | { readonly kind: "try-each"; readonly arms: ReadonlyArray<Sequence | undefined> }
  | { readonly kind: "sequence"; readonly sequence: Sequence }
  | { readonly kind: "multiple"; readonly byIndex: ReadonlyMap<number, Parameters> }
  /** um: the component to copy from, to the parameters to copy. */
  | { readonly kind: "copy-params"; readonly bySource: ReadonlyMap<number, readonly number[]> }
  /** Of a private command: its argument as it stands, with its head. */
  | { readonly kind: "custom"; readonly bytes: Uint8Array };

/** §6.5: one component, all of them, or several. */
export type ComponentIndex = number | true | readonly number[];

export type Parameters = ReadonlyMap<number, ParameterValue>;

export type ParameterValue =
  | { readonly form: "identifier"; readonly bytes: Uint8Array; readonly tagged: boolean }
  | { readonly form: "digest"; readonly digest: SuitDigest }
  | { readonly form: "uint"; readonly value: bigint }
  /** Below zero too: an update's priority. */
  | { readonly form: "int"; readonly value: bigint }
  | { readonly form: "bool"; readonly value: boolean }
  | { readonly form: "bytes"; readonly bytes: Uint8Array }
  | { readonly form: "text"; readonly text: string }
  | { readonly form: "version"; readonly comparison: number; readonly version: readonly number[] }
  /** Event of `WAIT` to what it takes, as CBOR. */
  | { readonly form: "wait"; readonly events: ReadonlyMap<number, Uint8Array> }
  | { readonly form: "metadata"; readonly bytes: Uint8Array }
  /** The value as it stands, with its head. */
  | { readonly form: "custom"; readonly bytes: Uint8Array };
