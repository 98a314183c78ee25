/**
 * What the documents ask of YANG and YANG-CBOR, row by row: the rows of docs/yang-conformance.md that must not be
 * missing. The tests name a row by its id; a row of one section of one document (`CC-7950-7.9.4`) needs no entry here.
 */
export interface ConformanceRow {
  readonly rule: string;
  readonly document: string;
  /** Why nothing shows it: it is not there yet. */
  readonly notYet?: string;
}

const row = (rule: string, document: string, notYet?: string): ConformanceRow => ({
  rule,
  document,
  ...(notYet === undefined ? {} : { notYet }),
});

export const VALUE_ROWS: Readonly<Record<string, ConformanceRow>> = {
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

export const IDENTIFIER_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-K1": row("a single instance is a bare SID", "RFC 9254 §6.13.1"),
  "CC-K2": row(
    "[SID, keys...]: outermost list first, inside a list in the order of its key statement",
    "RFC 9254 §6.13.1",
  ),
  "CC-K3": row("keys are coded by their own types", "RFC 9254 §6.13.1"),
  "CC-K4": row("the form by names: XPath-like text, qualified where the module changes", "RFC 9254 §6.13.2"),
  "CC-K5": row("tag 46 inside a union", "RFC 9254 §6.12"),
  "CC-K6": row(
    "fewer keys than lists: the list itself; part of a list's keys: refused",
    "draft-ietf-core-comi-21 §3.1.3 is silent",
  ),
  "CC-K7": row("entries of keyless lists and of leaf-lists cannot be addressed", "draft-ietf-core-comi-21 is silent"),
  "CC-K8": row("a list without its keys stands for all its entries", "RFC 9254 §4.4"),
};

export const FORM_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-M1": row("140: one map keyed by SIDs", "RFC 9254 §9.2"),
  "CC-M2": row("141: a sequence of instance-identifiers", "draft-ietf-core-comi-21 §2.3"),
  "CC-M3": row("142: a sequence of maps {instance-identifier: value}", "draft-ietf-core-comi-21 §2.3"),
  "CC-M4": row("340: names and SIDs", "RFC 9254 §7, §9.2"),
  "CC-M5": row("341: names only", "RFC 9254 §7, §9.2"),
  "CC-M10": row("names in a body by SIDs are refused, and the reverse", "RFC 9254 §8"),
};

export const SID_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-SID-1": row("which items get a number", "RFC 9595 §3, §5"),
  "CC-SID-2": row(
    "the walk over the data nodes, with and without choices and cases",
    "RFC 9595 §3; pyang since 2025-08",
  ),
  "CC-SID-3": row("the path of an item: module names where the module changes", "RFC 9595 §3"),
  "CC-SID-4": row("the order of items, and the next free number", "pyang"),
  "CC-SID-5": row("the file as it is written", "RFC 9595 §4; pyang"),
  "CC-SID-6": row("dependency-revision", "RFC 9595 §4"),
  "CC-SID-7": row("an update keeps every number, whatever became of its node", "RFC 9595 §3"),
  "CC-SID-8": row("files of older tools are read", "RFC 9595, drafts before it"),
};

export const CONFORMANCE_ROWS: Readonly<Record<string, ConformanceRow>> = {
  ...VALUE_ROWS,
  ...IDENTIFIER_ROWS,
  ...FORM_ROWS,
  ...SID_ROWS,
};
