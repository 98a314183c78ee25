/**
 * What the processor needs of a recipient: what it is, what it has, what it can do. A real node answers from its flash, a
 * dry run from what the gateway knows of the node, which is not everything: every fact may be "unknown".
 */
import type { ComponentId, Parameters, ParameterValue, SuitDigest } from "../../../wire/suit/index.ts";
import type { Program } from "./program.ts";

export type Known<T> = T | "unknown";
/** At once, or later. */
export type Answer<T> = T | Promise<T>;

/** Of an operation: `pending` = it goes on after a restart. */
export type Done = "done" | "pending" | "unknown" | { readonly failed: string };
/** Of a private command: as a condition it does not hold, and an alternative may follow. */
export type CustomDone = Done | { readonly missed: string };

/** A UUID, or a private enterprise number when it is tagged. */
export type Identifier = Extract<ParameterValue, { readonly form: "identifier" }>;
export type IdentifierKind = "vendor" | "class" | "device";

/** What image-match looks at. */
export interface ImageQuery {
  readonly algorithm: number;
  /** How many bytes count, where the manifest says it: a slot has no end of its own. */
  readonly size: bigint | undefined;
  /** td: of an envelope only the byte string around its manifest counts, head included. */
  readonly manifestOnly: boolean;
}
export interface FoundImage {
  readonly digest: Uint8Array;
  /** Unknown where a slot is all there is. */
  readonly size: bigint | undefined;
}

/** What is stored where, and how. The parameters are those of the target component. */
export interface Storing {
  readonly into: ComponentId;
  readonly encryptionInfo: Uint8Array | undefined;
  /** What the manifest says it will be, if it says so before storing. */
  readonly expected: { readonly digest: SuitDigest | undefined; readonly size: bigint | undefined };
  readonly parameters: Parameters;
}
export interface Fetching extends Storing {
  readonly uri: string;
  readonly args: Uint8Array | undefined;
}
export interface Copying extends Storing {
  readonly from: ComponentId;
}
export interface Writing extends Storing {
  readonly content: Uint8Array;
}

/** A condition, or an operation, whose answer nobody here knows. */
export interface Question {
  readonly code: number;
  readonly component: ComponentId;
  readonly expected: ParameterValue | undefined;
}

export interface Device {
  /** Of private commands and of those from the table; false = it says that it cannot. */
  supports(what: "command" | "parameter" | "algorithm", label: number): Known<boolean>;
  /** How many components one manifest may have. */
  readonly maxComponents: Known<number>;
  has(component: ComponentId): Known<boolean>;

  identifiers(kind: IdentifierKind, component: ComponentId): Answer<Known<readonly Identifier[]>>;
  slot(component: ComponentId): Answer<Known<bigint>>;
  /** undefined = nothing is there. */
  image(component: ComponentId, query: ImageQuery): Answer<Known<FoundImage | undefined>>;
  /** The first `length` bytes, or all when there are fewer. */
  content(component: ComponentId, length: number): Answer<Known<Uint8Array | undefined>>;
  version(component: ComponentId): Answer<Known<readonly number[]>>;
  /** In mWh. */
  battery(): Answer<Known<bigint>>;
  /** In seconds since 1970. */
  time(): Answer<Known<bigint>>;
  authorises(priority: bigint): Answer<Known<boolean>>;
  /** td: the verified manifest of the envelope in that component; why not otherwise. */
  dependency(component: ComponentId, digest: SuitDigest): Answer<Known<Program | { readonly failed: string }>>;

  fetch(request: Fetching): Answer<Done>;
  copy(request: Copying): Answer<Done>;
  write(request: Writing): Answer<Done>;
  swap(one: ComponentId, other: ComponentId): Answer<Done>;
  invoke(component: ComponentId, args: Uint8Array | undefined): Answer<Done>;
  /** td: `last` = nobody else uses it. */
  unlink(component: ComponentId): Answer<Done | "last">;
  /** um: until all these events came. */
  wait(events: ReadonlyMap<number, Uint8Array>): Answer<Done>;
  custom(code: number, argument: Uint8Array, component: ComponentId, parameters: Parameters): Answer<CustomDone>;

  /** In a dry run: what to take for true where the answer is unknown. undefined = nothing. */
  suppose?(question: Question): boolean | undefined;
}

/** One that answers everything at once. */
export type SyncDevice = {
  readonly [K in keyof Device]: Device[K] extends (...args: infer A) => infer R
    ? (...args: A) => Exclude<R, Promise<unknown>>
    : Device[K];
};
