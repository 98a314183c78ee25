/** draft-ietf-suit-manifest-09 §8.4 — the manifest as RIOT reads it: one component, and sequences to install and to validate. */
import { WireError } from "../../../base/index.ts";
import { type CborReader, keysOf } from "../../cbor/index.ts";
import { MANIFEST_VERSION, type SequenceName } from "../labels.ts";
import { encodeSequence, type NewSequence } from "../manifest/sequence.ts";
import {
  encode,
  malformed,
  readArray,
  readComponentId,
  readInside,
  readSmall,
  readWhole,
  writeComponentId,
  writeInside,
  writeLabelled,
} from "../strict.ts";
import type { Common, ComponentId, Manifest, Sequence, Severable } from "../types.ts";
import { RIOT09 } from "./labels.ts";
import { modernSequence, oldSequence, readRiot09Sequence, readUint32 } from "./sequence.ts";

const WHERE = "the manifest";
const missing = (where: string, element: string): WireError => new WireError("suit.missing", { where, element });

/** The content of the envelope's element 3, in the words of draft -37. Call it only after its signature was verified. */
export const readRiot09Manifest = (content: Uint8Array): Manifest => readWhole(content, readFields);

function readFields(reader: CborReader): Manifest {
  const { manifest } = RIOT09;
  const sequences = new Map<SequenceName, Severable<Sequence>>();
  let versioned = false;
  let sequenceNumber: bigint | undefined;
  let common: Common | undefined;
  for (const label of keysOf(reader, readSmall)) {
    if (!versioned && label !== manifest.version) throw missing(WHERE, "version");
    if (label === manifest.version) {
      const version = reader.integer();
      if (version !== MANIFEST_VERSION) throw new WireError("suit.version", { version: String(version) });
      versioned = true;
    } else if (label === manifest.sequenceNumber) {
      sequenceNumber = BigInt(readUint32(reader, "the sequence number of the manifest"));
    } else if (label === manifest.common) {
      const inner = readInside(reader);
      common = readCommon(inner);
      inner.finish();
    } else if (label === manifest.install) {
      sequences.set("install", { here: modernSequence(readRiot09Sequence(reader, "sequence install")) });
    } else if (label === manifest.validate) {
      sequences.set("validate", { here: modernSequence(readRiot09Sequence(reader, "sequence validate")) });
    } else throw new WireError("suit.element", { where: WHERE, label });
  }
  if (sequenceNumber === undefined) throw missing(WHERE, "sequence number");
  if (common === undefined) throw missing(WHERE, "common section");
  return {
    sequenceNumber,
    common,
    referenceUri: undefined,
    componentId: undefined,
    setVersion: undefined,
    sequences,
    text: undefined,
    coswid: undefined,
  };
}

function readCommon(reader: CborReader): Common {
  const where = "the common section";
  let components: readonly ComponentId[] | undefined;
  let shared: Sequence | undefined;
  for (const label of keysOf(reader, readSmall)) {
    if (label === RIOT09.common.components) components = readArray(reader, "components", readComponentId);
    else if (label === RIOT09.common.sequence) {
      shared = modernSequence(readRiot09Sequence(reader, "the common sequence"));
    } else throw new WireError("suit.element", { where, label });
  }
  if (components === undefined) throw missing(where, "list of components");
  if (shared === undefined) throw missing(where, "command sequence");
  if (components.length !== 1) throw malformed(where, `it has ${components.length} components, and RIOT takes one`);
  return { components, dependencies: new Map(), shared };
}

/** What an author writes: codes as in the table of the draft, digests as everywhere else. */
export interface NewRiot09Manifest {
  readonly sequenceNumber: bigint;
  readonly component: ComponentId;
  readonly common: NewSequence;
  readonly install: NewSequence;
  readonly validate: NewSequence;
}

export function encodeRiot09Manifest(given: NewRiot09Manifest): Uint8Array {
  const { manifest, common } = RIOT09;
  const sequence = (commands: NewSequence): Uint8Array => encodeSequence(oldSequence(commands));
  return encode((writer) =>
    writeLabelled(writer, [
      [manifest.version, (inner) => inner.integer(MANIFEST_VERSION)],
      [manifest.sequenceNumber, (inner) => inner.integer(given.sequenceNumber)],
      [
        manifest.common,
        (inner) =>
          writeInside(inner, (section) =>
            writeLabelled(section, [
              [
                common.components,
                (list) => {
                  list.array(1);
                  writeComponentId(list, given.component);
                },
              ],
              [common.sequence, (list) => list.byteString(sequence(given.common))],
            ]),
          ),
      ],
      [manifest.install, (inner) => inner.byteString(sequence(given.install))],
      [manifest.validate, (inner) => inner.byteString(sequence(given.validate))],
    ]),
  );
}
