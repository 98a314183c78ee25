/**
 * What happened lately, for those who look now and then: a projection of the journal that keeps the newest facts which make
 * notifications, of the site and of each node. The journal has the whole story (draft-ietf-core-comi-21 §3.4: how many
 * notifications are kept is the server's choice).
 */
import { days, type Millis, type NodeId, RecordMap } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  isOff,
  moved,
  type Projection,
  pagesOf,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { sequenceItems } from "../../wire/cbor/index.ts";
import type { SetName } from "../../yang/index.ts";
import type { Box } from "../mailbox/index.ts";
import { type News, newsOf } from "./news.ts";
import { decodeRing, EMPTY_RING, encodeRing, type NodeNews, type NodeRing, pushed } from "./node-ring.ts";

/** Notifications of the site: at most so many, so many bytes of them, and none that is older. */
export const SITE_NOTIFICATIONS = 64;
export const SITE_BYTES = 64 * 1024;
export const KEPT_FOR = days(30);

const SITE_TABLE = "event";
const NODE_TABLE = "event-node";
const MODELS_TABLE = "event-models";
/** Of the seq in a key: the order of keys is that of the numbers. */
const SEQ_DIGITS = 16;
const DEFAULT_SET = "default";

export interface EventsOptions {
  /** What waits for a node. */
  readonly boxOf: (node: NodeId) => Box;
  /** The module set that a node works with. */
  readonly setOf: (node: NodeId) => SetName;
}

interface KeptNews {
  readonly key: string;
  readonly news: News;
  readonly bytes: Uint8Array;
}

/** When the modules of a set changed last. */
interface ModelsNews {
  readonly seq: number;
  readonly at: Millis;
  readonly checksum: Uint8Array;
  /** The set was known before: whoever watches has other modules now. */
  readonly isNews: boolean;
}

export class Events implements Projection {
  readonly name = "events";
  readonly #options: EventsOptions;
  /** Oldest first. */
  readonly #site: KeptNews[] = [];
  #siteBytes = 0;
  readonly #rings = new RecordMap();
  readonly #models = new Map<string, ModelsNews>();
  readonly #dirtySite = new Map<string, Uint8Array | undefined>();
  readonly #dirtyNodes = new Set<NodeId>();
  readonly #dirtyModels = new Set<string>();

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  /** What is told of the site, newest first. */
  ofSite(now: Millis): readonly News[] {
    return this.#site.flatMap(({ news }) => (isFresh(news, now) ? [news] : [])).reverse();
  }

  /** Number of the newest fact that the site's stream tells of. */
  get newestOfSite(): number {
    return this.#site.at(-1)?.news.seq ?? 0;
  }

  /** What is told of a node, newest first; `joined`: when it came. */
  ofNode(node: NodeId, joined: Millis, now: Millis): readonly NodeNews[] {
    const { since, newestFirst } = this.#ring(node);
    const models = this.#models.get(keyOf(this.#options.setOf(node)));
    const all =
      models?.isNews === true && models.seq > since && models.at >= joined
        ? [...newestFirst, { seq: models.seq, at: models.at, checksum: models.checksum }]
        : newestFirst;
    return all.filter((news) => isFresh(news, now)).sort((a, b) => b.seq - a.seq);
  }

  /** The checksum that was told last of a module set. */
  checksumOf(set: SetName): Uint8Array | undefined {
    return this.#models.get(keyOf(set))?.checksum;
  }

  /** Memory of what is kept of nodes. */
  get bytes(): number {
    return this.#rings.bytes;
  }

