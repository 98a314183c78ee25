/**
 * draft-ietf-suit-manifest-37 §6, §8.3, §9 — is this release to be believed? The steps in the document's order; what is ours
 * (rights, thresholds, marks) stands where its words leave room for policy. Nothing is changed here.
 */
import { type Clock, type ErrorCode, rfc3339, seconds, TrustError, toHex } from "../../base/index.ts";
import type { ReleasePayload } from "../../store/index.ts";
import {
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  digestOf,
  type Envelope,
  lintManifest,
  type Manifest,
  readAnyEnvelope,
  readAnyManifest,
  type Whole,
} from "../../wire/suit/index.ts";
import type { Anchor, TrustSet } from "./anchors.ts";
import { type BelievedBelow, checkBelow } from "./below.ts";
import { checkSequence, type Mark, markNames } from "./marks.ts";
import { type Below, everyBelow, openBelow } from "./opened.ts";
import { beyond, type ReleaseScope, type TouchedScope } from "./rights.ts";
import { findSigners } from "./signers.ts";
import { type Survey, surveyManifest } from "./survey/survey.ts";

/** What the bytes and the trust set say, whatever time it is and whatever was accepted before. */
export interface AuthenticRelease extends ReleaseScope {
  /** Digest of the manifest, hex: what a release is known by. */
  readonly release: string;
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly whole: Whole;
  readonly sequence: bigint;
  /** Those that may sign for it, in the order of the trust set. */
  readonly signers: readonly Anchor[];
  readonly payloads: readonly ReleasePayload[];
  /** Integrated payloads that are images, by URI, and their bytes; the others are manifests. */
  readonly images: ReadonlyMap<string, BroughtPayload>;
  /** td: the manifests that came along below it. */
  readonly opened: readonly Below[];
  /** Those of them that it processes. */
  readonly believed: readonly BelievedBelow[];
  readonly useBefore: bigint | undefined;
  /** Codes of what recipients may stumble over. */
  readonly warnings: readonly ErrorCode[];
}

