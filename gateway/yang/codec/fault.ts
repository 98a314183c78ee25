/**
 * Data that does not fit its schema: the error-tag and error-app-tag of each code (draft-ietf-core-comi-21 §6) and the
 * way an error finds its place. Deep in the codec nobody knows the whole path, so a `Fault` is thrown and completed on
 * its way up; what leaves this stratum is always a `DataError`.
 */
import { WireError } from "../../base/index.ts";
import type { Sid } from "../schema.ts";
import type { InstanceId, LeafValue } from "../tree.ts";

export const FAULTS = {
  "yang.malformed-message": { tag: "operation-failed", appTag: "malformed-message" },
  "yang.data-not-unique": { tag: "operation-failed", appTag: "data-not-unique" },
  "yang.duplicate": { tag: "operation-failed", appTag: "duplicate" },
  "yang.too-many-elements": { tag: "operation-failed", appTag: "too-many-elements" },
  "yang.too-few-elements": { tag: "operation-failed", appTag: "too-few-elements" },
  "yang.invalid-value": { tag: "invalid-value", appTag: "" },
  "yang.invalid-datatype": { tag: "invalid-value", appTag: "invalid-datatype" },
  "yang.not-in-range": { tag: "invalid-value", appTag: "not-in-range" },
  "yang.invalid-length": { tag: "invalid-value", appTag: "invalid-length" },
  "yang.pattern-test-failed": { tag: "invalid-value", appTag: "pattern-test-failed" },
  "yang.missing-element": { tag: "missing-element", appTag: "" },
  "yang.missing-key": { tag: "missing-element", appTag: "missing-key" },
  "yang.missing-input-parameter": { tag: "missing-element", appTag: "missing-input-parameter" },
  "yang.unknown-element": { tag: "unknown-element", appTag: "" },
  "yang.bad-element": { tag: "bad-element", appTag: "" },
  "yang.instance-required": { tag: "data-missing", appTag: "instance-required" },
  "yang.missing-choice": { tag: "data-missing", appTag: "missing-choice" },
  "yang.must-violation": { tag: "operation-failed", appTag: "must-violation" },
  // Ours: the data is right, but cannot be said in SIDs.
  "yang.sid-unassigned": { tag: "operation-failed", appTag: "" },
  // Not in the draft's list: the edge answers 4.05 (§6), with the unspecific tag in the body.
  "yang.read-only": { tag: "error", appTag: "" },
} as const satisfies { readonly [code in `yang.${string}`]: { readonly tag: string; readonly appTag: string } };
export type FaultCode = keyof typeof FAULTS;

/** Thrown inside the stratum; knows its place only as far as it has travelled. */
export class Fault {
  readonly code: FaultCode;
  readonly what: string;
  /** The guilty node, once known. */
  sid: Sid | undefined;
  /** Byte at which the guilty item starts, when there are bytes. */
  offset: number | undefined;
  /** Keys of the list entries around it that were passed on the way up, outermost first. */
  keys: LeafValue[] = [];

  constructor(code: FaultCode, what: string, sid?: Sid) {
    this.code = code;
    this.what = what;
    this.sid = sid;
  }

  /** The innermost frame that knows the node has the word. */
  place(sid: Sid | undefined, offset?: number): this {
    this.sid ??= sid;
    this.offset ??= offset;
    return this;
  }

  within(keys: readonly LeafValue[]): this {
    this.keys = [...keys, ...this.keys];
    return this;
  }
}

/** What does not fit, and where: the facts `tag`, `appTag`, `path` and the instance-identifier `at`. */
export class DataError extends WireError<FaultCode> {
  readonly at: InstanceId;

  constructor(fault: Fault, path: string) {
    const { tag, appTag } = FAULTS[fault.code];
    const place = fault.offset === undefined ? {} : { offset: fault.offset };
    const facts = { path, what: fault.what, tag, appTag, ...place };
    super(fault.code, facts);
    this.at = { sid: fault.sid ?? 0, keys: fault.keys };
  }
}
