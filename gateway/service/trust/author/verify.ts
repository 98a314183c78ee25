/** What a recipient checks before it believes an envelope (suit-manifest-37 §6.2, §8.3), step by step and in plain words. */
import { type CodedError, isCoded, TrustError, toHex } from "../../../base/index.ts";
import { authenticate, decodeMessage, type MlDsa, thumbprint } from "../../../wire/cose/index.ts";
import {
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  digestText,
  type Envelope,
  elementName,
  type Manifest,
  payloadBeside,
  readAnyEnvelope,
  readAnyManifest,
} from "../../../wire/suit/index.ts";
import type { NamedKey } from "./sign.ts";

export interface VerifyStep {
  readonly name: string;
  /** `other`: a block that says nothing to who has these keys. */
  readonly result: "ok" | "other" | "failed";
  readonly told: string;
  readonly error?: CodedError;
}

/** Every key must have vouched. The steps end with the first that failed. */
export function verifySteps(bytes: Uint8Array, keys: readonly NamedKey[], mlDsa?: MlDsa): readonly VerifyStep[] {
  const steps: VerifyStep[] = [];
  const take = (name: string, judge: () => string): void => {
    try {
      steps.push({ name, result: "ok", told: judge() });
    } catch (error) {
      if (isCoded(error)) steps.push({ name, result: "failed", told: error.message, error });
      throw error;
    }
  };
  try {
    const envelope = readAnyEnvelope(bytes);
    take("envelope", () => `${bytes.length} bytes, strictly encoded`);
    take("digest", () => digestWords(envelope));
    const vouchers = envelope.authentication.blocks.map((block) => vouchersOf(envelope, block, { keys, mlDsa }));
    for (const [index, found] of vouchers.entries()) steps.push(blockStep(index, found));
    take("keys", () => keyWords(envelope, keys, vouchers.flat()));
    const manifest = readAnyManifest(envelope);
    take("manifest", () => manifestWords(manifest));
    take("elements", () => elementWords(envelope, manifest));
  } catch (error) {
    if (!isCoded(error)) throw error;
    // What was not met inside a step is a fault of the form.
    if (steps.at(-1)?.result !== "failed") steps.push({ name: "form", result: "failed", told: error.message, error });
  }
  return steps;
}

function digestWords(envelope: Envelope): string {
  checkManifestDigest(envelope);
  return `${digestText(envelope.authentication.digest)}, that of the manifest`;
}

interface Voucher {
  readonly named: NamedKey;
  readonly algorithm: string;
}

/** Which of the keys made this block. */
function vouchersOf(
  envelope: Envelope,
  block: Uint8Array,
  { keys, mlDsa }: { readonly keys: readonly NamedKey[]; readonly mlDsa: MlDsa | undefined },
): readonly Voucher[] {
  const message = decodeMessage(block);
  return keys.flatMap((named) => {
    const verdicts = authenticate(message, [named.key], { ...payloadBeside(envelope), mlDsa });
    return verdicts.flatMap((verdict) => (verdict.ok ? [{ named, algorithm: verdict.algorithm.name }] : []));
  });
}

/** A block of somebody else is no fault; what must not happen is that a key given has none. */
function blockStep(index: number, found: readonly Voucher[]): VerifyStep {
  const name = `block ${index + 1}`;
  if (found.length === 0) return { name, result: "other", told: "of none of the keys given" };
  const by = found.map(({ named, algorithm }) => `${algorithm} by ${named.name}, key ${shortThumbprint(named)}`);
  return { name, result: "ok", told: by.join("; ") };
}

const THUMBPRINT_SHOWN = 16;
const shortThumbprint = ({ key }: NamedKey): string => toHex(thumbprint(key)).slice(0, THUMBPRINT_SHOWN);

function keyWords(envelope: Envelope, keys: readonly NamedKey[], found: readonly Voucher[]): string {
  checkAuthenticated(envelope);
  const vouched = new Set(found.map(({ named }) => named));
  for (const key of keys) if (!vouched.has(key)) throw new TrustError("release.unsigned", { key: key.name });
  return keys.length === 1 ? "the key given vouches" : `each of the ${keys.length} keys given vouches`;
}

const manifestWords = ({ sequenceNumber, common: { components } }: Manifest): string =>
  `sequence number ${sequenceNumber}, ${components.length} ${components.length === 1 ? "component" : "components"}`;

function elementWords(envelope: Envelope, manifest: Manifest): string {
  checkBelonging(envelope, manifest);
  const { sequences, text, coswid } = manifest;
  const here = [...envelope.severable.keys()].map(elementName);
  const named = [...sequences, ["text", text] as const, ["coswid", coswid] as const];
  const gone = named.flatMap(([name, value]) => (value?.digest !== undefined && !here.includes(name) ? [name] : []));
  const words = [
    here.length === 0 ? "none beside the manifest" : `${here.join(", ")} as the manifest's digests say`,
    ...(gone.length === 0 ? [] : [`severed: ${gone.join(", ")}`]),
    ...(envelope.integrated.size === 0 ? [] : [`payloads: ${envelope.integrated.size}`]),
  ];
  return words.join("; ");
}
