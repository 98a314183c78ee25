/**
 * Where releases and trust anchors come in: one at a time, each decided before the next. A release is first verified, then its
 * numbers are used up in the file beside the keys, then it is a fact (docs/trust.md).
 */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Clock,
  type ErrorCode,
  equalBytes,
  isCoded,
  type Logger,
  RecentMap,
  TrustError,
  UsageError,
} from "../../base/index.ts";
import type { FactBodies, Recorder, SigningRights, Withdrawal } from "../../store/index.ts";
import type { CoseKey } from "../../wire/cose/index.ts";
import { encodeEnvelope, readAnyEnvelope, SUIT_LIMITS } from "../../wire/suit/index.ts";
import {
  type Anchor,
  type Anchors,
  anchorKey,
  MAX_ANCHORS,
  MAX_NEEDED,
  MAX_THRESHOLDS,
  type Threshold,
} from "./anchors.ts";
import { markNames, type NamedMark, type SequenceMarks } from "./marks.ts";
import { union } from "./merge.ts";
import { namesIn, type ReleaseNames } from "./names.ts";
import { withoutPayloads } from "./opened.ts";
import type { ReleaseInfo, Releases } from "./releases.ts";
import {
  type AuthenticRelease,
  authenticateRelease,
  type BroughtPayload,
  type Circumstances,
  checkCircumstances,
} from "./verify.ts";

/** Releases that stand at a time: each has an envelope in memory, and is judged anew when the trust set changes. */
export const MAX_RELEASES = 256;
/** So that no fact is a large one. */
const MARKS_IN_FACT = 1000;
/** Verified envelopes that are remembered. */
const REMEMBERED = 32;

export interface TrustDeskOptions {
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly marks: SequenceMarks;
  readonly recorder: Recorder;
  readonly clock: Pick<Clock, "now">;
  readonly quality: { readonly synchronised: boolean };
  readonly log: Logger;
}

/** A payload that came along in the envelope and belongs into the image store. */
export type BroughtImage = BroughtPayload;

export interface AcceptedRelease {
  readonly release: ReleaseInfo;
  /** It, or signatures or elements of it, were not known before. */
  readonly isNew: boolean;
  readonly images: readonly BroughtImage[];
  readonly warnings: readonly ErrorCode[];
}