  async load(state: StateStore): Promise<void> {
    for (const [key, bytes] of await state.entries(SITE_TABLE)) {
      this.#keep({ key, news: decodePlain(bytes) as News, bytes });
    }
    for (const [key, bytes] of await state.entries(MODELS_TABLE)) {
      this.#models.set(key, decodePlain(bytes) as ModelsNews);
    }
    for await (const entries of pagesOf(state, NODE_TABLE)) {
      for (const [node, bytes] of entries) this.#rings.set(node, bytes);
    }
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "node.reported":
        return; // most facts are of this type, and no news
      case "node.notified": {
        const { seq, at } = fact;
        const news = sequenceItems(fact.notifications).map((instance) => ({ seq, at, instance }));
        this.#setRing(fact.node, pushed(this.#ring(fact.node), news));
        return;
      }
      case "node.models":
        this.#moved(fact);
        return;
      case "node.replaced": {
        // What the former device said is no word of the new one's.
        const ring = this.#ring(fact.node);
        const newestFirst = ring.newestFirst.filter((news) => "checksum" in news);
        if (newestFirst.length < ring.newestFirst.length) this.#setRing(fact.node, { ...ring, newestFirst });
        break;
      }
      case "node.removed":
        if (this.#rings.delete(fact.node)) this.#dirtyNodes.add(fact.node);
        break;
      case "models.changed":
        if (!this.#modelsChanged(fact)) return;
        break;
      case "clock.state":
        this.#shift(shiftOf(fact));
        break;
    }
    for (const [index, news] of newsOf(fact, this.#options.boxOf).entries()) {
      const key = siteKey(fact.seq, index);
      const bytes = encodePlain(news);
      this.#dirtySite.set(key, bytes);
      this.#keep({ key, news, bytes });
    }
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const [index, { key, news }] of this.#site.entries()) {
      if (!isOff(news.at, shift)) continue;
      const right = { ...news, at: moved(news.at, shift) };
      const bytes = encodePlain(right); // as long as before: the number in it has eight bytes
      this.#site[index] = { key, news: right, bytes };
      this.#dirtySite.set(key, bytes);
    }
    for (const [key, models] of this.#models) {
      if (!isOff(models.at, shift)) continue;
      this.#models.set(key, { ...models, at: moved(models.at, shift) });
      this.#dirtyModels.add(key);
    }
    for (const node of [...this.#rings.keys()] as NodeId[]) {
      const ring = this.#ring(node);
      if (!ring.newestFirst.some(({ at }) => isOff(at, shift))) continue;
      this.#setRing(node, {
        ...ring,
        newestFirst: ring.newestFirst.map((each) => ({ ...each, at: moved(each.at, shift) })),
      });
    }
  }

  #moved({ node, seq, at, checksum }: Extract<Fact, { type: "node.models" }>): void {
    const ring = { ...this.#ring(node), since: seq };
    this.#setRing(node, checksum === undefined ? ring : pushed(ring, [{ seq, at, checksum }]));
  }

  /** Is it news of the site? What has a set of its own is told by the streams of its nodes. */
  #modelsChanged({ set, seq, at, checksum }: Extract<Fact, { type: "models.changed" }>): boolean {
    const key = keyOf(set);
    const isNews = this.#models.has(key);
    this.#models.set(key, { seq, at, checksum, isNews });
    this.#dirtyModels.add(key);
    return isNews && set === undefined;
  }

  #keep(kept: KeptNews): void {
    this.#site.push(kept);
    this.#siteBytes += kept.bytes.length;
    while (this.#site.length > SITE_NOTIFICATIONS || (this.#siteBytes > SITE_BYTES && this.#site.length > 1)) {
      const oldest = this.#site.shift();
      if (oldest === undefined) return;
      this.#siteBytes -= oldest.bytes.length;
      this.#dirtySite.set(oldest.key, undefined);
    }
  }

  #ring(node: NodeId): NodeRing {
    const bytes = this.#rings.get(node);
    return bytes === undefined ? EMPTY_RING : decodeRing(new Uint8Array(bytes));
  }

  #setRing(node: NodeId, ring: NodeRing): void {
    this.#rings.set(node, encodeRing(ring));
    this.#dirtyNodes.add(node);
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const [key, value] of this.#dirtySite) changes.push({ table: SITE_TABLE, key, value });
    this.#dirtySite.clear();
    for (const key of this.#dirtyModels) {
      const models = this.#models.get(key);
      changes.push({ table: MODELS_TABLE, key, value: models && encodePlain(models) });
    }
    this.#dirtyModels.clear();
    for (const node of this.#dirtyNodes) {
      if (changes.length >= limit) break;
      this.#dirtyNodes.delete(node);
      const bytes = this.#rings.get(node);
      // A copy: the view is good only until the next ring is written.
      changes.push({ table: NODE_TABLE, key: node, value: bytes && new Uint8Array(bytes) });
    }
    return changes;
  }
}

const isFresh = ({ at }: { readonly at: Millis }, now: Millis): boolean => now - at <= KEPT_FOR;
const keyOf = (set: SetName): string => (set === undefined ? DEFAULT_SET : `set:${set}`);
const siteKey = (seq: number, index: number): string => `${String(seq).padStart(SEQ_DIGITS, "0")}.${index}`;
