/**
 * Many small records by name: what the gateway keeps of each of its nodes, at the cost of their bytes. No object per
 * record: names and bytes lie in slab pages, found through an open-addressing index in typed arrays. Beside the bytes of
 * name and record an entry costs 8 bytes of header, 8 on average for rounding up, 4 to 8 for its place and 9 to 18 in
 * the index; a Map of Uint8Arrays costs some 250.
 */
import { randomBytes } from "node:crypto";
import { type Page, RecordSlab } from "./record-slab.ts";

/** The index grows by shards: doubling one of a million names moves 16,000 of them, not all. */
const SHARD_BITS = 6;
const SMALLEST_SHARD = 8;
/** A block: length of the record, length of the name in bytes (top bit: two bytes per character), name, record. */
const HEADER = 8;
const WIDE = 0x8000_0000;
/** A place that is not taken holds this bit and the next such place. */
const VACANT = 0x8000_0000;
const NO_PLACE = 0x7fff_ffff;
const LATIN1 = 0xff;

interface Shard {
  /** Pairs: hash, place + 1 (0 = empty). Linear probing; deleting moves what follows up, so there are no tombstones. */
  slots: Uint32Array;
  mask: number;
  count: number;
}

/** A map from text to bytes. Iterating while writing may pass over records, or meet one twice. */
export class RecordMap {
  readonly #slab = new RecordSlab();
  readonly #shards: (Shard | undefined)[] = new Array(1 << SHARD_BITS);
  /** Names could be chosen to collide if all maps mixed them alike. */
  readonly #seed = randomBytes(4).readInt32LE();
  /** By place, where the record lies. */
  #locations = new Uint32Array(SMALLEST_SHARD);
  /** Places ever given out, and the first of those that were given back. */
  #places = 0;
  #vacant = NO_PLACE;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes held for names, records and index. */
  get bytes(): number {
    const index = this.#shards.reduce((sum, shard) => sum + (shard?.slots.byteLength ?? 0), 0);
    return this.#slab.bytes + index + this.#locations.byteLength;
  }

  has(key: string): boolean {
    return this.place(key) !== undefined;
  }

  /** The bytes of a record: a view that is good until the map is next written to. */
  get(key: string): Uint8Array | undefined {
    const place = this.place(key);
    return place === undefined ? undefined : this.#recordAt(this.#location(place));
  }

  /** Copies `bytes`. */
  set(key: string, bytes: Uint8Array): void {
    const hash = this.#hash(key);
    const shard = this.#shardOf(hash);
    const slot = this.#find(shard, hash, key);
    const found = shard.slots[slot + 1] ?? 0;
    if (found !== 0) {
      this.#rewrite(found - 1, key, bytes);
      return;
    }
    const place = this.#newPlace(this.#write(key, bytes));
    shard.slots[slot] = hash;
    shard.slots[slot + 1] = place + 1;
    shard.count += 1;
    this.#size += 1;
    if (shard.count * 8 > (shard.mask + 1) * 7) resize(shard, (shard.mask + 1) * 2);
  }

  delete(key: string): boolean {
    const hash = this.#hash(key);
    const shard = this.#shardOf(hash);
    const slot = this.#find(shard, hash, key);
    const found = shard.slots[slot + 1] ?? 0;
    if (found === 0) return false;
    const place = found - 1;
    this.#slab.free(this.#location(place));
    this.#locations[place] = VACANT | this.#vacant;
    this.#vacant = place;
    closeGap(shard, slot >> 1);
    shard.count -= 1;
    this.#size -= 1;
    if (shard.mask >= SMALLEST_SHARD && shard.count * 8 < shard.mask + 1) resize(shard, (shard.mask + 1) / 2);
    return true;
  }

