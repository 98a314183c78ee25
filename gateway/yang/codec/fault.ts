/**
 * Data that does not fit its schema: the error-tag and error-app-tag of each code (draft-ietf-core-comi-21 §6) and the
 * way an error finds its place. Deep in the codec nobody knows the whole path, so a `Fault` is thrown and completed on
 * its way up; what leaves this stratum is always a `DataError`.
 */
import { WireError } from "../../base/index.ts";
import type { Says, Sid } from "../schema.ts";
import type { InstanceId, LeafValue } from "../tree.ts";

const FAULTS = {
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
  // Ours: more work than a check may make.
  "yang.too-complex": { tag: "operation-failed", appTag: "" },
  // Ours: the data is right, but cannot be said in SIDs.
  "yang.sid-unassigned": { tag: "operation-failed", appTag: "" },
  // Not in the draft's list: the edge answers 4.05 (§6), with the unspecific tag in the body.
  "yang.read-only": { tag: "error", appTag: "" },
} as const satisfies { readonly [code in `yang.${string}`]: { readonly tag: string; readonly appTag: string } };
export type FaultCode = keyof typeof FAULTS;

/** Where the rule behind a code stands, unless a fault knows better. */
const RULES: { readonly [code in FaultCode]: string } = {
  "yang.malformed-message": "draft-ietf-core-comi-21 §2.3, RFC 9254 §4",
  "yang.data-not-unique": "RFC 7950 §7.8.3",
  "yang.duplicate": "RFC 7950 §7.7, §7.8",
  "yang.too-many-elements": "RFC 7950 §7.7.6",
  "yang.too-few-elements": "RFC 7950 §7.7.5",
  "yang.invalid-value": "RFC 7950 §8.3.1",
  "yang.invalid-datatype": "RFC 9254 §6",
  "yang.not-in-range": "RFC 7950 §9.2.4",
  "yang.invalid-length": "RFC 7950 §9.4.4",
  "yang.pattern-test-failed": "RFC 7950 §9.4.5",
  "yang.missing-element": "RFC 7950 §7.6.5",
  "yang.missing-key": "RFC 7950 §7.8.2",
  "yang.missing-input-parameter": "RFC 7950 §7.14.2",
  "yang.unknown-element": "RFC 9254 §3.2, §8",
  "yang.bad-element": "RFC 7950 §7.9",
  "yang.instance-required": "RFC 7950 §9.9.3",
  "yang.missing-choice": "RFC 7950 §7.9.4",
  "yang.must-violation": "RFC 7950 §7.5.3",
  "yang.too-complex": "RFC 7950 §8.3",
  "yang.sid-unassigned": "RFC 9254 §3.2",
  "yang.read-only": "draft-ietf-core-comi-21 §6",
};

/** Thrown inside the stratum; knows its place only as far as it has travelled. */
export class Fault {
  readonly code: FaultCode;
  /** In words. */
  what: string;
  /** The guilty node, once known. */
  sid: Sid | undefined;
  /** Byte at which the guilty item starts, when there are bytes. */
  offset: number | undefined;
  /** Keys of the list entries around it that were passed on the way up, outermost first. */
  keys: LeafValue[] = [];
  /** The guilty node belongs elsewhere: the entries around it are not those of its own lists. */
  #astray = false;
  /** What the module itself calls this error. */
  mustTag: string | undefined;
  /** Document and section of the rule, when the code covers several. */
  rule: string | undefined;

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

  /** RFC 7950 §7.5.4: the module's own words and tag for a broken restriction go before ours. */
  said(says: Says | undefined): this {
    this.what = says?.message ?? this.what;
    this.mustTag = says?.appTag;
    return this;
  }

  under(rule: string): this {
    this.rule = rule;
    return this;
  }

  astray(): this {
    this.#astray = true;
    return this;
  }

  within(keys: readonly LeafValue[]): this {
    if (!this.#astray) this.keys = [...keys, ...this.keys];
    return this;
  }
}

/** A sentence may quote a value, which may be a megabyte long. */
const MAX_SENTENCE = 300;
const clipped = (text: string): string => (text.length > MAX_SENTENCE ? `${text.slice(0, MAX_SENTENCE)}…` : text);

/**
 * What does not fit, and where: the facts `tag`, `appTag`, `path`, `mustTag` (the module's own error-app-tag, if it has
 * one), the instance-identifier `at` and the `rule` that is broken.
 */
export class DataError extends WireError<FaultCode> {
  readonly at: InstanceId;
  readonly rule: string;

  constructor(fault: Fault, path: string) {
    const { tag, appTag } = FAULTS[fault.code];
    const place = fault.offset === undefined ? {} : { offset: fault.offset };
    const own = fault.mustTag === undefined ? {} : { mustTag: fault.mustTag };
    const facts = { path, what: clipped(fault.what), tag, appTag, ...own, ...place };
    super(fault.code, facts);
    this.at = { sid: fault.sid ?? 0, keys: fault.keys };
    this.rule = fault.rule ?? RULES[fault.code];
  }
}
