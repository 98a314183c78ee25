/** The releases that were believed, and how far their numbers went: a projection of the journal. */
import { type Millis, UsageError } from "../../base/index.ts";
import {
  type Digest,
  decodePlain,
  encodePlain,
  type Fact,
  isOff,
  moved,
  type Projection,
  type ReleasePayload,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
  type Withdrawal,
} from "../../store/index.ts";
import { higher, type Mark, type Marks, markNames } from "./marks.ts";
import type { ReleaseScope } from "./rights.ts";

export interface ReleaseInfo extends ReleaseScope {
  /** Digest of the manifest, hex. */
  readonly id: string;
  /** Without the payloads that came along; empty once it was withdrawn. */
  readonly envelope: Uint8Array;
  /** Decimal text of a 64-bit number. */
  readonly sequence: string;
  /** Thumbprints of anchors. */
  readonly signers: readonly string[];
  readonly payloads: readonly ReleasePayload[];
  readonly model?: string;
  readonly version?: string;
  readonly accepted: Millis;
  readonly withdrawn?: { readonly reason: Withdrawal; readonly at: Millis };
}

const TABLE = "release";
const MARKS = "release-mark";

export class Releases implements Projection {
  readonly name = "releases";
  readonly #releases = new Map<string, ReleaseInfo>();
  readonly #byDigest = new Map<Digest, Set<string>>();
  readonly #marks = new Map<string, Mark>();
  readonly #dirty = new Set<string>();
  readonly #dirtyMarks = new Set<string>();

  /** Oldest first, withdrawn ones too as long as they could come back. */
  list(): readonly ReleaseInfo[] {
    return [...this.#releases.values()].sort((a, b) => a.accepted - b.accepted || (a.id < b.id ? -1 : 1));
  }

  standing(): readonly ReleaseInfo[] {
    return this.list().filter(({ withdrawn }) => withdrawn === undefined);
  }

  find(id: string): ReleaseInfo | undefined {
    return this.#releases.get(id);
  }

  /** By digest of the manifest, or its start (8 digits or more). Throws UsageError `release.unknown`. */
  get(reference: string): ReleaseInfo {
    const wanted = reference.toLowerCase();
    const byStart = [...this.#releases.keys()].filter((id) => wanted.length >= 8 && id.startsWith(wanted));
    const found = this.find(wanted) ?? (byStart.length === 1 ? this.find(byStart[0]!) : undefined);
    if (found === undefined) throw new UsageError("release.unknown", { release: reference });
    return found;
  }

  /** The standing releases that name the image with this digest. */
  of(digest: Digest): readonly ReleaseInfo[] {
    return [...(this.#byDigest.get(digest) ?? [])].flatMap((id) => this.find(id) ?? []);
  }

  /** What the standing releases say of the image with this digest: one entry for each. */
  naming(digest: Digest): readonly ReleasePayload[] {
    return this.of(digest).flatMap(({ payloads }) => payloads.filter((payload) => payload.digest === digest));
  }

  /** What a node runs that has installed the image with this digest; undefined = the image itself. */
  becomes(digest: Digest): Digest | undefined {
    return this.naming(digest).find(({ becomes }) => becomes !== undefined)?.becomes;
  }

  /** As far as the journal knows. */
  get marks(): Marks {
    return this.#marks;
  }

  async load(state: StateStore): Promise<void> {
    for (const [, bytes] of await state.entries(TABLE)) this.#put(decodePlain(bytes) as ReleaseInfo);
    for (const [name, bytes] of await state.entries(MARKS)) {
      const [sequence, release] = decodePlain(bytes) as readonly [sequence: string, release: string];
      this.#marks.set(name, { sequence: BigInt(sequence), release });
    }
    this.#dirty.clear();
  }

  apply(fact: Fact): void {
    if (fact.type === "release.accepted") this.#accept(fact);
    if (fact.type === "release.withdrawn") this.#withdraw(fact);
    if (fact.type === "release.marks") {
      for (const { name, sequence, release } of fact.marks) this.#raise(name, { sequence: BigInt(sequence), release });
    }
    if (fact.type === "clock.state") this.#shift(shiftOf(fact));
  }

  #accept(fact: Extract<Fact, { type: "release.accepted" }>): void {
    const {
      release: id,
      envelope,
      sequence,
      signers,
      vendors,
      classes,
      components,
      payloads,
      model,
      version,
      at,
    } = fact;
    const accepted = this.find(id)?.accepted ?? at;
    const named = { ...(model === undefined ? {} : { model }), ...(version === undefined ? {} : { version }) };
    this.#put({ id, envelope, sequence, signers, vendors, classes, components, payloads, ...named, accepted });
    for (const name of markNames(fact, signers)) this.#raise(name, { sequence: BigInt(sequence), release: id });
    this.#forgetPassed();
  }

  #raise(name: string, mark: Mark): void {
    this.#marks.set(name, higher(this.#marks.get(name), mark));
    this.#dirtyMarks.add(name);
  }

  #withdraw({ release, reason, at }: Extract<Fact, { type: "release.withdrawn" }>): void {
    const known = this.find(release);
    if (known === undefined) return;
    this.#put({ ...known, envelope: new Uint8Array(0), withdrawn: { reason, at } });
    this.#forgetPassed();
  }

  /** A withdrawn release below all of its marks could never come back: there is no need to remember that it must not. */
  #forgetPassed(): void {
    for (const release of this.#releases.values()) {
      const isPassed = markNames(release, release.signers).every(
        (name) => (this.#marks.get(name)?.sequence ?? -1n) > BigInt(release.sequence),
      );
      if (release.withdrawn === undefined || !isPassed) continue;
      this.#releases.delete(release.id);
      this.#dirty.add(release.id);
    }
  }

  #put(release: ReleaseInfo): void {
    for (const { digest } of this.find(release.id)?.payloads ?? []) this.#unlink(digest, release.id);
    this.#releases.set(release.id, release);
    this.#dirty.add(release.id);
    if (release.withdrawn !== undefined) return;
    for (const { digest } of release.payloads) {
      this.#byDigest.set(digest, (this.#byDigest.get(digest) ?? new Set()).add(release.id));
    }
  }

  #unlink(digest: Digest, id: string): void {
    const ids = this.#byDigest.get(digest);
    ids?.delete(id);
    if (ids?.size === 0) this.#byDigest.delete(digest);
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const release of this.#releases.values()) {
      const { accepted, withdrawn } = release;
      if (!isOff(accepted, shift) && !isOff(withdrawn?.at, shift)) continue;
      this.#put({
        ...release,
        accepted: moved(accepted, shift),
        ...(withdrawn === undefined ? {} : { withdrawn: { ...withdrawn, at: moved(withdrawn.at, shift) } }),
      });
    }
  }

  drain(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const id of this.#dirty) {
      const release = this.find(id);
      changes.push({ table: TABLE, key: id, value: release && encodePlain(release) });
    }
    for (const name of this.#dirtyMarks) {
      const mark = this.#marks.get(name);
      changes.push({ table: MARKS, key: name, value: mark && encodePlain([String(mark.sequence), mark.release]) });
    }
    this.#dirty.clear();
    this.#dirtyMarks.clear();
    return changes;
  }
}
