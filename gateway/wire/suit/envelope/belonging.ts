/**
 * suit-manifest-37 §8.3, §8.6, §7.5 — what stands in the envelope must be vouched for by what was signed. Without these
 * rules an envelope can be changed in places that no signature covers (measured: 57 of 235,365 mutants of one byte).
 */
import { TrustError } from "../../../base/index.ts";
import { matches } from "../digest.ts";
import { PARAMETER, SEVERABLE, type SequenceName } from "../labels.ts";
import { sequenceName } from "../manifest/manifest.ts";
import { readSequence } from "../manifest/sequence.ts";
import type { Envelope, Manifest, Parameters, Sequence, Severable, SuitDigest } from "../types.ts";

/** §8.3: the manifest is the one whose digest is signed. */
export function checkManifestDigest({ manifest, authentication: { digest } }: Envelope): void {
  if (!matches(manifest, digest)) throw new TrustError("suit.manifest-digest", {});
}

/** The manifest with what stands beside it put back: what a recipient of this envelope can run and read. */
export interface Whole {
  readonly sequences: ReadonlyMap<SequenceName, Sequence>;
  readonly text: Uint8Array | undefined;
  readonly coswid: Uint8Array | undefined;
}

/** Every element and every payload belongs to the manifest, or the envelope is refused. */
export function checkBelonging(envelope: Envelope, manifest: Manifest): Whole {
  for (const [label, wrapped] of envelope.severable) {
    const element = elementName(label);
    const digest = digestIn(manifest, label);
    if (digest === undefined) throw new TrustError("suit.orphan", { element });
    if (!matches(wrapped, digest)) throw new TrustError("suit.severed-digest", { element });
  }
  const whole = putTogether(envelope, manifest);
  const named = urisOf([manifest.common.shared, ...whole.sequences.values()]);
  for (const uri of envelope.integrated.keys()) {
    if (!named.has(uri)) throw new TrustError("suit.integrated", { uri });
  }
  return whole;
}

function digestIn(manifest: Manifest, label: number): SuitDigest | undefined {
  if (label === SEVERABLE.text) return manifest.text?.digest;
  if (label === SEVERABLE.coswid) return manifest.coswid?.digest;
  const sequence = sequenceName(label);
  return sequence === undefined ? undefined : manifest.sequences.get(sequence)?.digest;
}

export const elementName = (label: number): string =>
  Object.entries(SEVERABLE).find(([, number]) => number === label)?.[0] ?? `element ${label}`;

function putTogether({ severable }: Envelope, { common, sequences, text, coswid }: Manifest): Whole {
  const whole = new Map<SequenceName, Sequence>();
  for (const [label, { content }] of severable) {
    const name = sequenceName(label);
    const rules = { where: `sequence ${name}`, components: common.components.length };
    if (name !== undefined) whole.set(name, readSequence(content, rules));
  }
  for (const [name, { here }] of sequences) if (here !== undefined) whole.set(name, here);
  const content = (value: Severable<Uint8Array> | undefined, label: number): Uint8Array | undefined =>
    value?.here ?? severable.get(label)?.content;
  return { sequences: whole, text: content(text, SEVERABLE.text), coswid: content(coswid, SEVERABLE.coswid) };
}

/** Every URI that a command sets, however deep it stands: whole strings, compared as such. */
export function urisOf(sequences: Iterable<Sequence>): ReadonlySet<string> {
  const uris = new Set<string>();
  for (const parameters of parametersIn(sequences)) {
    const uri = parameters.get(PARAMETER.uri);
    if (uri?.form === "text") uris.add(uri.text);
  }
  return uris;
}

/** Every map of parameters in these sequences and in those inside them. */
export function* parametersIn(sequences: Iterable<Sequence>): Generator<Parameters, void> {
  for (const { commands } of sequences) {
    for (const { argument } of commands) {
      if (argument.kind === "parameters") yield argument.parameters;
      else if (argument.kind === "multiple") yield* argument.byIndex.values();
      else if (argument.kind === "sequence") yield* parametersIn([argument.sequence]);
      else if (argument.kind === "try-each") yield* parametersIn(argument.arms.filter((arm) => arm !== undefined));
    }
  }
}
