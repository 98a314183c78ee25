/**
 * suit-trust-domains — may those who vouch for a release vouch for the manifests below it? The one above names each by the digest of
 * its manifest, and so its signers vouch for it; for what is beyond their rights it needs signers of its own.
 */
import { isCoded, TrustError } from "../../base/index.ts";
import type { Envelope } from "../../wire/suit/index.ts";
import type { Anchor, TrustSet } from "./anchors.ts";
import { markNames } from "./marks.ts";
import { everyBelow, type Opened } from "./opened.ts";
import { beyond, componentPath } from "./rights.ts";
import { findSigners } from "./signers.ts";
import type { Survey } from "./survey/survey.ts";

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
      // Nobody comes to it whom the manifest above has turned away.
      unasked: one.unasked.filter((identity) => scope.unasked.includes(identity)),
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
