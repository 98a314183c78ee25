/** From a plan and the bytes of its images to an envelope that waits for its signatures. */
import { createHash } from "node:crypto";
import {
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  type Envelope,
  encodeEnvelope,
  encodeSequence,
  integrate,
  type Manifest,
  readAnyEnvelope,
  readAnyManifest,
  SEVERABLE,
  type Whole,
} from "../../../wire/suit/index.ts";
import { type LintFinding, lint, programOf } from "../processor/index.ts";
import { imagesOf, type ReleasePlan, type SeverablePart } from "./plan.ts";
import { createForRiot } from "./riot.ts";
import { type Measured, manifestOf } from "./template.ts";

export interface OpenEnvelope {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly whole: Whole;
}

export interface Release extends OpenEnvelope {
  readonly bytes: Uint8Array;
  readonly findings: readonly LintFinding[];
}

export const measure = (image: Uint8Array): Measured => ({
  digest: new Uint8Array(createHash("sha256").update(image).digest()),
  size: image.length,
});

/** `images` by the names that the plan gives to its files. What is returned was read back as a recipient reads it. */
export function createRelease(
  plan: ReleasePlan,
  images: ReadonlyMap<string, Uint8Array>,
  sequenceNumber: bigint,
): Release {
  const measured = new Map([...images].map(([file, bytes]) => [file, measure(bytes)]));
  if (plan.dialect === "riot-09") {
    const bytes = encodeEnvelope(createForRiot(plan, measured, sequenceNumber));
    const open = openEnvelope(bytes);
    return { ...open, bytes, findings: lint(programOf(open.envelope), open.envelope) };
  }
  const manifest = manifestOf(plan, measured, sequenceNumber);
  const parts = plan.severable ?? worthSevering(manifest);
  const bare = createEnvelope(manifest, { severable: parts.map((part) => LABELS[part]) });
  const whole = plan.components.flatMap(imagesOf).reduce((envelope, { uri, integrated, file }) => {
    return integrated && uri !== undefined ? integrate(envelope, uri, images.get(file)!) : envelope;
  }, bare);
  const bytes = encodeEnvelope(whole);
  const open = openEnvelope(bytes);
  return { ...open, bytes, findings: lint(programOf(open.envelope), open.envelope) };
}

const LABELS: Readonly<Record<SeverablePart, number>> = {
  text: SEVERABLE.text,
  install: SEVERABLE.install,
  "payload-fetch": SEVERABLE.payloadFetch,
};

/** §8.6: a digest takes the place of what is severed, so that only what is well above it is worth the way. */
const WORTH_SEVERING = 2 * 40;

function worthSevering({ sequences, text }: ReturnType<typeof manifestOf>): readonly SeverablePart[] {
  const isLong = (name: "install" | "payloadFetch"): boolean => {
    const here = sequences.get(name)?.here;
    return here !== undefined && encodeSequence(here).length >= WORTH_SEVERING;
  };
  return [
    ...(text === undefined ? [] : (["text"] as const)),
    ...(isLong("install") ? (["install"] as const) : []),
    ...(isLong("payloadFetch") ? (["payload-fetch"] as const) : []),
  ];
}

/** An envelope of somebody who is at hand, so that its manifest may be read before its signature: an author's own. */
export function openEnvelope(bytes: Uint8Array): OpenEnvelope {
  const envelope = readAnyEnvelope(bytes);
  checkManifestDigest(envelope);
  const manifest = readAnyManifest(envelope);
  return { envelope, manifest, whole: checkBelonging(envelope, manifest) };
}
