/** RFC 9052 §3 — the two header maps of every layer: read leniently, kept verbatim, never encoded anew. */
import { EMPTY, TrustError } from "../../../base/index.ts";
import { type CborItem, CborReader, CborWriter } from "../../cbor/index.ts";
import { type Algorithm, algorithmById, isBare } from "../algorithms.ts";
import {
  COSE,
  decodeLabelMap,
  encodeValue,
  type Label,
  type LabelMap,
  labelOf,
  malformed,
  readLabelMap,
  unmakeable,
  type Value,
  type ValueMap,
  writeValue,
} from "../label-map.ts";

/** RFC 9052 §3.1, table 3, with the kinds of item that each may be. */
const KINDS: ReadonlyMap<Label, ReadonlyArray<CborItem["kind"]>> = new Map([
  [1, ["integer", "text"]],
  [2, ["array"]],
  [3, ["integer", "text"]],
  [4, ["bytes"]],
  [5, ["bytes"]],
  [6, ["bytes"]],
]);
/** Their labels. */
export const HEADER_LABEL = { alg: 1, crit: 2, contentType: 3, kid: 4, iv: 5, partialIv: 6 } as const;

export interface Headers {
  /** What goes into the structures: as it stands in the message, and of no bytes when the map is empty (§3). */
  readonly protectedBytes: Uint8Array;
  readonly protected: LabelMap;
  readonly unprotected: LabelMap;
}

const NONE: LabelMap = new Map();

/** Labels beyond those of table 3 that `crit` may name; whoever wrote the headers heeds all. */
export type Understood = readonly Label[] | "all";

/** The next two items: empty_or_serialized_map and header_map. */
export function readHeaders(reader: CborReader, understood: Understood): Headers {
  const bytes = reader.byteString();
  const shielded = bytes.length === 0 ? NONE : decodeLabelMap(bytes, "the protected header");
  const unprotected = readLabelMap(reader, "the unprotected header");
  // §3: a label stands in one of the two maps.
  for (const label of unprotected.keys()) {
    if (shielded.has(label)) throw malformed(`label ${label} stands in both headers`);
  }
  const headers = { protectedBytes: shielded.size === 0 ? EMPTY : bytes, protected: shielded, unprotected };
  checkCommon(headers);
  checkCritical(headers, understood);
  return headers;
}

function checkCommon(headers: Headers): void {
  for (const [label, item] of [...headers.protected, ...headers.unprotected]) {
    if (KINDS.get(label)?.includes(item.kind) === false) throw malformed(`header ${label} is of kind ${item.kind}`);
  }
  if (header(headers, HEADER_LABEL.iv) !== undefined && header(headers, HEADER_LABEL.partialIv) !== undefined) {
    throw malformed("IV and Partial IV stand in one layer");
  }
}

/** §3.1: crit is protected, names at least one label, and each of them is there and understood. */
function checkCritical(headers: Headers, understood: Understood): void {
  if (headers.unprotected.has(HEADER_LABEL.crit)) throw malformed("crit is not protected");
  const crit = headers.protected.get(HEADER_LABEL.crit);
  if (crit?.kind !== "array") return;
  if (crit.items.length === 0) throw malformed("crit is empty");
  for (const item of crit.items) {
    const label = labelOf(item, "crit");
    if (!headers.protected.has(label)) throw malformed(`crit names label ${label}, which is not protected`);
    if (understood !== "all" && !understood.includes(label) && !KINDS.has(label)) {
      throw new TrustError("cose.critical", { label });
    }
  }
}

export const header = (headers: Headers, label: Label): CborItem | undefined =>
  headers.protected.get(label) ?? headers.unprotected.get(label);

export function bytesHeader(headers: Headers, label: Label): Uint8Array | undefined {
  const item = header(headers, label);
  return item?.kind === "bytes" ? item.value : undefined;
}

export const kidOf = (headers: Headers): Uint8Array | undefined => bytesHeader(headers, HEADER_LABEL.kid);

/** RFC 9052 §3.1: what the layer says it was made with, from the one place that counts for this algorithm. */
export function algorithmOf(headers: Headers): Algorithm {
  const shielded = headers.protected.get(HEADER_LABEL.alg);
  const item = shielded ?? headers.unprotected.get(HEADER_LABEL.alg);
  if (item?.kind !== "integer" && item?.kind !== "text") throw malformed("no alg stands in the header");
  const row = algorithmById(item.value);
  if (isBare(row)) {
    if (headers.protected.size > 0) throw malformed(`${row.name} protects no header, and one is protected`);
  } else if (shielded === undefined) {
    throw new TrustError("cose.algorithm", { algorithm: row.name, reason: "it stands in the unprotected header" });
  }
  return row;
}

/** Headers that an author adds to those that we write ourselves. */
export interface GivenHeaders {
  readonly protected?: ValueMap;
  readonly unprotected?: ValueMap;
}

export interface WrittenHeaders {
  readonly protectedBytes: Uint8Array;
  readonly unprotected: ValueMap;
}

/** Headers with the algorithm where it belongs; COSE_Sign has none of its own. */
export function makeHeaders(
  algorithm: Algorithm | undefined,
  given: GivenHeaders,
  extra: ValueMap = new Map(),
): WrittenHeaders {
  const bare = algorithm !== undefined && isBare(algorithm);
  const alg: ReadonlyArray<readonly [Label, Value]> = algorithm === undefined ? [] : [[HEADER_LABEL.alg, algorithm.id]];
  const shielded = [...(bare ? [] : alg), ...(given.protected ?? [])];
  const open = [...(bare ? alg : []), ...extra, ...(given.unprotected ?? [])];
  if (bare && shielded.length > 0) throw unmakeable(`${algorithm.name} can protect no header`);
  const map = new Map(shielded);
  if (new Set([...shielded, ...open].map(([label]) => label)).size < shielded.length + open.length) {
    throw unmakeable("a header label is given twice");
  }
  return { protectedBytes: map.size === 0 ? EMPTY : encodeValue(map), unprotected: new Map(open) };
}

export function writeHeaders(writer: CborWriter, { protectedBytes, unprotected }: WrittenHeaders): void {
  writer.byteString(protectedBytes);
  writeValue(writer, unprotected);
}

/** Headers of ours as their reader will see them. */
export function readBack(headers: WrittenHeaders): Headers {
  const writer = new CborWriter();
  writeHeaders(writer, headers);
  const reader = new CborReader(writer.finish(), COSE);
  return readHeaders(reader, "all");
}
