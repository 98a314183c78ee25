/** suit-manifest-37 §8.4, §8.4.5 — the manifest and its common section, both ways. Read only what was authenticated. */
import { WireError } from "../../../base/index.ts";
import { type CborReader, type CborWriter, keysOf, MAJOR } from "../../cbor/index.ts";
import { readDigest, writeDigest } from "../digest.ts";
import { DIALECTS, OLD_INSTALL } from "../envelope/dialect.ts";
import { COMMON, DEPENDENCY, MANIFEST, MANIFEST_VERSION, SEQUENCES, SEVERABLE, type SequenceName } from "../labels.ts";
import {
  encode,
  malformed,
  readArray,
  readComponentId,
  readInside,
  readSmall,
  readUint,
  readUint64,
  readWhole,
  writeComponentId,
  writeInside,
  writeLabelled,
} from "../strict.ts";
import type { Common, ComponentId, Manifest, Sequence, Severable } from "../types.ts";
import { readVersion, writeVersion } from "./parameters.ts";
import { type NewSequence, NO_SEQUENCE, readSequence, writeSequence } from "./sequence.ts";

const WHERE = "the manifest";
const SEVERABLE_LABELS: ReadonlySet<number> = new Set(Object.values(SEVERABLE));

export const sequenceLabel = (name: SequenceName): number => SEQUENCES[name];
const sequenceNames = Object.keys(SEQUENCES).filter((name): name is SequenceName => name in SEQUENCES);
export const sequenceName = (label: number): SequenceName | undefined =>
  sequenceNames.find((name) => SEQUENCES[name] === label);

type Draft = { -readonly [K in keyof Manifest]?: Manifest[K] };

/** The content of the envelope's element 3. Call it only after the signature over its digest was verified (§6.2). */
export const readManifest = (content: Uint8Array): Manifest => readWhole(content, readFields);

function readFields(reader: CborReader): Manifest {
  const draft: Draft = {};
  const sequences = new Map<SequenceName, Severable<Sequence>>();
  let versioned = false;
  for (const label of keysOf(reader, readSmall)) {
    const sequence = sequenceName(label);
    // §6.1: nothing is made of a manifest of another version.
    if (!versioned && label !== MANIFEST.version) throw missing("version");
    versioned = true;
    if (sequence !== undefined) {
      const { components } = required(draft.common, "common section");
      sequences.set(
        sequence,
        readSeverable(reader, label, (content) =>
          readSequence(content, { where: `sequence ${sequence}`, components: components.length }),
        ),
      );
    } else readField(reader, label, draft);
  }
  return {
    sequenceNumber: required(draft.sequenceNumber, "sequence number"),
    common: required(draft.common, "common section"),
    referenceUri: draft.referenceUri,
    componentId: draft.componentId,
    setVersion: draft.setVersion,
    sequences,
    text: draft.text,
    coswid: draft.coswid,
  };
}

function readField(reader: CborReader, label: number, draft: Draft): void {
  switch (label) {
    case MANIFEST.version: {
      const version = reader.integer();
      if (version !== MANIFEST_VERSION) throw new WireError("suit.version", { version: String(version) });
      break;
    }
    case MANIFEST.sequenceNumber:
      draft.sequenceNumber = readUint64(reader, "the sequence number of the manifest");
      break;
    case MANIFEST.common:
      draft.common = insideOf(reader, readCommon);
      break;
    case MANIFEST.referenceUri:
      draft.referenceUri = reader.text();
      break;
    case MANIFEST.componentId:
      draft.componentId = readComponentId(reader);
      break;
    case MANIFEST.setVersion:
      draft.setVersion = insideOf(reader, (inner) => readVersion(inner, "the set version"));
      break;
    case MANIFEST.text:
      draft.text = readSeverable(reader, label, (content) => content);
      break;
    case MANIFEST.coswid:
      draft.coswid = readSeverable(reader, label, (content) => content);
      break;
    case OLD_INSTALL:
      throw new WireError("suit.dialect", { dialect: DIALECTS["install-17"] });
    default:
      throw new WireError("suit.element", { where: WHERE, label });
  }
}

/** §8.6: an array is the digest of what was taken out; a byte string is the thing itself. */
function readSeverable<T>(reader: CborReader, label: number, read: (content: Uint8Array) => T): Severable<T> {
  if (reader.major() === MAJOR.array && SEVERABLE_LABELS.has(label)) {
    return { digest: readDigest(reader, `element ${label} of the manifest`) };
  }
  return { here: read(reader.byteString()) };
}

function insideOf<T>(reader: CborReader, read: (inner: CborReader) => T): T {
  const inner = readInside(reader);
  const value = read(inner);
  inner.finish();
  return value;
}

const missing = (element: string): WireError => new WireError("suit.missing", { where: WHERE, element });

function required<T>(value: T | undefined, element: string): T {
  if (value === undefined) throw missing(element);
  return value;
}

