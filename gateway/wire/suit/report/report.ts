/**
 * suit-report — SUIT_Report: what a recipient did and where it failed, both ways. Nodes make these with little memory and do
 * not sort them (libcsuit, measured), so any well-formed CBOR is read. Whether to believe one is the transport's business.
 */
import { CborReader, type CborWriter, HEADER, keysOf, MAJOR, readItem } from "../../cbor/index.ts";
import { readDigest, writeDigest } from "../digest.ts";
import { CLAIM, REPORT, RESULT, TAG } from "../labels.ts";
import { readParameter, readParameters, writeParameter, writeParameters } from "../manifest/parameters.ts";
import {
  encode,
  readArray,
  readComponentId,
  readSmall,
  readTuple,
  readUint,
  writeComponentId,
  writeLabelled,
} from "../strict.ts";
import type { ComponentId, Parameters, ParameterValue, SuitDigest } from "../types.ts";
import {
  type Capabilities,
  malformedReport,
  readCapabilityMap,
  skipTag,
  writeCapabilities,
  writeNumbers,
} from "./capabilities.ts";

/** Where a command stood, and what was measured there. */
export interface ReportRecord {
  readonly kind: "record";
  /** From the root manifest downward: which dependency of it, which of that. Empty = the root itself. */
  readonly manifestId: readonly number[];
  /** Label of the section in the manifest: a sequence, or 3 for the shared one. */
  readonly section: number;
  /** In bytes from the start of the section: `Command.offset`. */
  readonly offset: number;
  readonly componentIndex: number;
  readonly parameters: Parameters;
}

/** What a component was found to be. */
export interface ReportClaim {
  readonly kind: "claim";
  readonly componentId: ComponentId;
  readonly parameters: Parameters;
}

export interface Report {
  readonly reference: { readonly uri: string | undefined; readonly digest: SuitDigest };
  readonly nonce: Uint8Array | undefined;
  readonly records: ReadonlyArray<ReportRecord | ReportClaim>;
  /** `reason` is a number of `REASONS`, `code` the recipient's own. */
  readonly result: true | { readonly code: bigint; readonly record: ReportRecord; readonly reason: number };
  readonly capabilities: Capabilities | undefined;
}

const RULES = { where: "the report", custom: true, keepUnknown: true } as const;
type Draft = { -readonly [K in keyof Report]?: Report[K] };

export function readReport(bytes: Uint8Array): Report {
  const reader = new CborReader(bytes, HEADER);
  const draft: Draft = {};
  for (const label of keysOf(reader, readSmall)) readField(reader, label, draft);
  reader.finish();
  const { reference, records, result } = draft;
  if (reference === undefined) throw malformedReport("it does not say which manifest it is about");
  if (records === undefined) throw malformedReport("it has no list of records");
  if (result === undefined) throw malformedReport("it has no result");
  return { reference, nonce: draft.nonce, records, result, capabilities: draft.capabilities };
}

function readField(reader: CborReader, label: number, draft: Draft): void {
  switch (label) {
    case REPORT.nonce:
      draft.nonce = reader.byteString();
      break;
    case REPORT.records:
      draft.records = readArray(reader, "records", (inner) =>
        inner.major() === MAJOR.map ? readClaim(inner) : readRecord(inner),
      );
      break;
    case REPORT.result:
      draft.result = readResult(reader);
      break;
    case REPORT.capabilities:
      draft.capabilities = readCapabilityMap(reader);
      break;
    case REPORT.reference:
      draft.reference = readReference(reader);
      break;
    default:
      // $$SUIT_Report_Extensions
      readItem(reader);
  }
}

/** [? uri, digest] */
function readReference(reader: CborReader): Report["reference"] {
  skipTag(reader, TAG.reference);
  let uri: string | undefined;
  let digest: SuitDigest | undefined;
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    if (digest !== undefined) throw malformedReport("something follows the digest of its reference");
    if (uri === undefined && reader.major() === MAJOR.text) uri = reader.text();
    else digest = readDigest(reader, "the report");
  }
  if (digest === undefined) throw malformedReport("its reference has no digest");
  return { uri, digest };
}

