/**
 * suit-report — a node's report read against its manifest: which command failed, in plain language, and what in the report
 * cannot be true. Whether the report is the node's own says the transport.
 */
import {
  commandName,
  PARAMETERS,
  type Parameters,
  type ParameterValue,
  parameterName,
  parameterText,
  type Reason,
  type Report,
  type ReportRecord,
  reasonNamed,
  sameDigest,
} from "../../../wire/suit/index.ts";
import { findCommand, placeText } from "./place.ts";
import { type Program, SHARED_SECTION, sectionName, sectionOf } from "./program.ts";
import { assignments, walkOf } from "./walk.ts";

export interface Replay {
  readonly result: "succeeded" | "failed" | "pending";
  /** "install, step 4, condition-image-match failed: expected 0011.., node has ab12.." */
  readonly sentence: string;
  readonly reason: Reason | undefined;
  /** Of the command that ended it: "install, step 4"; undefined after a success. */
  readonly place: string | undefined;
  /** Every record in words, in the order in which they came. */
  readonly records: readonly string[];
  /** What this manifest cannot have led to: the report lies, or is about another one. */
  readonly doubts: readonly string[];
}

/** td: the manifest at a path of dependencies; undefined = it is not at hand. */
export type Dependencies = (manifestId: readonly number[]) => Program | undefined;

export function replay(report: Report, program: Program, dependencies: Dependencies = () => undefined): Replay {
  const { reference, records, result } = report;
  const doubts: string[] = [];
  if (!sameDigest(reference.digest, program.digest)) doubts.push("it is about another manifest: the digests differ");
  const { referenceUri } = program.manifest;
  // Where a manifest has no reference-uri, some write an empty text and others leave it out.
  if (reference.uri !== undefined && reference.uri !== (referenceUri ?? "")) {
    doubts.push(`its reference is ${reference.uri}, the manifest's ${referenceUri ?? "none"}`);
  }
  const read = (record: ReportRecord): Reading => readRecord(record, { program, dependencies, doubts });
  const lines = records.flatMap((record) => (record.kind === "record" ? [read(record).text] : []));
  if (result === true) {
    const sentence = "it was carried out";
    return { result: "succeeded", sentence, reason: "ok", place: undefined, records: lines, doubts };
  }
  const reason = reasonNamed(result.reason);
  if (reason === undefined || reason === "ok") doubts.push(`${result.reason} is no reason to fail`);
  const { place, text, compared } = read(result.record);
  if (reason === "invoke-pending") {
    return { result: "pending", sentence: `${text}: the node starts anew`, reason, place, records: lines, doubts };
  }
  const words = compared === "" ? (reason ?? `reason ${result.reason}`) : compared;
  const code = result.code === BigInt(result.reason) ? "" : ` (the node's own code: ${result.code})`;
  return { result: "failed", sentence: `${text} failed: ${words}${code}`, reason, place, records: lines, doubts };
}

interface Reading {
  readonly place: string;
  /** Place and command. */
  readonly text: string;
  /** What was expected, and what was found. */
  readonly compared: string;
}
interface Context {
  readonly program: Program;
  readonly dependencies: Dependencies;
  readonly doubts: string[];
}

function readRecord(record: ReportRecord, { program: root, dependencies, doubts }: Context): Reading {
  const { manifestId, section, offset, componentIndex, parameters } = record;
  const program = manifestId.length === 0 ? root : dependencies(manifestId);
  const where = `${sectionName(section)}, byte ${offset}`;
  if (program === undefined) {
    if (!isDependency(root, manifestId)) doubts.push(`the manifest has no dependency ${manifestId.join(", ")}`);
    const place = `dependency ${manifestId.join(", ")}, ${where}`;
    return { place, text: place, compared: comparison(parameters, () => []) };
  }
  const sequence = sectionOf(program, section);
  const found = sequence && findCommand(sequence, offset);
  const place = placeText(program, manifestId, section, offset);
  if (place === undefined) {
    doubts.push(`no command stands at ${where}`);
    return { place: where, text: where, compared: comparison(parameters, () => []) };
  }
  if (program.manifest.common.components[componentIndex] === undefined) {
    doubts.push(`the manifest has no component ${componentIndex}`);
  }
  const expected = (key: number): readonly ParameterValue[] => expectedAt(program, record, key);
  return {
    place,
    text: found === undefined ? place : `${place}, ${commandName(found.command.code)}`,
    compared: comparison(parameters, expected),
  };
}

/** As far as the root manifest tells. */
const isDependency = ({ manifest }: Program, [first]: readonly number[]): boolean =>
  first !== undefined && manifest.common.dependencies.has(first);

const comparison = (measured: Parameters, expected: (key: number) => readonly ParameterValue[]): string =>
  [...measured]
    .map(([key, value]) => {
      const wanted = expected(key).map(valueText);
      const name = measured.size > 1 ? `${parameterName(key)} ` : "";
      const has = `node has ${PARAMETERS.has(key) ? valueText(value) : `${parameterName(key)} ${valueText(value)}`}`;
      return wanted.length === 0 ? `${name}${has}` : `${name}expected ${wanted.join(" or ")}, ${has}`;
    })
    .join("; ");

const valueText = (value: ParameterValue): string =>
  value.form === "digest" ? parameterText(value).replace(/^SHA-256 /, "") : parameterText(value);

/**
 * What the manifest may have set for a component before a command: the last value, or one of several where alternatives set
 * it. Which alternative a node took it does not say.
 */
function expectedAt(
  program: Program,
  { section, offset, componentIndex }: ReportRecord,
  key: number,
): ParameterValue[] {
  const values: ParameterValue[] = [];
  const sections = section === SHARED_SECTION ? [section] : [SHARED_SECTION, section];
  for (const label of sections) {
    const sequence = sectionOf(program, label);
    if (sequence === undefined) continue;
    const within = (label === section ? findCommand(sequence, offset)?.within : undefined) ?? [sequence];
    const sure = new Set(within.flatMap(({ commands }) => commands.map((command) => command.offset)));
    for (const assignment of assignments(sequence, walkOf(program))) {
      const value = assignment.parameters.get(key);
      if (value === undefined || assignment.index !== componentIndex) continue;
      if (label === section && assignment.offset >= offset) break;
      if (sure.has(assignment.offset)) values.length = 0;
      values.push(value);
    }
  }
  return values;
}