function readCommon(reader: CborReader): Common {
  let components: Common["components"] = [];
  let dependencies: Common["dependencies"] = new Map();
  let shared = NO_SEQUENCE;
  const where = "the common section";
  for (const label of keysOf(reader, readSmall)) {
    if (label === COMMON.dependencies) dependencies = readDependencies(reader);
    else if (label === COMMON.components) {
      components = readArray(reader, "components", readComponentId);
      if (components.length === 0) throw malformed(where, "its list of components is empty");
    } else if (label === COMMON.sharedSequence) {
      const rules = { where: "the shared sequence", components: components.length, shared: true };
      shared = readSequence(reader.byteString(), rules);
    } else throw new WireError("suit.element", { where, label });
  }
  for (const index of dependencies.keys()) {
    if (index >= components.length) {
      throw new WireError("suit.index", { where: "the dependencies", index, components: components.length });
    }
  }
  return { components, dependencies, shared };
}

/** td, SUIT_Dependencies: by component index. */
function readDependencies(reader: CborReader): Common["dependencies"] {
  const dependencies = new Map<number, { readonly prefix: ComponentId | undefined }>();
  for (const index of keysOf(reader, readUint)) {
    let prefix: ComponentId | undefined;
    for (const label of keysOf(reader, readSmall)) {
      if (label !== DEPENDENCY.prefix) throw new WireError("suit.element", { where: "a dependency", label });
      prefix = readComponentId(reader);
    }
    dependencies.set(index, { prefix });
  }
  if (dependencies.size === 0) throw malformed("the common section", "its map of dependencies is empty");
  return dependencies;
}

/** What an author writes: a manifest whose sequences are commands alone. What `readManifest` gives is one too. */
export interface NewManifest extends Omit<Manifest, "common" | "sequences"> {
  readonly common: Omit<Common, "shared"> & { readonly shared: NewSequence };
  readonly sequences: ReadonlyMap<SequenceName, Severable<NewSequence>>;
}

type Writing = (writer: CborWriter) => void;

/** Content of element 3, in the one encoding that there is for it. */
export function encodeManifest(manifest: NewManifest): Uint8Array {
  const { sequenceNumber, common, referenceUri, componentId, setVersion, sequences, text, coswid } = manifest;
  const fields: Array<readonly [label: number, value: Writing]> = [
    [MANIFEST.version, (writer) => writer.integer(MANIFEST_VERSION)],
    [MANIFEST.sequenceNumber, (writer) => writer.integer(sequenceNumber)],
    [MANIFEST.common, (writer) => writeInside(writer, (inner) => writeCommon(inner, common))],
    ...[...sequences].map(([name, value]) => [SEQUENCES[name], severable(value, sequenceWriting)] as const),
  ];
  if (referenceUri !== undefined) fields.push([MANIFEST.referenceUri, (writer) => writer.text(referenceUri)]);
  if (componentId !== undefined) fields.push([MANIFEST.componentId, (writer) => writeComponentId(writer, componentId)]);
  if (setVersion !== undefined) {
    fields.push([MANIFEST.setVersion, (writer) => writeInside(writer, (inner) => writeVersion(inner, setVersion))]);
  }
  if (text !== undefined) fields.push([MANIFEST.text, severable(text, bytesWriting)]);
  if (coswid !== undefined) fields.push([MANIFEST.coswid, severable(coswid, bytesWriting)]);
  return encode((writer) => writeLabelled(writer, fields));
}

const sequenceWriting =
  (sequence: NewSequence): Writing =>
  (writer) =>
    writeInside(writer, (inner) => writeSequence(inner, sequence));
const bytesWriting =
  (bytes: Uint8Array): Writing =>
  (writer) =>
    writer.byteString(bytes);

function severable<T>({ here, digest }: Severable<T>, writing: (value: T) => Writing): Writing {
  if (digest !== undefined) return (writer) => writeDigest(writer, digest);
  return writing(here);
}

function writeCommon(writer: CborWriter, { components, dependencies, shared }: NewManifest["common"]): void {
  const fields: Array<readonly [label: number, value: Writing]> = [];
  if (components.length > 0) {
    fields.push([
      COMMON.components,
      (inner) => {
        inner.array(components.length);
        for (const id of components) writeComponentId(inner, id);
      },
    ]);
  }
  if (dependencies.size > 0) fields.push([COMMON.dependencies, (inner) => writeDependencies(inner, dependencies)]);
  if (shared.commands.length > 0) fields.push([COMMON.sharedSequence, sequenceWriting(shared)]);
  writeLabelled(writer, fields);
}

const writeDependencies = (writer: CborWriter, dependencies: Common["dependencies"]): void =>
  writeLabelled(
    writer,
    [...dependencies].map(([index, { prefix }]) => [
      index,
      (inner: CborWriter) =>
        writeLabelled(inner, prefix === undefined ? [] : [[DEPENDENCY.prefix, (id) => writeComponentId(id, prefix)]]),
    ]),
  );