function readRecord(reader: CborReader): ReportRecord {
  return readTuple(reader, 5, "a record of the report", () => ({
    kind: "record",
    manifestId: readArray(reader, "depth", readUint),
    section: readSmall(reader),
    offset: readUint(reader),
    componentIndex: readUint(reader),
    parameters: readParameters(reader, RULES),
  }));
}

function readClaim(reader: CborReader): ReportClaim {
  let componentId: ComponentId | undefined;
  const parameters = new Map<number, ParameterValue>();
  for (const key of keysOf(reader, readSmall)) {
    if (key === CLAIM.componentId) componentId = readComponentId(reader);
    else parameters.set(key, readParameter(reader, key, RULES));
  }
  if (componentId === undefined) throw malformedReport("a claim names no component");
  return { kind: "claim", componentId, parameters };
}

function readResult(reader: CborReader): Report["result"] {
  if (reader.major() !== MAJOR.map) {
    if (reader.simple() !== true) throw malformedReport("its result is neither true nor a failure");
    return true;
  }
  let code: bigint | undefined;
  let record: ReportRecord | undefined;
  let reason: number | undefined;
  for (const label of keysOf(reader, readSmall)) {
    if (label === RESULT.code) code = BigInt(reader.integer());
    else if (label === RESULT.record) record = readRecord(reader);
    else if (label === RESULT.reason) reason = readSmall(reader);
    else readItem(reader);
  }
  if (code === undefined || record === undefined || reason === undefined) {
    throw malformedReport("its failure lacks code, record or reason");
  }
  return { code, record, reason };
}

export function encodeReport({ reference, nonce, records, result, capabilities }: Report): Uint8Array {
  const fields: Array<readonly [label: number, value: (writer: CborWriter) => void]> = [
    [REPORT.records, (writer) => writeRecords(writer, records)],
    [REPORT.result, (writer) => writeResult(writer, result)],
    [REPORT.reference, (writer) => writeReference(writer, reference)],
  ];
  if (nonce !== undefined) fields.push([REPORT.nonce, (writer) => writer.byteString(nonce)]);
  if (capabilities !== undefined) {
    fields.push([REPORT.capabilities, (writer) => writeCapabilities(writer, capabilities)]);
  }
  return encode((writer) => writeLabelled(writer, fields));
}

function writeReference(writer: CborWriter, { uri, digest }: Report["reference"]): void {
  writer.array(uri === undefined ? 1 : 2);
  if (uri !== undefined) writer.text(uri);
  writeDigest(writer, digest);
}

function writeRecords(writer: CborWriter, records: Report["records"]): void {
  writer.array(records.length);
  for (const one of records) {
    if (one.kind === "record") writeRecord(writer, one);
    else writeClaim(writer, one);
  }
}

function writeRecord(writer: CborWriter, record: ReportRecord): void {
  writer.array(5);
  writeNumbers(writer, record.manifestId);
  writer.integer(record.section);
  writer.integer(record.offset);
  writer.integer(record.componentIndex);
  writeParameters(writer, record.parameters);
}

const writeClaim = (writer: CborWriter, { componentId, parameters }: ReportClaim): void =>
  writeLabelled(writer, [
    [CLAIM.componentId, (inner) => writeComponentId(inner, componentId)],
    ...[...parameters].map(([key, value]) => [key, (inner: CborWriter) => writeParameter(inner, value)] as const),
  ]);

function writeResult(writer: CborWriter, result: Report["result"]): void {
  if (result === true) {
    writer.boolean(true);
    return;
  }
  writeLabelled(writer, [
    [RESULT.code, (inner) => inner.integer(result.code)],
    [RESULT.record, (inner) => writeRecord(inner, result.record)],
    [RESULT.reason, (inner) => inner.integer(result.reason)],
  ]);
}