export class TrustDesk {
  readonly #options: TrustDeskOptions;
  readonly #verified = new RecentMap<string, AuthenticRelease>(REMEMBERED);
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: TrustDeskOptions) {
    this.#options = options;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Verified once per envelope and trust set. Throws what `authenticateRelease` throws. */
  async #authenticate(bytes: Uint8Array): Promise<AuthenticRelease> {
    const { anchors } = this.#options;
    const key = `${createHash("sha256").update(bytes).digest("hex")} ${anchors.version}`;
    const known = this.#verified.get(key);
    if (known !== undefined) return known;
    const release = await authenticateRelease(bytes, anchors);
    if (bytes.length <= SUIT_LIMITS.envelope) this.#verified.set(key, release);
    return release;
  }

  /** Is it to be believed now? Changes nothing. Throws what `verifyRelease` throws. */
  async verify(bytes: Uint8Array): Promise<AuthenticRelease> {
    const release = await this.#authenticate(bytes);
    checkCircumstances(release, this.#circumstances);
    return release;
  }

  get #circumstances(): Circumstances {
    const { marks, clock, quality } = this.#options;
    return { mark: (name) => marks.of(name), clock, synchronised: quality.synchronised };
  }

  /**
   * Believes a release from now on. Throws what `verify` throws, TrustErrors `release.withdrawn`, `release.limit`,
   * UsageError `release.unnamed`, StoreError `store.*`; nothing is believed then. Signatures that came in several envelopes:
   * `mergeEnvelopes` first.
   */
  accept(bytes: Uint8Array, names: ReleaseNames, actor: string): Promise<AcceptedRelease> {
    return this.#inTurn(async () => {
      const given = await this.verify(bytes);
      const known = this.#options.releases.find(given.release);
      this.#checkNotWithdrawn(known);
      const images = imagesIn(given);
      const whole = await this.#together(given, known);
      const envelope = keptBytes(whole);
      const { warnings } = given;
      const body = bodyOf(whole, envelope, { ...namesOf(known), ...namesIn(whole), ...names }, actor);
      checkNamed(body, images);
      if (known !== undefined && saysNothingNew(body, known)) return { release: known, isNew: false, images, warnings };
      await this.#record(body, whole);
      return { release: this.#options.releases.get(given.release), isNew: true, images, warnings };
    });
  }

  /** What was revoked or failed on nodes needs a new number; what only its signers' keys were missing for does not. */
  #checkNotWithdrawn(known: ReleaseInfo | undefined): void {
    const reason = known?.withdrawn?.reason;
    if (known === undefined || reason === undefined || reason === "untrusted") return;
    throw new TrustError("release.withdrawn", { release: known.id.slice(0, 8), reason });
  }

  /** With the signatures and elements that are known of the same manifest already: each vouched for by itself. */
  async #together(given: AuthenticRelease, known: ReleaseInfo | undefined): Promise<AuthenticRelease> {
    if (known === undefined || known.withdrawn !== undefined) return given;
    const former = readAnyEnvelope(known.envelope);
    const both = union(former, given.envelope);
    return both === undefined ? given : this.#authenticate(encodeEnvelope(both));
  }

  async #record(
    body: FactBodies["release.accepted"],
    { release, sequence, believed }: AuthenticRelease,
  ): Promise<void> {
    const { releases, marks, recorder, log } = this.#options;
    const found = releases.standing().length + (releases.find(release)?.withdrawn === undefined ? 0 : 1);
    if (releases.find(release) === undefined && found >= MAX_RELEASES) {
      throw new TrustError("release.limit", { what: "releases", found: found + 1, limit: MAX_RELEASES });
    }
    const names = markNames(body, body.signers);
    const first = names.filter((name) => marks.of(name) === undefined).length;
    // Nothing tells a number that was never used from one that both copies have lost.
    if (first > 0) log.warn("release.first", { release, sequence: body.sequence, marks: first });
    await marks.raise(names, { sequence, release });
    for (const one of believed) await marks.raise(one.marks, one);
    await recorder.record("release.accepted", body);
    await this.#recordMarks(believed.flatMap((one) => one.marks.map((name) => [name, one] as const)));
    log.info("release.accepted", { release, sequence: body.sequence, signers: body.signers.length });
  }

  /** Believes a release no longer. Throws UsageError `release.unknown`. */
  withdraw(reference: string, reason: Withdrawal, actor: string): Promise<ReleaseInfo> {
    return this.#inTurn(async () => {
      const { releases, recorder } = this.#options;
      const release = releases.get(reference);
      // What only a change of the trust set took away can be taken away for good.
      if ((release.withdrawn?.reason ?? "untrusted") === "untrusted")
        await recorder.record("release.withdrawn", { release: release.id, reason, actor });
      return releases.find(release.id) ?? release;
    });
  }

  /** Trusts a key. Throws UsageErrors `anchor.exists`, `anchor.name`, `anchor.unfit`, `anchor.limit`. */
  add(given: CoseKey, name: string, rights: SigningRights, actor: string): Promise<Anchor> {
    return this.#inTurn(async () => {
      const { anchors, recorder } = this.#options;
      const { anchor, key } = anchorKey(given);
      const known = anchors.find(anchor);
      if (known !== undefined) throw new UsageError("anchor.exists", { name: known.name });
      if (anchors.list().some((one) => one.name === name)) throw new UsageError("anchor.name", { name });
      checkAnchorLimit("keys", anchors.list().length + 1, MAX_ANCHORS);
      await recorder.record("trust.anchor-added", { anchor, name, key, rights, actor });
      return anchors.get(anchor);
    });
  }

  /** Trusts a key no longer, and withdraws what does not stand without it. Throws UsageError `anchor.unknown`. */
  remove(
    reference: string,
    actor: string,
  ): Promise<{ readonly anchor: Anchor; readonly withdrawn: readonly ReleaseInfo[] }> {
    return this.#inTurn(async () => {
      const { anchors, recorder } = this.#options;
      const anchor = anchors.get(reference);
      await recorder.record("trust.anchor-removed", { anchor: anchor.id, name: anchor.name, actor });
      return { anchor, withdrawn: await this.#withdrawFallen(actor) };
    });
  }

  /** How many signatures releases need, or those for one vendor or class. Withdraws what has too few. */
  require(rule: Threshold, actor: string): Promise<readonly ReleaseInfo[]> {
    return this.#inTurn(async () => {
      const { anchors, recorder } = this.#options;
      checkAnchorLimit("signatures", rule.k, MAX_NEEDED);
      checkAnchorLimit("thresholds", anchors.thresholds().length + 1, MAX_THRESHOLDS);
      await recorder.record("trust.threshold", { ...rule, actor });
      return this.#withdrawFallen(actor);
    });
  }

  /**
   * What a start owes, before images are offered: the journal's copy of the marks made whole, and all that stands judged anew,
   * since the gateway may have been killed between a change of the trust set and what follows from it.
   */
  begin(): Promise<readonly ReleaseInfo[]> {
    return this.#inTurn(async () => {
      await this.#recordMarks(this.#options.marks.missing);
      return this.#withdrawFallen("system");
    });
  }

  /** Into the journal's copy. */
  async #recordMarks(marks: readonly NamedMark[]): Promise<void> {
    for (let from = 0; from < marks.length; from += MARKS_IN_FACT) {
      const some = marks.slice(from, from + MARKS_IN_FACT);
      await this.#options.recorder.record("release.marks", {
        marks: some.map(([name, { sequence, release }]) => ({ name, sequence: String(sequence), release })),
      });
    }
  }

  async #withdrawFallen(actor: string): Promise<readonly ReleaseInfo[]> {
    const { releases, recorder, log } = this.#options;
    const fallen: ReleaseInfo[] = [];
    for (const release of releases.standing()) {
      const code = await this.#fault(release);
      await nextTurn(); // nodes are awake for a moment only
      if (code === undefined) continue;
      fallen.push(release);
      log.warn("release.fallen", { release: release.id, code });
      await recorder.record("release.withdrawn", { release: release.id, reason: "untrusted", actor });
    }
    return fallen;
  }

  /** Why it would not be believed today; its number and its time were judged when it came. */
  async #fault({ id, envelope }: ReleaseInfo): Promise<ErrorCode | undefined> {
    try {
      const { release } = await this.#authenticate(envelope);
      return release === id ? undefined : "suit.manifest-digest";
    } catch (error) {
      if (isCoded(error) && (error.blame === "trust" || error.blame === "wire")) return error.code;
      throw error;
    }
  }
}

