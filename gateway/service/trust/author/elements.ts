/** What an envelope consists of, with its places and sizes, and what it weighs once the severable parts are gone. */
import {
  COMMON,
  digestText,
  type Envelope,
  elementName,
  encodeEnvelope,
  type Manifest,
  SEQUENCES,
  SEVERABLE,
  type Severable,
  sever,
  takePayloads,
} from "../../../wire/suit/index.ts";

export interface ElementRow {
  readonly name: string;
  /** Of the element in the envelope or, inside, in the manifest; undefined for a payload, whose key is its URI. */
  readonly label: number | undefined;
  readonly place: "envelope" | "manifest" | "severed";
  /** Of its content in the bytes of the envelope. */
  readonly offset: number | undefined;
  readonly bytes: number | undefined;
  readonly digest: string | undefined;
}

export interface EnvelopeSizes {
  readonly asItIs: number;
  readonly withoutText: number;
  /** All severable elements gone. */
  readonly severed: number;
  /** And the integrated payloads too. */
  readonly bare: number;
}

export function elementsOf(envelope: Envelope, manifest: Manifest): readonly ElementRow[] {
  const { authentication, severable, integrated } = envelope;
  return [
    ...authentication.blocks.map((block, index) => row(`authentication block ${index + 1}`, 2, block.length)),
    {
      ...row("manifest", 3, envelope.manifest.content.length),
      offset: envelope.manifest.offset,
      digest: digestText(authentication.digest),
    },
    ...insideOf(manifest, severable),
    ...[...severable].map(([label, { content, offset }]) => ({
      ...row(elementName(label), label, content.length),
      offset,
      digest: digestIn(manifest, label),
    })),
    ...[...integrated].map(([uri, payload]) => row(`payload ${uri}`, undefined, payload.length)),
  ];
}

const row = (name: string, label: number | undefined, bytes: number): ElementRow => ({
  name,
  label,
  place: "envelope",
  offset: undefined,
  bytes,
  digest: undefined,
});

type Part = readonly [name: string, label: number, value: Severable<unknown>, bytes: number | undefined];

/** The sequences and texts in the manifest, and those of which only the digest is left. */
function insideOf(manifest: Manifest, severable: Envelope["severable"]): readonly ElementRow[] {
  return partsOf(manifest).flatMap(([name, label, { digest }, bytes]): readonly ElementRow[] => {
    if (digest === undefined) return [{ ...row(name, label, bytes ?? 0), place: "manifest" }];
    if (severable.has(label)) return [];
    return [{ ...row(name, label, 0), place: "severed", bytes: undefined, digest: digestText(digest) }];
  });
}

function partsOf({ common: { shared }, sequences, text, coswid }: Manifest): readonly Part[] {
  const parts: Part[] = [["shared sequence", COMMON.sharedSequence, { here: shared }, shared.bytes.length]];
  for (const [name, value] of sequences) {
    parts.push([name, SEQUENCES[name], value, value.here?.bytes.length]);
  }
  if (text !== undefined) parts.push(["text", SEVERABLE.text, text, text.here?.length]);
  if (coswid !== undefined) parts.push(["coswid", SEVERABLE.coswid, coswid, coswid.here?.length]);
  return parts;
}

function digestIn(manifest: Manifest, label: number): string | undefined {
  const digest = partsOf(manifest).find((part) => part[1] === label)?.[2].digest;
  return digest === undefined ? undefined : digestText(digest);
}

export function sizesOf(envelope: Envelope): EnvelopeSizes {
  const severed = sever(envelope, Object.values(SEVERABLE));
  return {
    asItIs: encodeEnvelope(envelope).length,
    withoutText: encodeEnvelope(sever(envelope, [SEVERABLE.text])).length,
    severed: encodeEnvelope(severed).length,
    bare: encodeEnvelope(takePayloads(severed, severed.integrated.keys())).length,
  };
}
