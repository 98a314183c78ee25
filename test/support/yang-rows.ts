/**
 * What the documents ask of YANG and YANG-CBOR, row by row: the rows of docs/yang-conformance.md that must not be
 * missing. The tests name a row by its id; those of one section of one document stand in yang-sections.ts.
 */
import { SECTION_ROWS } from "./yang-sections.ts";

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

const VALUE_ROWS: Readonly<Record<string, ConformanceRow>> = {
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

const IDENTIFIER_ROWS: Readonly<Record<string, ConformanceRow>> = {
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

const FORM_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-M1": row("140: one map keyed by SIDs", "RFC 9254 §9.2; draft-ietf-core-comi-21 §2.3"),
  "CC-M2": row("141: a sequence of instance-identifiers", "draft-ietf-core-comi-21 §2.3"),
  "CC-M3": row("142: a sequence of maps {instance-identifier: value}", "draft-ietf-core-comi-21 §2.3"),
  "CC-M4": row("340: names and SIDs", "RFC 9254 §7, §9.2"),
  "CC-M5": row("341: names only", "RFC 9254 §7, §9.2"),
  "CC-M6": row(
    ".sid files as application/yang-sid+json",
    "RFC 9595 §6.1",
    "the gateway serves no .sid files; `sidgate sid` writes them",
  ),
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

const ERROR_ROWS: Readonly<Record<string, ConformanceRow>> = {
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

const SID_ROWS: Readonly<Record<string, ConformanceRow>> = {
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
  "CC-SID-9": row("what is wrong with a file is found, by itself and beside others", "RFC 9595 §2.1 to §6.4"),
  "CC-SID-10": row("a registry of ranges keeps modules apart", "RFC 9595 §6.4; our own"),
  "CC-SID-11": row("numbers and deltas as a C header, which compiles", "our own"),
};

const PRODUCT_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-parser": row("statements are those of the source, which yang-js alone refuses or mistakes", "RFC 7950 §6.3, §14"),
  "CC-vectors": row(
    "every example of the documents, both ways, in CBOR and in JSON",
    "RFC 9254; draft-ietf-core-comi-21",
  ),
  "CC-models-cache": row("compiled schemas are kept under the digest of their sources", "our own"),
  "CC-models-faults": row("each broken file is named, with line and column, and nothing else suffers", "our own"),
  "CC-models-names": row("modules without a .sid file work by names", "RFC 9254 §3.3; our own"),
  "CC-models-sets": row("module sets: each node has the modules and features that its firmware has", "our own"),
  "CC-models-revisions": row("revisions of a module side by side", "our own"),
  "CC-models-reload": row("a folder that changes is in force without a restart", "our own"),
  "CC-tools-compile": row("`sidgate yang compile`", "docs/models.md"),
  "CC-tools-tree": row("`sidgate yang tree`", "RFC 8340; docs/models.md"),
  "CC-tools-validate": row("`sidgate yang validate`", "docs/models.md"),
  "CC-tools-convert": row("`sidgate yang encode` and `decode`", "docs/models.md"),
  "CC-tools-models": row("what commands take for modules", "docs/models.md"),
  "CC-tools-sid": row("`sidgate sid`", "docs/sid.md"),
  "CC-limits": row("limits, and what is slow, end in a coded error", "our own; the table below"),
  "CC-mutants": row(
    "whatever the input: an answer or a coded error, in bounded time and memory",
    "RFC 9254 §8; our own",
  ),
};

const comi = (rule: string, section: string): ConformanceRow => row(rule, `draft-ietf-core-comi-21 §${section}`);

/** Rules of CORECONF beside its values: docs/coreconf.md says how far it is, and here stands what the tests name. */
const CORECONF_ROWS: Readonly<Record<string, ConformanceRow>> = {
  "CC-R1": comi("the datastore can be discovered", "3"),
  "CC-R2": comi("`ds` has the SID of the datastore's identity", "5.2.1"),
  "CC-R3": comi("the event stream", "3, §3.4"),
  "CC-R4": comi("the stream is advertised under both names of the draft", "3, §5.2.3"),
  "CC-R5": comi("links to data nodes", "5.2.2"),
  "CC-R6": comi("the link to the YANG library", "5.1"),
  "CC-R7": comi("filters of /.well-known/core", "5"),
  "CC-R8": comi("YANG library or discovery", "5"),
  "CC-R9": comi("one datastore of configuration and state", "2.4"),
  "CC-R10": comi("what is not supported", "2.1.1"),
  "CC-F1": comi("FETCH: a map for each identifier, in their order", "3.1.3"),
  "CC-F2": comi("null for what is not there", "3.1.3"),
  "CC-F3": comi("keys left out in the answer", "3.1.3"),
  "CC-F4": comi("an entry is one map", "3.1.3.1"),
  "CC-F5": comi("query c", "3.1.1"),
  "CC-F6": comi("query d", "3.1.2"),
  "CC-F7": comi("a value that equals its default is trimmed", "3.1.2"),
  "CC-I1": comi("iPATCH creates, replaces and deletes", "3.2.3"),
  "CC-I2": comi("what is absent may be deleted", "2.3"),
  "CC-I3": comi("the forms of lists", "3.2.3.1"),
  "CC-I4": row("all or nothing", "draft-ietf-core-comi-21 §6; RFC 8132 §3"),
  "CC-I5": row("If-Match and If-None-Match", "RFC 8132 §2, §3"),
  "CC-I6": comi("the order of entries within a request", "3.2.1"),
  "CC-I7": row(
    "null deletes, so that a leaf of type empty is set with its container",
    "draft-ietf-core-comi-21 is silent",
  ),
  "CC-G1": comi("GET of the whole datastore", "3.3"),
  "CC-G2": comi("PUT replaces the whole datastore", "3.3"),
  "CC-G3": comi("POST creates the datastore", "3.3"),
  "CC-G4": comi("DELETE of the datastore", "3.3"),
  "CC-G5": comi("nodes deep in the schema may stand at the top", "3.3.1"),
  "CC-A1": comi("rpcs", "3.5"),
  "CC-A2": comi("actions", "3.5.2"),
  "CC-A3": row("deltas of input and output count from the operation", "RFC 9254 §4.2.1"),
  "CC-A4": comi("several calls in one request", "3.5"),
  "CC-A5": comi("GET on an operation is 4.05", "6"),
  "CC-A6": comi("missing input", "6"),
  "CC-E1": comi("observing the stream", "3.4"),
  "CC-E2": comi("newest first", "3.4"),
  "CC-E3": comi("how many events are kept", "3.4"),
  "CC-E4": comi("nothing to tell is an empty sequence", "3.4"),
  "CC-E5": comi("notifications inside lists", "2.3"),
  "CC-E6": comi("FETCH with a filter", "3.4.1"),
  "CC-E7": row("Observe with FETCH", "RFC 8132 §2.4"),
  "CC-E8": row("the end of an observation", "RFC 7641"),
  "CC-E9": comi("long answers block by block", "3.4, §4"),
  "CC-B1": comi("block-wise, with all methods", "4"),
  "CC-B2": comi("all blocks are of one state", "4"),
  "CC-B3": comi("indefinite lengths from producers", "4"),
  "CC-B4": row("what a cache keys a FETCH by", "RFC 8132 §2"),
  "CC-B5": row("what a change makes stale", "RFC 8132 §3"),
  "CC-S1": comi("nobody reads or writes without leave", "2"),
  "CC-S2": comi("DTLS or OSCORE", "7"),
  "CC-S3": row("who may what", "RFC 8341; our own"),
  "CC-S4": row(".sid files are held to their rules when they are loaded", "RFC 9595 §5"),
  "CC-L1": row("the constrained YANG library", "draft-ietf-core-yang-library-03"),
  "CC-L2": row("the numbers of the YANG library", "draft-ietf-core-yang-library-03"),
  "CC-D1": comi("two names of the stream", "3, §5.2.3"),
  "CC-D2": comi("data nodes are no resources", "3.1.1"),
  "CC-D3": comi("links of an encoding that is gone", "5.1, §5.2.2"),
  "CC-D4": comi("which errors have a body", "6"),
  "CC-D5": comi("POST for a datastore and for operations", "3.3, §3.5"),
  "CC-D6": comi("FETCH on a stream", "3.4.1"),
  "CC-D7": comi("sid: map takes its keys from the value", "3.2.3.1"),
  "CC-D8": comi("a key cannot be deleted", "6"),
  "CC-D9": comi("null for a leaf of type empty", "3.2.3"),
  "CC-D10": comi("one unknown identifier among others", "3.1.3"),
  "CC-D11": comi("a reference that leads nowhere is data-missing with instance-required", "6"),
  "CC-D12": comi("a mandatory choice without a case is data-missing with missing-choice", "6"),
  "CC-D13": comi("defaults in FETCH as in GET", "3.1.2"),
};

/** What a test has to show, or what the page says is not there. */
export const REQUIRED_ROWS: Readonly<Record<string, ConformanceRow>> = {
  ...VALUE_ROWS,
  ...IDENTIFIER_ROWS,
  ...FORM_ROWS,
  ...ERROR_ROWS,
  ...SID_ROWS,
  ...PRODUCT_ROWS,
  ...SECTION_ROWS,
};

/** All that a title may name. */
export const CONFORMANCE_ROWS: Readonly<Record<string, ConformanceRow>> = { ...REQUIRED_ROWS, ...CORECONF_ROWS };