function checkAnchorLimit(what: string, found: number, limit: number): void {
  if (found > limit) throw new UsageError("anchor.limit", { what, found, limit });
}

const namesOf = (known: ReleaseInfo | undefined): ReleaseNames => ({
  ...(known?.model === undefined ? {} : { model: known.model }),
  ...(known?.version === undefined ? {} : { version: known.version }),
});

const imagesIn = ({ images }: AuthenticRelease): readonly BroughtImage[] => [...images.values()];

/** Images lie in the image store, and never twice. Throws TrustError `release.limit`. */
function keptBytes({ envelope, images, opened }: AuthenticRelease): Uint8Array {
  const bytes = encodeEnvelope(withoutPayloads(envelope, opened, new Set(images.keys())));
  const limit = SUIT_LIMITS.envelope;
  if (bytes.length > limit) {
    throw new TrustError("release.limit", {
      what: "bytes of an envelope without its images",
      found: bytes.length,
      limit,
    });
  }
  return bytes;
}

function bodyOf(
  whole: AuthenticRelease,
  envelope: Uint8Array,
  { model, version }: ReleaseNames,
  actor: string,
): FactBodies["release.accepted"] {
  const { release, sequence, signers, vendors, classes, components, payloads } = whole;
  return {
    release,
    envelope,
    sequence: String(sequence),
    signers: signers.map(({ id }) => id),
    vendors,
    classes,
    components,
    payloads,
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    actor,
  };
}

const saysNothingNew = ({ envelope, model, version }: FactBodies["release.accepted"], known: ReleaseInfo): boolean =>
  equalBytes(envelope, known.envelope) && model === known.model && version === known.version;

/** Nodes are chosen by the model of an image. */
function checkNamed({ model, version }: ReleaseNames, images: readonly BroughtImage[]): void {
  if (images.length === 0) return;
  if (model === undefined) throw new UsageError("release.unnamed", { what: "model" });
  if (version === undefined) throw new UsageError("release.unnamed", { what: "version" });
}
