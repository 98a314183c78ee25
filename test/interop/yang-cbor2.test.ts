/** cbor2 (Python) as second reader and writer of our bodies: it knows CBOR, and nothing of YANG. */
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import { decodeIdentifiers, decodeInstances, decodeTree } from "../../gateway/yang/index.ts";
import { Dice } from "../fuzz/dice.ts";
import { openSubjects } from "../fuzz/yang/subjects.ts";
import { answers, pythonOf } from "./peers/python.ts";

const CBOR2 = pythonOf("cbor2");
const STYLES = ["plain", "canonical", "indefinite"] as const;
type Styles = { readonly [style in (typeof STYLES)[number]]: string };

const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();

const subjects = CBOR2 === undefined ? [] : await openSubjects(new Dice(3), false);

(CBOR2 === undefined ? test.skip : test)(
  "CC-V1 CC-V11 CC-V18: cbor2 reads random bodies of ours, and we read what it writes of them (needs cbor2)",
  () => {
    for (const { name, schema, forms, samples } of subjects) {
      for (const form of forms) {
        const bodies = samples.flatMap(({ data, identifiers, instances }) => [
          [data.get(form), (bytes: Uint8Array) => decodeTree(bytes, schema, form)] as const,
          [identifiers.get(form), (bytes: Uint8Array) => decodeIdentifiers(bytes, schema, form)] as const,
          [instances.get(form), (bytes: Uint8Array) => decodeInstances(bytes, schema, "input", form)] as const,
        ]);
        const hexes = bodies.map(([bytes]) => toHex(bytes ?? new Uint8Array()));
        const written = answers(CBOR2 ?? "", "yang-cbor2.py", [], hexes) as Styles[];
        expect(written).toHaveLength(hexes.length);
        for (const [i, [bytes, decode]] of bodies.entries()) {
          const ours = decode(bytes ?? new Uint8Array());
          // Shortest heads and definite lengths: it writes what we wrote.
          expect([name, form, written[i]?.plain]).toEqual([name, form, hexes[i]]);
          for (const style of STYLES) {
            expect([name, form, style, decode(bytesOf(written[i]?.[style] ?? ""))]).toEqual([name, form, style, ours]);
          }
        }
      }
    }
  },
);
