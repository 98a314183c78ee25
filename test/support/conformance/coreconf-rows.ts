/**
 * What draft-ietf-core-comi-21 and its neighbours ask of CORECONF: resources, methods, streams, blocks, security, library, and
 * the places where the draft contradicts itself or is silent. Rows of docs/coreconf-conformance.md; each must be shown by a test.
 */
import { type ConformanceRow, type Rows, row } from "./row.ts";

const DRAFT = "draft-ietf-core-comi-21";
const comi = (section: string, rule: string, decision?: string): ConformanceRow =>
  row(rule, `${DRAFT} §${section}`, decision === undefined ? {} : { decision });
const silent = (rule: string, decision: string): ConformanceRow => row(rule, `${DRAFT} is silent`, { decision });
const other = (document: string, rule: string, decision?: string): ConformanceRow =>
  row(rule, document, decision === undefined ? {} : { decision });

export const RESOURCE_ROWS: Rows = {
  "CC-R1": comi(
    "3",
    "the path of a datastore is free; at least one is found by rt=core.c.ds",
    "each node has a root of its own: /c for itself, /n/{node}/c for managers; /c is the gateway's for managers",
  ),
  "CC-R2": comi("5.2.1", "`ds` is the SID of the datastore's identity, 1029 = unified"),
  "CC-R3": comi("3, §3.4", "the path of an event stream is free, there may be several"),
  "CC-R4": comi("3, §5.2.3, §8.1", "resource type of a stream", "core.c.es and core.c.ev, both in one attribute"),
  "CC-R5": comi("5.2.2", "links to data nodes are optional", "there are none: FETCH reaches every data node"),
  "CC-R6": comi("5.1", "rt=core.c.yl leads to the YANG library", "it leads to the datastore that carries the library"),
  "CC-R7": comi("5", "/.well-known/core: GET with the filters of RFC 6690, content format 40"),
  "CC-R8": comi("5", "YANG library, discovery or both", "both"),
  "CC-R9": comi("2.4", "one datastore of configuration and state; changes apply at once or soon"),
  "CC-R10": comi("2.1.1", "`insert`, `point`, `start-time`, `stop-time`, HEAD and OPTIONS are not supported"),
};

export const METHOD_ROWS: Rows = {
  "CC-F1": comi("3.1.3", "FETCH: 142, one map for each identifier, in the order asked"),
  "CC-F2": comi("3.1.3", "null for what is not supported or not there"),
  "CC-F3": comi("3.1.3", "the keys of an identifier are left out in the answer"),
  "CC-F4": comi("3.1.3.1", "a list entry is one map"),
  "CC-F5": comi("3.1.1", "`c=a|c|n` picks configuration, state or both among descendants; GET and FETCH only"),
  "CC-F6": comi("3.1.2", "`d=a|t`: defaults are told or trimmed; a leaf that is asked for tells its default"),
  "CC-F7": comi("3.1.2; RFC 6243 §3.2", "a value that equals its default is trimmed though it was set"),
  "CC-I1": comi("3.2.3", "iPATCH creates, replaces, deletes; 2.04; no query"),
  "CC-I2": comi("2.3", "deleting what is not there is no error"),
  "CC-I3": comi("3.2.3.1", "the forms of lists: [SID, keys]: map or null; SID: map with its keys; SID: array"),
  "CC-I4": other(`${DRAFT} §6; RFC 8132 §3`, "all or nothing; nobody sees half of an edit"),
  "CC-I5": other(
    "RFC 8132 §2, §3",
    "If-Match and If-None-Match on FETCH and iPATCH, else 4.12",
    "If-Match compares the configuration of the whole datastore",
  ),
  "CC-I6": comi("3.2.1", "entries of one request keep their order"),
  "CC-I7": silent(
    "a leaf of type empty is null, and null deletes",
    "null deletes; such a leaf is set with its container",
  ),
  "CC-G1": comi("3.3", "GET: 140, the whole datastore; `c` and `d` hold"),
  "CC-G2": comi("3.3", "PUT replaces the datastore, 2.04", "its configuration; state in the body is refused"),
  "CC-G3": comi("3.3", "POST with 140 creates the datastore, 2.01", "4.09 where there is a configuration"),
  "CC-G4": comi("3.3", "DELETE, 2.02", "of the configuration; the resource and what is measured stay"),
  "CC-G5": comi("3.3.1", "any SID may stand at the top of a map"),
  "CC-A1": comi("3.5", "rpc: POST with 142, {SID: input}; 2.04 and {SID: output or null}"),
  "CC-A2": comi("3.5.2", "action: [SID, keys] in request and answer"),
  "CC-A3": other(`RFC 9254 §4.2.1; ${DRAFT} §3.5.1`, "deltas of inputs and outputs count from the operation's SID"),
  "CC-A4": silent(
    "several calls in one POST",
    "all are checked before the first runs; then in order up to the first failure",
  ),
  "CC-A5": comi("6", "reading an operation is 4.05"),
  "CC-A6": comi("6", "missing input: 4.00, missing-element and missing-input-parameter"),
};

