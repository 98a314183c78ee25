/** SenML CBOR (RFC 8428 §6, content format 112; RFC 8790 for edits, 322): an array of records, labels as numbers. */
import { CborWriter } from "../../../gateway/wire/cbor/index.ts";
import type { Resource, Scalar } from "./content.ts";
import { writeScalar } from "./lwm2m-cbor.ts";

/** RFC 8428 §6, table 4. */
export const LABEL = { bver: -1, bn: -2, bt: -3, bu: -4, n: 0, u: 1, v: 2, vs: 3, vb: 4, t: 6 } as const;
/** Members in their order; null takes a value away (RFC 8790 §3.2). */
export type SenmlRecord = ReadonlyArray<readonly [label: keyof typeof LABEL, value: Scalar | null]>;

export function encodeSenml(records: readonly SenmlRecord[]): Uint8Array {
  const writer = new CborWriter();
  writer.array(records.length);
  for (const record of records) {
    writer.map(record.length);
    for (const [label, value] of record) {
      writer.integer(LABEL[label]);
      if (value === null) writer.null();
      else writeScalar(writer, value);
    }
  }
  return writer.finish();
}

/** Resources under their LwM2M paths as names, with whatever base name makes it shortest; `gone` are names whose value is null. */
export function encodeResources(resources: readonly Resource[], gone: readonly string[] = []): Uint8Array {
  const named: ReadonlyArray<readonly [name: string, value: Scalar | null]> = [
    ...resources.map(([path, value]) => [path.join("/"), value] as const),
    ...gone.map((name) => [name, null] as const),
  ];
  const first = named[0]?.[0] ?? "";
  const bases = Array.from({ length: first.length + 1 }, (_, length) => first.slice(0, length));
  const forms = bases
    .filter((base) => named.every(([name]) => name.startsWith(base)))
    .map((base) => encodeSenml(named.map(([name, value], at) => record(base, at === 0, name, value))));
  return forms.reduce((shortest, form) => (form.length < shortest.length ? form : shortest));
}

function record(base: string, isFirst: boolean, name: string, value: Scalar | null): SenmlRecord {
  const rest = name.slice(base.length);
  const label = typeof value === "string" ? "vs" : typeof value === "boolean" ? "vb" : "v";
  return [
    ...(isFirst && base !== "" ? ([["bn", base]] as const) : []),
    ...(rest === "" ? [] : ([["n", rest]] as const)),
    [label, value],
  ];
}
