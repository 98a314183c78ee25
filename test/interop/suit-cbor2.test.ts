/** cbor2 and hashlib (Python) as second reader and writer of SUIT envelopes: they know CBOR and hashes, and nothing of SUIT. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import {
  addBlock,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  type Envelope,
  encodeEnvelope,
  integrate,
  lintManifest,
  type NewManifest,
  type NewSequence,
  readEnvelope,
  readManifest,
  SEQUENCES,
  SEVERABLE,
  sequenceName,
} from "../../gateway/wire/suit/index.ts";
import { manifests } from "../support/arbitrary-manifest.ts";
import { answers, pythonOf } from "./peers/python.ts";

const CBOR2 = pythonOf("cbor2");
const BLOCK = new Uint8Array(5).fill(7);
const withCbor2 = CBOR2 === undefined ? test.skip : test;

function whole(manifest: NewManifest, index: number): Envelope {
  const severable = Object.values(SEVERABLE).filter((label) => {
    const name = sequenceName(label);
    return name !== undefined && manifest.sequences.get(name)?.here !== undefined;
  });
  const algorithm = [-16, -18, -43, -44, -45][index % 5] ?? -16;
  return integrate(addBlock(createEnvelope(manifest, { severable, algorithm }), BLOCK), "#payload", BLOCK);
}

type Codes = Array<number | null | Codes>;
const codes = ({ commands }: NewSequence): Codes =>
  commands.flatMap(({ code, argument }): Codes => {
    if (argument.kind === "try-each")
      return [code, argument.arms.map((arm) => (arm === undefined ? null : codes(arm)))];
    return argument.kind === "sequence" ? [code, codes(argument.sequence)] : [code];
  });

withCbor2(
  "SU-E2 SU-E3 SU-C13: suit-manifest-37 §8: cbor2 and hashlib find in our envelopes what their author put in (needs cbor2)",
  () => {
    const authored = fc.sample(manifests, { numRuns: 60, seed: 37 });
    const envelopes = authored.map(whole);
    const told = answers(
      CBOR2 ?? "",
      "suit-cbor2.py",
      [],
      envelopes.map((one) => toHex(encodeEnvelope(one))),
    );
    const expected = authored.map(({ sequenceNumber, common, sequences }, index) => ({
      tag: 107,
      plain: toHex(encodeEnvelope(envelopes[index]!)),
      manifest: true,
      severed: [...envelopes[index]!.severable].map(() => true),
      blocks: [toHex(BLOCK)],
      number: String(sequenceNumber),
      components: common.components.map((id) => id.map(toHex)),
      shared: codes(common.shared),
      sequences: Object.fromEntries(
        [...sequences].flatMap(([name, { here }]) =>
          here === undefined ? [] : [[String(SEQUENCES[name]), codes(here)]],
        ),
      ),
      integrated: { "#payload": toHex(BLOCK) },
    }));
    expect(told).toEqual(expected);
  },
);

withCbor2(
  "SU-E2: suit-manifest-37 §8: an envelope that cbor2 wrote is read, and belongs together (needs cbor2)",
  () => {
    const [answer] = answers(CBOR2 ?? "", "suit-cbor2.py", [], ["write"]) as Array<{ readonly written: string }>;
    const bytes = fromHex(answer?.written ?? "") ?? new Uint8Array();
    const envelope = readEnvelope(bytes);
    checkManifestDigest(envelope);
    const manifest = readManifest(envelope.manifest.content);
    expect(manifest.sequenceNumber).toBe(2n ** 53n);
    expect(lintManifest(manifest, checkBelonging(envelope, manifest))).toEqual([]);
    expect(toHex(encodeEnvelope(envelope))).toBe(toHex(bytes));
  },
);
