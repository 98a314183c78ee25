/** From a plan and the bytes of its images to an envelope that waits for its signatures. */
import { createHash } from "node:crypto";
import { UsageError } from "../../../base/index.ts";
import type { CoseKey } from "../../../wire/cose/index.ts";
import {
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  type Envelope,
  encodeEnvelope,
  encodeSequence,
  encryptPayload,
  integrate,
  type Manifest,
  readAnyEnvelope,
  readAnyManifest,
  SEVERABLE,
  type SequenceName,
  type Whole,
} from "../../../wire/suit/index.ts";
import { type LintFinding, lint, programOf } from "../processor/index.ts";
import {
  imagesOf,
  type PlannedComponent,
  type PlannedDependency,
  type ReleasePlan,
  type SeverablePart,
} from "./plan.ts";
import { createForRiot } from "./riot.ts";
import { type Measured, manifestOf, type NamedManifest, type SealedImage } from "./template.ts";

export interface OpenEnvelope {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly whole: Whole;
}

/** An image as nodes fetch it, encrypted. */
export interface Ciphertext {
  /** Of the image. */
  readonly file: string;
  readonly uri: string;
  readonly bytes: Uint8Array;
  /** It travels in the envelope. */
  readonly integrated: boolean;
}

export interface Release extends OpenEnvelope {
  readonly bytes: Uint8Array;
  readonly ciphertexts: readonly Ciphertext[];
  readonly findings: readonly LintFinding[];
}

export const measure = (image: Uint8Array): Measured => ({
  digest: new Uint8Array(createHash("sha256").update(image).digest()),
  size: image.length,
});

/** What a plan names beside its images, each by the name that the plan gives to its file. */
export interface Named {
  /** Keys of those that an image is encrypted for: public halves, or shared secrets. */
  readonly recipients?: ReadonlyMap<string, CoseKey>;
  /** Envelopes. */
  readonly dependencies?: ReadonlyMap<string, Uint8Array>;
}

/**
 * `images` by the names that the plan gives to its files. What is returned was read back as a recipient reads it. Throws
 * UsageErrors `release.dependency`, `suit.usage`, `cose.*`.
 */
export function createRelease(
  plan: ReleasePlan,
  images: ReadonlyMap<string, Uint8Array>,
  sequenceNumber: bigint,
  named: Named = {},
): Release {
  const measured = new Map([...images].map(([file, bytes]) => [file, measure(bytes)]));
  if (plan.dialect === "riot-09") {
    const bytes = encodeEnvelope(createForRiot(plan, measured, sequenceNumber));
    const open = openEnvelope(bytes);
    // RIOT starts what its bootloader finds (riotboot): a manifest of its dialect has no invoke.
    const findings = lint(programOf(open.envelope), open.envelope).filter(
      ({ error }) => error.code !== "lint.no-sequence",
    );
    return { ...open, bytes, ciphertexts: [], findings };
  }
  const sealed = sealImages(plan, images, named.recipients);
  const below = plan.dependencies.map((one) => nameDependency(one, named.dependencies?.get(one.file)));
  const manifest = manifestOf(plan, { images: measured, sealed, dependencies: below }, sequenceNumber);
  const parts = plan.severable ?? worthSevering(manifest);
  const bare = createEnvelope(manifest, { severable: parts.map((part) => LABELS[part]) });
  const along = plan.components.flatMap((component, index) =>
    imagesOf(component).flatMap(({ uri, integrated, file }) =>
      integrated && uri !== undefined ? [[uri, sealed.get(index)?.ciphertext ?? images.get(file)!] as const] : [],
    ),
  );
  const brought = below.flatMap(({ uri, bytes: dependency }) =>
    dependency === undefined ? [] : [[uri, dependency] as const],
  );
  const whole = [...along, ...brought].reduce((envelope, [uri, payload]) => integrate(envelope, uri, payload), bare);
  const bytes = encodeEnvelope(whole);
  const open = openEnvelope(bytes);
  const ciphertexts = [...sealed.values()].map(({ ciphertext, ...rest }) => ({ ...rest, bytes: ciphertext }));
  return { ...open, bytes, ciphertexts, findings: lint(programOf(open.envelope), open.envelope) };
}

interface Sealed extends SealedImage, Omit<Ciphertext, "bytes"> {
  readonly ciphertext: Uint8Array;
}

/** fe: by index of their component. Each has a content key of its own. */
function sealImages(
  { components }: ReleasePlan,
  images: ReadonlyMap<string, Uint8Array>,
  recipients: Named["recipients"],
): ReadonlyMap<number, Sealed> {
  return new Map(
    components.flatMap((component, index) => {
      const one = sealImage(component, images, recipients);
      return one === undefined ? [] : [[index, one] as const];
    }),
  );
}

function sealImage(
  { "encrypt-for": names, cipher, file = "", uri = "", integrated }: PlannedComponent,
  images: ReadonlyMap<string, Uint8Array>,
  recipients: Named["recipients"],
): Sealed | undefined {
  if (names === undefined) return undefined;
  const keys = names.flatMap((name) => recipients?.get(name) ?? []);
  const { info, ciphertext } = encryptPayload(images.get(file)!, keys, cipher);
  return { file, uri, integrated, info, ciphertext, ...measure(ciphertext) };
}

/** td: by the digest of its manifest. It travels along unless it has a URI of its own. */
function nameDependency(
  { file, id, prefix, uri }: PlannedDependency,
  bytes: Uint8Array | undefined,
): NamedManifest & { readonly bytes: Uint8Array | undefined } {
  const { envelope, manifest } = openEnvelope(bytes ?? new Uint8Array(0));
  const own = id ?? manifest.componentId;
  if (own === undefined) throw new UsageError("release.dependency", { file });
  return {
    id: own,
    prefix,
    uri: uri ?? `#${file.split("/").at(-1)}`,
    digest: envelope.authentication.digest,
    sequences: new Set<SequenceName>(manifest.sequences.keys()),
    bytes: uri === undefined ? bytes : undefined,
  };
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