export const STREAM_ROWS: Rows = {
  "CC-E1": comi("3.4", "GET with Observe: 142, {identifier of the notification: content}"),
  "CC-E2": comi("3.4", "newest first"),
  "CC-E3": comi(
    "3.4",
    "how many are kept is the server's choice",
    'docs/coreconf.md, "Limits"; they survive a restart',
  ),
  "CC-E4": comi("3.4", "nothing to report", "an empty sequence: no payload"),
  "CC-E5": comi("2.3; RFC 9254 §6.13.1", "[SID, keys] for a notification inside a list"),
  "CC-E6": comi("3.4.1", "FETCH with 141 picks notifications"),
  "CC-E7": other("RFC 8132 §2.4", "Observe with FETCH; the payload belongs to the relation"),
  "CC-E8": other("RFC 7641 §3.6", "Observe 1 or a reset ends it"),
  "CC-E9": comi("3.4, §4", "long streams come in blocks"),
};

export const BLOCK_ROWS: Rows = {
  "CC-B1": other(`${DRAFT} §4; RFC 8132 §2.5`, "Block1 and Block2 with every method"),
  "CC-B2": comi("4", "all blocks of an answer are of one state, told by an ETag"),
  "CC-B3": comi("4", "producers may use indefinite lengths", "read, and not written"),
  "CC-B4": other("RFC 8132 §2", "payload and content format belong to the cache key of FETCH; a FETCH answers no GET"),
  "CC-B5": other("RFC 8132 §3", "a change makes stored representations stale"),
};

export const SECURITY_ROWS: Rows = {
  "CC-S1": comi("2", "the server keeps the unauthorised from reading and writing"),
  "CC-S2": comi("7", "DTLS or OSCORE", "OSCORE; unprotected only in lab mode, by default on loopback alone"),
  "CC-S3": silent("no model of access control is prescribed", "sidgate-access, with the semantics of RFC 8341"),
  "CC-S4": other("RFC 9595 §5", ".sid files are held to range and uniqueness when they are loaded"),
};

const LIBRARY = "draft-ietf-core-yang-library-03";
export const LIBRARY_ROWS: Rows = {
  "CC-L1": other(LIBRARY, "modules, features, deviations, datastore and checksum; a notification when they change"),
  "CC-L2": other(
    LIBRARY,
    "its SIDs",
    "29300 to 29332 as Microchip's product has them; those of a loaded .sid file come first",
  ),
};

/** The draft says two things, or nothing. */
export const CONTRADICTION_ROWS: Rows = {
  "CC-D1": comi("3, §5.2.3", "core.c.ev or core.c.es", "both are advertised, each is accepted"),
  "CC-D2": comi("3.1.1", "`c` and `d` on resources of data nodes, which are gone", "GET and FETCH on the datastore"),
  "CC-D3": comi("5.1, §5.2.2", "links like /c/a6 of an encoding that is gone", "they name nothing: 4.04"),
  "CC-D4": comi("6", "error bodies only with 4.00", "with every 4.xx of the request's content"),
  "CC-D5": comi("3.3, §3.5", "POST creates and calls", "140 creates, 142 calls, anything else is 4.15"),
  "CC-D6": comi("3.4, §3.4.1", "the table of the stream has no FETCH", "GET and FETCH"),
  "CC-D7": comi("3.2.3.1", "{SID: map} for a list", "the keys are taken from the map; without them missing-key"),
  "CC-D8": comi("6", "deleting a key", "missing-key"),
  "CC-D9": silent("null is a value of type empty", "null deletes (CC-I7)"),
  "CC-D10": silent("one unknown identifier among others", "null for that one"),
  "CC-D11": comi("6", "a failed require-instance is listed twice", "data-missing with instance-required"),
  "CC-D12": comi("6", "a mandatory choice fits two rows", "data-missing with missing-choice"),
  "CC-D13": comi("3.1.2", "defaults of containers are worded for GET only", "the same for FETCH"),
};

const CODES: ReadonlyArray<readonly [code: string, rule: string, document: string]> = [
  ["4.00", "malformed content, constraints of YANG", `${DRAFT} §6`],
  ["4.01", "not authorised for a node, an operation, a stream", `${DRAFT} §6`],
  ["4.02", "an unknown or malformed option, a query where there is none", `${DRAFT} §6`],
  ["4.04", "no such resource", `${DRAFT} §6`],
  ["4.05", "the method is none of the target's", `${DRAFT} §6`],
  ["4.06", "the content format asked for cannot be had", "RFC 7252 §5.10.4"],
  ["4.08", "blocks that do not follow each other", "RFC 7959 §2.9.2"],
  ["4.09", "a conflict with what is there", "RFC 8132 §3.4"],
  ["4.12", "a precondition does not hold", "RFC 8132 §3.4"],
  ["4.13", "a body that is too large", "RFC 7959 §2.9.3"],
  ["4.15", "another content format", `${DRAFT} §6`],
  ["4.22", "right, and not to be processed", "RFC 8132 §3.4"],
  ["5.03", "it cannot be taken now", "RFC 8132 §3.4"],
];

export const CODE_ROWS: Rows = Object.fromEntries(
  CODES.map(([code, rule, document]) => [`CC-code-${code}`, row(rule, document)]),
);
