/** draft-ietf-suit-manifest-37 — what any author can write comes back the same, and nothing on the way changes what was signed. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { toHex } from "../../../gateway/base/index.ts";
import {
  addBlock,
  checkBelonging,
  checkManifestDigest,
  commandAt,
  commandsIn,
  createEnvelope,
  describeEnvelope,
  dropBlocks,
  type Envelope,
  encodeEnvelope,
  encodeManifest,
  encodeSequence,
  integrate,
  lintManifest,
  readEnvelope,
  readManifest,
  SEVERABLE,
  type Sequence,
  sequenceName,
  sever,
  takePayloads,
  urisOf,
} from "../../../gateway/wire/suit/index.ts";
import { manifests } from "../../support/arbitrary-manifest.ts";

const RUNS = { numRuns: 30 };

/** As its author wrote it: without the places and bytes that reading adds to commands and sequences. */
function asWritten(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map) return [...value].map(asWritten);
  if (Array.isArray(value)) return value.map(asWritten);
  if (typeof value !== "object" || value === null) return value;
  const added = (key: string): boolean => key === "offset" || (key === "bytes" && "commands" in value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => inner !== undefined && !added(key))
      .map(([key, inner]) => [key, asWritten(inner)]),
  );
}

test("SU-E2 SU-M1: §8.4: every manifest comes back from its bytes, and gives the same bytes", () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const content = encodeManifest(manifest);
      const read = readManifest(content);
      expect(asWritten(read)).toEqual(asWritten(manifest));
      expect(toHex(encodeManifest(read))).toBe(toHex(content));
    }),
    RUNS,
  );
});

test("SU-R7: suit-report: every command is found by its offset in its section, wherever it is nested", () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const { common, sequences } = readManifest(encodeManifest(manifest));
      const sections: Sequence[] = [common.shared];
      for (const { here } of sequences.values()) if (here !== undefined) sections.push(here);
      for (const section of sections) {
        expect(toHex(encodeSequence(section))).toBe(toHex(section.bytes));
        for (const command of commandsIn(section)) {
          expect(commandAt(section, command.offset)).toBe(command);
          const { bytes } = section;
          // a command's first byte is the head of its code
          expect(bytes[command.offset]! >> 5).toBe(command.code < 0 ? 1 : 0);
        }
      }
    }),
    RUNS,
  );
});

const asEnvelope = (manifest: Parameters<typeof createEnvelope>[0]): Envelope => {
  const labels = Object.values(SEVERABLE).filter((label) => {
    const name = sequenceName(label);
    if (name !== undefined) return manifest.sequences.get(name)?.here !== undefined;
    return (label === SEVERABLE.text ? manifest.text : manifest.coswid)?.here !== undefined;
  });
  return createEnvelope(manifest, { severable: labels, algorithm: -43 });
};

test("SU-E7 SU-E12 SU-E13: §5.4, §7.5, Appendix C.1: severing, integrating and blocks change no byte that was signed", () => {
  fc.assert(
    fc.property(manifests, fc.uint8Array({ minLength: 1, maxLength: 40 }), (manifest, block) => {
      const made = addBlock(asEnvelope(manifest), block);
      const bytes = encodeEnvelope(made);
      const envelope = readEnvelope(bytes);
      expect(toHex(encodeEnvelope(envelope))).toBe(toHex(bytes));
      checkManifestDigest(envelope);
      const read = readManifest(envelope.manifest.content);
      const whole = checkBelonging(envelope, read);
      const uris = [...urisOf([read.common.shared, ...whole.sequences.values()])].filter((uri) => uri !== "");
      const filled = uris.slice(0, 32).reduce((some, uri) => integrate(some, uri, block), envelope);
      for (const other of [
        filled,
        sever(envelope, Object.values(SEVERABLE)),
        takePayloads(filled, uris),
        dropBlocks(envelope, () => false),
        addBlock(envelope, block),
      ]) {
        const again = readEnvelope(encodeEnvelope(other));
        expect(toHex(again.authentication.signed)).toBe(toHex(made.authentication.signed));
        expect(toHex(again.manifest.item)).toBe(toHex(made.manifest.item));
        checkManifestDigest(again);
      }
      // what was integrated belongs, for the manifest names it
      checkBelonging(readEnvelope(encodeEnvelope(filled)), read);
      // and people can be told of all of it
      expect(lintManifest(read, whole).every(({ error }) => error.hint !== "")).toBe(true);
      expect(describeEnvelope(filled, read, whole).every(({ value }) => !/\p{Cc}/u.test(value))).toBe(true);
    }),
    RUNS,
  );
});
