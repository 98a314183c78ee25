/**
 * suit-manifest-37 §5.4, §7.5, §8.2, §8.6, Appendix C.1 — making envelopes, and what may be done to one on its way without
 * its author: severing, integrating, adding and removing blocks. No byte that a digest covers ever changes.
 */
import { UsageError } from "../../../base/index.ts";
import { CborWriter } from "../../cbor/index.ts";
import { digestOf, SHA_256, writeDigest } from "../digest.ts";
import { ENVELOPE, SEVERABLE, type SequenceName, TAG } from "../labels.ts";
import { SUIT_LIMITS } from "../limits.ts";
import { encodeManifest, type NewManifest, sequenceName } from "../manifest/manifest.ts";
import { encodeSequence, type NewSequence } from "../manifest/sequence.ts";
import { encodeRiot09 } from "../riot09/envelope.ts";
import { encode, wrap, writeInside, writeSorted } from "../strict.ts";
import type { Envelope, Severable, Wrapped } from "../types.ts";
import { elementName } from "./belonging.ts";

const unmakeable = (reason: string): UsageError => new UsageError("suit.usage", { reason });

/** In the one encoding that there is for it; what was read gives the same bytes again. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  if (envelope.dialect === "riot-09") return encodeRiot09(envelope);
  const { tagged, authentication, manifest, severable, integrated } = envelope;
  type Writing = (writer: CborWriter) => void;
  const raw =
    ({ item }: Wrapped): Writing =>
    (writer) =>
      writer.raw(item);
  const label =
    (number: number): Writing =>
    (writer) =>
      writer.integer(number);
  const entries: Array<readonly [key: Writing, value: Writing]> = [
    [label(ENVELOPE.authentication), (writer) => writeInside(writer, (inner) => writeWrapper(inner, authentication))],
    [label(ENVELOPE.manifest), raw(manifest)],
    ...[...severable].map(([number, wrapped]) => [label(number), raw(wrapped)] as const),
    ...[...integrated].map(
      ([uri, payload]) => [text(uri), (writer: CborWriter) => writer.byteString(payload)] as const,
    ),
  ];
  const writer = new CborWriter();
  if (tagged) writer.tag(TAG.envelope);
  writeSorted(writer, entries);
  return writer.finish();
}

const text =
  (uri: string) =>
  (writer: CborWriter): void =>
    writer.text(uri);

function writeWrapper(writer: CborWriter, { signed, blocks }: Envelope["authentication"]): void {
  writer.array(1 + blocks.length);
  for (const bytes of [signed, ...blocks]) writer.byteString(bytes);
}

export interface CreateOptions {
  /** Elements that get out of the manifest: only their digests stay in it. */
  readonly severable?: Iterable<number>;
  readonly algorithm?: number;
}

/** An envelope without blocks yet: sign `authentication.signed`, detached, then `addBlock`. */
export function createEnvelope(
  manifest: NewManifest,
  { severable = [], algorithm = SHA_256 }: CreateOptions = {},
): Envelope {
  const split = takeOut(manifest, severable, algorithm);
  const wrapped = wrap(encodeManifest(split.manifest));
  const digest = digestOf(wrapped.item, algorithm);
  const signed = encode((writer) => writeDigest(writer, digest));
  return {
    tagged: true,
    authentication: { signed, digest, blocks: [] },
    manifest: wrapped,
    severable: split.severable,
    integrated: new Map(),
  };
}

/** §8.6: these elements beside the manifest, their digests in it. */
function takeOut(
  manifest: NewManifest,
  labels: Iterable<number>,
  algorithm: number,
): { readonly manifest: NewManifest; readonly severable: ReadonlyMap<number, Wrapped> } {
  const severable = new Map<number, Wrapped>();
  const sequences = new Map<SequenceName, Severable<NewSequence>>(manifest.sequences);
  let { text, coswid } = manifest;
  const out = (
    label: number,
    content: Uint8Array | undefined,
  ): { readonly digest: Envelope["authentication"]["digest"] } => {
    if (content === undefined) throw unmakeable(`there is no ${elementName(label)} to take out of the manifest`);
    const wrapped = wrap(content);
    severable.set(label, wrapped);
    return { digest: digestOf(wrapped.item, algorithm) };
  };
  for (const label of labels) {
    const name = isSeverable(label) ? sequenceName(label) : undefined;
    if (label === SEVERABLE.text) text = out(label, text?.here);
    else if (label === SEVERABLE.coswid) coswid = out(label, coswid?.here);
    else if (name === undefined) throw unmakeable(`element ${label} cannot be severed`);
    else {
      const { here } = sequences.get(name) ?? {};
      sequences.set(name, out(label, here === undefined ? undefined : encodeSequence(here)));
    }
  }
  return { manifest: { ...manifest, sequences, text, coswid }, severable };
}

const isSeverable = (label: number): boolean => Object.values<number>(SEVERABLE).includes(label);

/** §5.4: without these elements; those that are not there are no fault. */
export function sever(envelope: Envelope, labels: Iterable<number>): Envelope {
  const gone = new Set(labels);
  return { ...envelope, severable: new Map([...envelope.severable].filter(([label]) => !gone.has(label))) };
}

/** §7.5: with this payload under its URI. Whether the manifest names the URI says `checkBelonging`. */
export function integrate(envelope: Envelope, uri: string, payload: Uint8Array): Envelope {
  if (uri === "") throw unmakeable("an integrated payload needs a URI");
  return { ...envelope, integrated: new Map([...envelope.integrated, [uri, payload]]) };
}

/** Without these integrated payloads, for who keeps them elsewhere. */
export function takePayloads(envelope: Envelope, uris: Iterable<string>): Envelope {
  const gone = new Set(uris);
  return { ...envelope, integrated: new Map([...envelope.integrated].filter(([uri]) => !gone.has(uri))) };
}

/** Appendix C.1: with one more COSE message, detached, over `authentication.signed`. */
export function addBlock(envelope: Envelope, block: Uint8Array): Envelope {
  const blocks = [...envelope.authentication.blocks, block];
  if (blocks.length > SUIT_LIMITS.blocks) throw unmakeable(`it has ${blocks.length} authentication blocks`);
  return withBlocks(envelope, blocks);
}

/** With those blocks only that `keep` chooses. */
export const dropBlocks = (envelope: Envelope, keep: (block: Uint8Array, index: number) => boolean): Envelope =>
  withBlocks(envelope, envelope.authentication.blocks.filter(keep));

const withBlocks = (envelope: Envelope, blocks: readonly Uint8Array[]): Envelope => ({
  ...envelope,
  authentication: { ...envelope.authentication, blocks },
});
