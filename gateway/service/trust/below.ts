/**
 * suit-trust-domains — manifests that came along below another. The one above names each by the digest of its manifest, and so its
 * signers vouch for it; for what is beyond their rights it needs signers of its own.
 */
import { type CodedError, isCoded, TrustError, toHex } from "../../base/index.ts";
import {
  checkBelonging,
  checkManifestDigest,
  type Envelope,
  encodeEnvelope,
  integrate,
  type Manifest,
  readEnvelope,
  readManifest,
  takePayloads,
  type Whole,
} from "../../wire/suit/index.ts";
import type { Anchor, TrustSet } from "./anchors.ts";
import { markNames } from "./marks.ts";
import { beyond, componentPath } from "./rights.ts";
import { findSigners } from "./signers.ts";
import type { OpenManifest, Survey } from "./survey/survey.ts";
import { MAX_NESTED } from "./survey/walk.ts";

/** In one release, those inside others counted: each may need signatures to be tried. */
export const MAX_BELOW = 16;

export interface Below extends OpenManifest {
  readonly uri: string;
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly whole: Whole;
  readonly below: readonly Below[];
}
/** What came along under a URI and could not be opened: no fault while nobody processes it. */
type Unopened = ReadonlyMap<string, CodedError>;

export interface Opened {
  readonly below: readonly Below[];
  readonly unopened: Unopened;
}

/** Throws TrustError `release.limit`. */
export function openBelow(envelope: Envelope, { common }: Manifest, depth = 1): Opened {
  if (common.dependencies.size === 0 || depth === MAX_NESTED) return { below: [], unopened: new Map() };
  const below: Below[] = [];
  const unopened = new Map<string, CodedError>();
  for (const [uri, bytes] of envelope.integrated) {
    try {
      below.push(openOne(uri, bytes, depth, unopened));
    } catch (error) {
      if (!isCoded(error) || error.code === "release.limit") throw error;
      unopened.set(uri, error);
    }
  }
  const found = everyBelow(below).length;
  if (found > MAX_BELOW) throw new TrustError("release.limit", { what: "manifests below it", found, limit: MAX_BELOW });
  return { below, unopened };
}

function openOne(uri: string, bytes: Uint8Array, depth: number, unopened: Map<string, CodedError>): Below {
  const envelope = readEnvelope(bytes, { untagged: true });
  checkManifestDigest(envelope);
  const manifest = readManifest(envelope.manifest.content);
  const whole = checkBelonging(envelope, manifest);
  const inner = openBelow(envelope, manifest, depth + 1);
  for (const [at, error] of inner.unopened) unopened.set(at, error);
  return { uri, release: toHex(envelope.authentication.digest.bytes), envelope, manifest, whole, below: inner.below };
}

export const everyBelow = (below: readonly Below[]): readonly Below[] =>
  below.flatMap((one) => [one, ...everyBelow(one.below)]);

/** A manifest that is processed below a release, and whom it moves the numbers of. */
export interface BelievedBelow {
  readonly release: string;
  readonly sequence: bigint;
  readonly signers: readonly Anchor[];
  /** Of its own place and each of its signers; none where it says no place. */
  readonly marks: readonly string[];
}

/**
 * td, "Dependencies": each manifest that is processed has as many distinct signers as it needs, above it or on itself, that may
 * sign for all that it touches. Throws TrustErrors `release.below`, `release.limit`, `cose.*`.
 */
export async function checkBelow(
  root: { readonly release: string; readonly signers: readonly Anchor[] },
  { below, dependencies, ...scope }: Survey,
  opened: Opened,
  trust: TrustSet,
): Promise<readonly BelievedBelow[]> {
  for (const [uri, error] of opened.unopened) if (dependencies.has(uri)) throw error;
  const manifests = new Map(everyBelow(opened.below).map((one) => [one.release, one]));
  const vouching = new Map<string, readonly Anchor[]>([[root.release, root.signers]]);
  const believed = new Map<string, BelievedBelow>();
  for (const one of below) {
    const manifest = manifests.get(one.release);
    if (manifest === undefined) continue;
    // Whom it does not name it is for whom the manifest above is for.
    const touched = {
      components: one.components,
      vendors: one.vendors.length > 0 ? one.vendors : scope.vendors,
      classes: one.classes.length > 0 ? one.classes : scope.classes,
    };
    const needed = trust.needed(touched);
    const mayVouch = ({ rights }: Anchor): boolean => beyond(rights, touched) === undefined;
    const above = (vouching.get(one.by) ?? []).filter(mayVouch);
    const own = above.length >= needed ? [] : await ownSigners(manifest.envelope, trust);
    const signers = [...new Set([...above, ...own.filter(mayVouch)])];
    if (signers.length < needed) {
      const [first] = [...own, ...(vouching.get(one.by) ?? [])];
      const why = (first && beyond(first.rights, touched)) ?? "more keys must have signed it";
      throw new TrustError("release.below", { release: one.release.slice(0, 8), found: signers.length, needed, why });
    }
    vouching.set(one.release, [...new Set([...(vouching.get(one.release) ?? []), ...signers])]);
    const { componentId, sequenceNumber } = manifest.manifest;
    const place = { ...touched, components: componentId === undefined ? [] : [componentPath(componentId)] };
    const marks = markNames(
      place,
      signers.map(({ id }) => id),
    );
    const before = believed.get(one.release)?.marks ?? [];
    believed.set(one.release, {
      release: one.release,
      sequence: sequenceNumber,
      signers,
      marks: [...new Set([...before, ...marks])],
    });
  }
  return [...believed.values()];
}

/** None is no fault: the manifest above vouches by digest. A malformed block is. */
async function ownSigners(envelope: Envelope, trust: TrustSet): Promise<readonly Anchor[]> {
  if (envelope.authentication.blocks.length === 0) return [];
  try {
    return await findSigners(envelope, trust.list());
  } catch (error) {
    if (isCoded(error) && error.code === "release.untrusted-key") return [];
    throw error;
  }
}

/** Without these payloads, those of the manifests below it too: no byte that a digest covers changes. */
export function withoutPayloads(envelope: Envelope, below: readonly Below[], uris: ReadonlySet<string>): Envelope {
  return below.reduce(
    (one, inner) => integrate(one, inner.uri, encodeEnvelope(withoutPayloads(inner.envelope, inner.below, uris))),
    takePayloads(envelope, uris),
  );
}