/** A payload that came along. */
export interface BroughtPayload extends ReleasePayload {
  readonly uri: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface Circumstances {
  readonly mark: (name: string) => Mark | undefined;
  readonly clock: Pick<Clock, "now">;
  /** Is the clock known to be right? */
  readonly synchronised: boolean;
}

/** Throws WireError `cbor.*`, `cose.*`, `suit.*`; TrustError `cose.*`, `suit.*`, `release.*`. */
export async function verifyRelease(
  bytes: Uint8Array,
  trust: TrustSet,
  circumstances: Circumstances,
): Promise<AuthenticRelease> {
  const release = await authenticateRelease(bytes, trust);
  checkCircumstances(release, circumstances);
  return release;
}

/** The part of it that depends on nothing but the bytes and the trust set. */
export async function authenticateRelease(bytes: Uint8Array, trust: TrustSet): Promise<AuthenticRelease> {
  const envelope = readAnyEnvelope(bytes); //                                   §8.2, §11: strict, tag 107; or RIOT's
  checkAuthenticated(envelope); //                                              §6.2: at least one block
  const signers = await findSigners(envelope, trust.list()); //                 §6.2: before anything else is read
  checkManifestDigest(envelope); //                                             §8.3
  const manifest = readAnyManifest(envelope); //                                §6.1: its version first
  const whole = checkBelonging(envelope, manifest); //                          §8.3, §8.6, §7.5: no orphans
  const id = toHex(envelope.authentication.digest.bytes);
  const below = openBelow(envelope, manifest); //                               td: what came along
  const byDigest = new Map(everyBelow(below.below).map((one) => [one.release, one]));
  const survey = surveyManifest({ release: id, manifest, whole }, (digest) => byDigest.get(digest));
  const entitled = checkRights(signers, survey, trust); //                      §9
  const believed = await checkBelow({ release: id, signers: entitled }, survey, below, trust); // td
  const envelopes = [envelope, ...[...byDigest.values()].map((one) => one.envelope)];
  const images = new Map(envelopes.flatMap((one) => [...checkPayloads(one, survey)])); // §7.5
  const warnings = checkLint(manifest, whole); //                               §6.5, §8.4.5
  return {
    release: id,
    envelope,
    manifest,
    whole,
    sequence: manifest.sequenceNumber,
    signers: entitled,
    images,
    opened: below.below,
    believed,
    warnings,
    vendors: survey.vendors,
    classes: survey.classes,
    components: survey.components,
    payloads: survey.payloads,
    useBefore: survey.useBefore,
  };
}

/** The part that is another one each time. */
export function checkCircumstances(release: AuthenticRelease, circumstances: Circumstances): void {
  checkNumber(release, circumstances); //                                       §8.4.2
  checkExpiry(release, circumstances); //                                       um, "use before"
}

/** §9, RFC 9124 §4.3.8: as many distinct signers as the release needs may sign for all that it touches. */
function checkRights(signers: readonly Anchor[], scope: TouchedScope, trust: TrustSet): readonly Anchor[] {
  const entitled = signers.filter(({ rights }) => beyond(rights, scope) === undefined);
  const needed = trust.needed(scope);
  if (entitled.length >= needed) return entitled;
  const [first] = signers;
  if (entitled.length === 0 && first !== undefined) {
    throw new TrustError("release.rights", { signer: first.name, what: beyond(first.rights, scope) ?? "it" });
  }
  throw new TrustError("release.threshold", { found: entitled.length, needed });
}

/** §7.5: what came along is what the manifest names: by digest, and by size where it says one. */
function checkPayloads(
  { integrated }: Envelope,
  { payloads, dependencies }: Survey,
): ReadonlyMap<string, BroughtPayload> {
  const images = new Map<string, BroughtPayload>();
  for (const [uri, bytes] of integrated) {
    if (dependencies.has(uri)) continue; // a manifest; who processes it checks it
    const named = payloads.filter((payload) => payload.uri === uri);
    if (named.length === 0) throw new TrustError("release.payload-unnamed", { uri });
    const digest = toHex(digestOf(bytes).bytes);
    const same = named.filter((payload) => payload.digest === digest);
    if (same.length === 0) throw new TrustError("release.payload-digest", { uri });
    const whole = same.find(({ size }) => size === undefined || size === bytes.length);
    if (whole === undefined) {
      throw new TrustError("release.payload-size", { uri, actual: bytes.length, expected: same[0]?.size ?? 0 });
    }
    images.set(uri, { uri, digest, size: bytes.length, bytes });
  }
  return images;
}

/** What every recipient would stop at, no recipient gets. */
function checkLint(manifest: Manifest, whole: Whole): readonly ErrorCode[] {
  const findings = lintManifest(manifest, whole);
  const fault = findings.find(({ severity }) => severity === "error");
  if (fault !== undefined) throw fault.error;
  return findings.map(({ error }) => error.code);
}

/** §8.4.2: not below what any of its signers has signed for the same components. */
function checkNumber(
  { release, sequence, signers, believed, ...scope }: AuthenticRelease,
  { mark }: Circumstances,
): void {
  const names = markNames(
    scope,
    signers.map(({ id }) => id),
  );
  const nameOf = (id: string): string => signers.find((signer) => signer.id === id)?.name ?? id;
  checkSequence({ release, sequence }, names, mark, nameOf);
  for (const below of believed) {
    const named = (id: string): string => below.signers.find((signer) => signer.id === id)?.name ?? id;
    checkSequence(below, below.marks, mark, named);
  }
}

/** Nodes without a clock rely on us: so we do not guess either. */
function checkExpiry({ useBefore }: AuthenticRelease, { clock, synchronised }: Circumstances): void {
  if (useBefore === undefined) return;
  const until = shownTime(useBefore);
  if (!synchronised) throw new TrustError("release.clock", { until });
  if (BigInt(Math.floor(clock.now() / 1000)) >= useBefore) throw new TrustError("release.expired", { until });
}

const LAST_SHOWN = 253_402_300_799n; // 9999-12-31T23:59:59Z
const shownTime = (time: bigint): string => (time > LAST_SHOWN ? `second ${time}` : rfc3339(seconds(Number(time))));
