/** The trust set: whose signatures on releases count, for what, and how many a release needs. A projection of the journal. */
import { type Millis, toHex, UsageError } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type FactBodies,
  isOff,
  moved,
  type Projection,
  type Shift,
  type SigningRights,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { type CoseKey, decodeKey, describeKey, encodeKey, hasPrivateHalf, thumbprint } from "../../wire/cose/index.ts";
import { mayBeFor, type TouchedScope } from "./rights.ts";

export interface Anchor {
  /** RFC 9679, hex. */
  readonly id: string;
  readonly name: string;
  readonly key: CoseKey;
  readonly rights: SigningRights;
  readonly added: Millis;
}

export type Threshold = Pick<FactBodies["trust.threshold"], "vendor" | "class" | "k">;

/** What a release is judged by. */
export interface TrustSet {
  /** Changes whenever the answer to "is this believed?" may. */
  readonly version: number;
  /** In the order of their thumbprints. */
  list(): readonly Anchor[];
  /** How many anchors must have signed for this; the strictest rule that speaks of it. */
  needed(scope: TouchedScope): number;
}

export const MAX_ANCHORS = 64;
export const MAX_THRESHOLDS = 64;
/** More signatures than an envelope has blocks (wire/suit, SUIT_LIMITS) can nobody ask for. */
export const MAX_NEEDED = 8;

const TABLE = "trust-anchor";
const THRESHOLDS = "trust-threshold";

interface Kept {
  readonly name: string;
  readonly key: Uint8Array;
  readonly rights: SigningRights;
  readonly added: number;
}

/** The key of a new anchor. Throws UsageError `anchor.unfit`. */
export function anchorKey(key: CoseKey): { readonly anchor: string; readonly key: Uint8Array } {
  const refuse = (reason: string): UsageError => new UsageError("anchor.unfit", { key: describeKey(key), reason });
  if (key.kty === "Symmetric") throw refuse("whoever can check a MAC with it can make one");
  if ("curve" in key && (key.curve === "X25519" || key.curve === "X448")) throw refuse("it signs nothing");
  if (hasPrivateHalf(key)) throw refuse("it has its private half with it, which belongs on no gateway");
  return { anchor: toHex(thumbprint(key)), key: encodeKey(key, "public") };
}

export class Anchors implements Projection, TrustSet {
  readonly name = "trust";
  #anchors: readonly Anchor[] = [];
  readonly #thresholds = new Map<string, Threshold>();
  readonly #dirty = new Set<string>();
  readonly #dirtyThresholds = new Set<string>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  list(): readonly Anchor[] {
    return this.#anchors;
  }

  thresholds(): readonly Threshold[] {
    return [...this.#thresholds.values()];
  }

  find(id: string): Anchor | undefined {
    return this.#anchors.find((anchor) => anchor.id === id);
  }

  /** By name, thumbprint, or its start (8 digits or more). Throws UsageError `anchor.unknown`. */
  get(reference: string): Anchor {
    const wanted = reference.toLowerCase();
    const byStart = this.#anchors.filter(({ id }) => wanted.length >= 8 && id.startsWith(wanted));
    const found =
      this.#anchors.find(({ name }) => name === reference) ?? (byStart.length === 1 ? byStart[0] : undefined);
    if (found === undefined) throw new UsageError("anchor.unknown", { anchor: reference });
    return found;
  }

  needed(scope: TouchedScope): number {
    const ruling = this.thresholds().filter(
      (rule) =>
        (rule.vendor === undefined || mayBeFor("vendor", rule.vendor, scope)) &&
        (rule.class === undefined || mayBeFor("class", rule.class, scope)),
    );
    return Math.max(1, ...ruling.map(({ k }) => k));
  }

  async load(state: StateStore): Promise<void> {
    for (const [id, bytes] of await state.entries(TABLE)) this.#put(id, decodePlain(bytes) as Kept);
    for (const [key, bytes] of await state.entries(THRESHOLDS)) {
      this.#thresholds.set(key, decodePlain(bytes) as Threshold);
    }
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "trust.anchor-added": {
        const { anchor, name, key, rights, at } = fact;
        this.#put(anchor, { name, key, rights, added: at });
        this.#dirty.add(anchor);
        return;
      }
      case "trust.anchor-removed":
        this.#anchors = this.#anchors.filter(({ id }) => id !== fact.anchor);
        this.#version += 1;
        this.#dirty.add(fact.anchor);
        return;
      case "trust.threshold":
        this.#rule(fact);
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  #put(id: string, { name, key, rights, added }: Kept): void {
    const anchor = { id, name, key: decodeKey(key), rights, added: added as Millis };
    this.#anchors = [...this.#anchors.filter((one) => one.id !== id), anchor].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#version += 1;
  }

  /** One signature is what every release needs: that is no rule. */
  #rule({ vendor, class: ofClass, k }: Threshold): void {
    const scope = { ...(vendor === undefined ? {} : { vendor }), ...(ofClass === undefined ? {} : { class: ofClass }) };
    const key = `${vendor ?? ""}/${ofClass ?? ""}`;
    if (k <= 1) this.#thresholds.delete(key);
    else this.#thresholds.set(key, { ...scope, k });
    this.#version += 1;
    this.#dirtyThresholds.add(key);
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    this.#anchors = this.#anchors.map((anchor) => {
      if (!isOff(anchor.added, shift)) return anchor;
      this.#dirty.add(anchor.id);
      return { ...anchor, added: moved(anchor.added, shift) };
    });
  }

  drain(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const id of this.#dirty) {
      const anchor = this.find(id);
      changes.push({ table: TABLE, key: id, value: anchor && encodePlain(kept(anchor)) });
    }
    for (const key of this.#dirtyThresholds) {
      const rule = this.#thresholds.get(key);
      changes.push({ table: THRESHOLDS, key, value: rule && encodePlain(rule) });
    }
    this.#dirty.clear();
    this.#dirtyThresholds.clear();
    return changes;
  }
}

const kept = ({ name, key, rights, added }: Anchor): Kept => ({ name, key: encodeKey(key, "public"), rights, added });
