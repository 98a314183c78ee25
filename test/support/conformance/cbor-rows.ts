/**
 * What RFC 9254 and draft-ietf-core-comi-21 ask of values, instance-identifiers, content formats and errors: rows of both
 * conformance pages.
 */
import { type Rows, row } from "./row.ts";

export const VALUE_ROWS: Rows = {
  "CC-V1": row(
    "containers, entries, notifications, inputs and outputs are maps; keys are signed deltas, tag 47 or names",
    "RFC 9254 §4.2",
  ),
  "CC-V2": row("the reference SID is 0 at the top, or given by the context", "RFC 9254 §3.2"),
  "CC-V3": row("choices and cases have no representation", "RFC 9254 §4.4"),
  "CC-V4": row("a list is an array of maps, also for one entry or none", "RFC 9254 §4.4"),
  "CC-V5": row("a leaf-list is an array", "RFC 9254 §4.3"),
  "CC-V6": row("anydata is a map; its keys are deltas, tag 47 or names", "RFC 9254 §4.5"),
  "CC-V7": row("anyxml is any CBOR, tags 43 to 47 included", "RFC 9254 §4.6"),
  "CC-V8": row("a structure is a map of one pair", "RFC 9254 §5"),
  "CC-V9": row("unsigned integers are of major type 0 only", "RFC 9254 §6.1"),
  "CC-V10": row("signed integers are of major type 0 or 1", "RFC 9254 §6.2"),
  "CC-V11": row("decimal64 is tag 4, any exponent can be read, nothing is lost", "RFC 9254 §6.3"),
  "CC-V12": row("string, boolean, binary, empty", "RFC 9254 §6.4 to §6.11"),
  "CC-V13": row("an enumeration is its integer; in a union its name with tag 44", "RFC 9254 §6.6"),
  "CC-V14": row(
    "bits: bytes, least significant first, or bytes and gaps; in a union names with tag 43",
    "RFC 9254 §6.7",
  ),
  "CC-V15": row("a leafref has the form of the leaf that it refers to", "RFC 9254 §6.9"),
  "CC-V16": row("an identityref is an absolute SID or a name; in a union with tag 45", "RFC 9254 §6.10"),
  "CC-V17": row("a union has the form of the member that takes the value", "RFC 9254 §6.12"),
  "CC-V18": row("indefinite lengths are read: maps, arrays, strings", "RFC 9254 §3"),
  "CC-V19": row("SIDs have 63 bits, 0 is reserved", "RFC 9254 §3.2"),
  "CC-V20": row("names are qualified at the top and where the module changes", "RFC 9254 §3.3"),
  "CC-V21": row("submodules have no SIDs of their own", "RFC 9254 §3.2"),
  "CC-V22": row("what does not comply is refused", "RFC 9254 §8"),
};

export const IDENTIFIER_ROWS: Rows = {
  "CC-K1": row("a single instance is a bare SID", "RFC 9254 §6.13.1"),
  "CC-K2": row(
    "[SID, keys...]: outermost list first, inside a list in the order of its key statement",
    "RFC 9254 §6.13.1",
  ),
  "CC-K3": row("keys are coded by their own types", "RFC 9254 §6.13.1"),
  "CC-K4": row("the form by names: XPath-like text, qualified where the module changes", "RFC 9254 §6.13.2"),
  "CC-K5": row("tag 46 inside a union", "RFC 9254 §6.12"),
  "CC-K6": row("fewer keys than the list has", "draft-ietf-core-comi-21 §3.1.3 is silent", {
    decision: "none of a list's keys: the list itself; part of them: refused",
  }),
  "CC-K7": row("entries of keyless lists and of leaf-lists", "draft-ietf-core-comi-21 is silent", {
    decision: "they cannot be addressed: unknown-element",
  }),
  "CC-K8": row("a list without its keys stands for all its entries", "RFC 9254 §4.4"),
};

export const FORM_ROWS: Rows = {
  "CC-M1": row("140: one map keyed by SIDs", "RFC 9254 §9.2; draft-ietf-core-comi-21 §2.3"),
  "CC-M2": row("a sequence of instance-identifiers", "draft-ietf-core-comi-21 §2.3", {
    decision: "141, the number that the draft suggests",
  }),
  "CC-M3": row("a sequence of maps {instance-identifier: value}", "draft-ietf-core-comi-21 §2.3", {
    decision: "142, the number that the draft suggests",
  }),
  "CC-M4": row("340: names and SIDs", "RFC 9254 §7, §9.2"),
  "CC-M5": row("341: names only", "RFC 9254 §7, §9.2"),
  "CC-M6": row(".sid files as application/yang-sid+json", "RFC 9595 §6.1", {
    decision: "`sidgate sid` and the models folder read and write them; none is served over CoAP",
  }),
  "CC-M7": row("40: discovery in link format", "RFC 6690; draft-ietf-core-comi-21 §5"),
  "CC-M8": row("another content format in a request is 4.15", "draft-ietf-core-comi-21 §6"),
  "CC-M9": row("a FETCH says its content format", "RFC 8132 §2.3.1"),
  "CC-M10": row("names in a body by SIDs are refused, and the reverse", "RFC 9254 §8"),
};

/** Tags and the app-tags below them: each names the rule that data broke. */
const ERRORS = {
  "operation-failed": [
    "malformed-message",
    "data-not-unique",
    "too-many-elements",
    "too-few-elements",
    "must-violation",
    "duplicate",
  ],
  "invalid-value": ["invalid-datatype", "not-in-range", "invalid-length", "pattern-test-failed"],
  "missing-element": ["missing-key", "missing-input-parameter"],
  "unknown-element": [],
  "bad-element": [],
  "data-missing": ["instance-required", "missing-choice"],
  error: [],
} as const;
const SECTION_OF_ERRORS = "draft-ietf-core-comi-21 §6";

export const ERROR_ROWS: Rows = {
  "CC-error-sids": row("the numbers of the tags", "ietf-coreconf.sid of the draft"),
  ...Object.fromEntries(
    Object.entries(ERRORS).flatMap(([tag, appTags]) => [
      [`CC-error-${tag}`, row(`error-tag ${tag}`, SECTION_OF_ERRORS)],
      ...appTags.map((appTag) => [
        `CC-error-${appTag}`,
        row(`error-tag ${tag} with error-app-tag ${appTag}`, SECTION_OF_ERRORS),
      ]),
    ]),
  ),
};