  /** A small number that is the record's alone until it is deleted: where its owner keeps columns of its own. */
  place(key: string): number | undefined {
    const hash = this.#hash(key);
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)];
    const found = shard === undefined ? 0 : (shard.slots[this.#find(shard, hash, key) + 1] ?? 0);
    return found === 0 ? undefined : found - 1;
  }

  /** The name of the record at a place; undefined when there is none. */
  keyAt(place: number): string | undefined {
    const location = place < this.#places ? this.#location(place) : VACANT;
    return location >= VACANT ? undefined : this.#keyOf(location);
  }

  /** By place: those that stay come in the order in which they were first set. */
  *keys(): Generator<string> {
    for (let place = 0; place < this.#places; place++) {
      const key = this.keyAt(place);
      if (key !== undefined) yield key;
    }
  }

  #location(place: number): number {
    return this.#locations[place] ?? VACANT;
  }

  #hash(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    // The finish of MurmurHash3: the shard comes from the top bits, the slot from the low ones.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #shardOf(hash: number): Shard {
    const number = hash >>> (32 - SHARD_BITS);
    this.#shards[number] ??= { slots: new Uint32Array(2 * SMALLEST_SHARD), mask: SMALLEST_SHARD - 1, count: 0 };
    return this.#shards[number];
  }

  /** Index of the pair of `key`, or of the empty one where it belongs. */
  #find({ slots, mask }: Shard, hash: number, key: string): number {
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = slots[2 * slot + 1] ?? 0;
      if (found === 0 || (slots[2 * slot] === hash && this.#isKey(this.#location(found - 1), key))) return 2 * slot;
    }
  }

  #isKey(location: number, key: string): boolean {
    const page = this.#slab.pageOf(location);
    const offset = RecordSlab.offsetIn(page, location);
    const length = page.words[(offset >> 2) + 1] ?? 0;
    const { bytes } = page;
    const start = offset + HEADER;
    if (length >= WIDE) return key.length * 2 === length - WIDE && keyText(page, offset) === key;
    if (length !== key.length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #keyOf(location: number): string {
    const page = this.#slab.pageOf(location);
    return keyText(page, RecordSlab.offsetIn(page, location));
  }

  #recordAt(location: number): Uint8Array {
    const page = this.#slab.pageOf(location);
    const offset = RecordSlab.offsetIn(page, location);
    const { bytes, words } = page;
    const start = offset + HEADER + ((words[(offset >> 2) + 1] ?? 0) & ~WIDE);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, words[offset >> 2]);
  }

  #rewrite(place: number, key: string, bytes: Uint8Array): void {
    const location = this.#location(place);
    const page = this.#slab.pageOf(location);
    const offset = RecordSlab.offsetIn(page, location);
    const keyBytes = (page.words[(offset >> 2) + 1] ?? 0) & ~WIDE;
    if (this.#slab.fits(location, HEADER + keyBytes + bytes.length)) {
      page.words[offset >> 2] = bytes.length;
      page.bytes.set(bytes, offset + HEADER + keyBytes);
      return;
    }
    this.#locations[place] = this.#write(key, bytes); // first, since `bytes` may be a view of the old block
    this.#slab.free(location);
  }

  /** A new block with the record; its location. */
  #write(key: string, record: Uint8Array): number {
    const wide = isWide(key);
    const keyBytes = wide ? key.length * 2 : key.length;
    const location = this.#slab.allocate(HEADER + keyBytes + record.length);
    const page = this.#slab.pageOf(location);
    const offset = RecordSlab.offsetIn(page, location);
    page.words[offset >> 2] = record.length;
    page.words[(offset >> 2) + 1] = wide ? WIDE | keyBytes : keyBytes;
    page.bytes.write(key, offset + HEADER, wide ? "utf16le" : "latin1");
    page.bytes.set(record, offset + HEADER + keyBytes);
    return location;
  }

  #newPlace(location: number): number {
    let place = this.#vacant;
    if (place === NO_PLACE) {
      place = this.#places;
      this.#places += 1;
      if (place === this.#locations.length) {
        const grown = new Uint32Array(place * 2);
        grown.set(this.#locations);
        this.#locations = grown;
      }
    } else {
      this.#vacant = this.#location(place) & ~VACANT;
    }
    this.#locations[place] = location;
    return place;
  }
}

/** Names are kept as they are, even those that are no well-formed Unicode: no two may become one. */
function isWide(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > LATIN1) return true;
  return false;
}

function keyText({ bytes, words }: Page, offset: number): string {
  const length = words[(offset >> 2) + 1] ?? 0;
  const start = offset + HEADER;
  if (length < WIDE) return bytes.toString("latin1", start, start + length);
  return bytes.toString("utf16le", start, start + length - WIDE);
}

function resize(shard: Shard, capacity: number): void {
  const { slots } = shard;
  shard.slots = new Uint32Array(2 * capacity);
  shard.mask = capacity - 1;
  for (let i = 0; i < slots.length; i += 2) {
    if (slots[i + 1] === 0) continue;
    const hash = slots[i] ?? 0;
    let slot = hash & shard.mask;
    while (shard.slots[2 * slot + 1] !== 0) slot = (slot + 1) & shard.mask;
    shard.slots[2 * slot] = hash;
    shard.slots[2 * slot + 1] = slots[i + 1] ?? 0;
  }
}

/** Empties a slot and moves up what was pushed behind it (Knuth 6.4, algorithm R). */
function closeGap({ slots, mask }: Shard, empty: number): void {
  let gap = empty;
  for (let slot = (gap + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
    const home = (slots[2 * slot] ?? 0) & mask;
    // How far the pair stands from its home, against how far the gap is behind the pair.
    if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
    slots[2 * gap] = slots[2 * slot] ?? 0;
    slots[2 * gap + 1] = slots[2 * slot + 1] ?? 0;
    gap = slot;
  }
  slots[2 * gap + 1] = 0;
}
