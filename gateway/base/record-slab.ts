/**
 * Memory for many small blocks of bytes outside the JavaScript heap: pages that hold blocks of one size each, as slab
 * allocators do. A page whose blocks are all given back serves any other size, or goes back to the system.
 */

const PAGE_BYTES = 256 * 1024;
/** Blocks start at multiples of this, so a page has at most 2^14 of them. */
const GRAIN = 16;
const SLOT_BITS = 14;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** Up to here sizes are multiples of the grain, from here on each doubling has eight: at most an eighth is wasted. */
const EVEN_SIZES = 256;
/** A larger block gets a page of its own. */
const LARGEST_SHARED = 32 * 1024;
const OWN_PAGE = -1;
/** Empty pages kept for the next size that needs one. */
const SPARE_PAGES = 4;
const NONE = 0;

export interface Page {
  readonly bytes: Buffer;
  /** The same memory by 32-bit words. */
  readonly words: Uint32Array;
  size: number;
  sizeClass: number;
  /** Slots that were ever handed out; memory behind them was never touched and costs nothing. */
  fresh: number;
  used: number;
  /** Head of the list of blocks given back, as slot + 1; the first word of each names the next. */
  free: number;
  /** Place among the pages of its class that have room; -1 = full. */
  roomAt: number;
}

/** Blocks are named by a location: 31 bits (so 32 GiB at most), good until the block is freed. */
export class RecordSlab {
  readonly #pages: (Page | undefined)[] = [];
  readonly #unusedNumbers: number[] = [];
  readonly #spares: Page[] = [];
  /** By size class, the numbers of the pages that have room. */
  readonly #withRoom: number[][] = [];
  #bytes = 0;

  /** Bytes of all pages held. */
  get bytes(): number {
    return this.#bytes;
  }

  allocate(size: number): number {
    if (size > LARGEST_SHARED) return this.#number(this.#newPage(size, size, OWN_PAGE)) << SLOT_BITS;
    const sizeClass = classOf(size);
    const rooms = this.#roomsOf(sizeClass);
    const number = rooms.at(-1) ?? this.#openPage(sizeClass, rooms);
    const page = this.#page(number);
    const slot = page.free === NONE ? page.fresh++ : page.free - 1;
    if (page.free !== NONE) page.free = page.words[(slot * page.size) >> 2] ?? NONE;
    page.used += 1;
    if (page.free === NONE && (page.fresh + 1) * page.size > PAGE_BYTES) this.#leaveRooms(page, rooms);
    return (number << SLOT_BITS) | slot;
  }

  free(location: number): void {
    const number = location >>> SLOT_BITS;
    const page = this.#page(number);
    page.used -= 1;
    if (page.used === 0) {
      this.#closePage(page, number);
      return;
    }
    const slot = location & SLOT_MASK;
    page.words[(slot * page.size) >> 2] = page.free;
    page.free = slot + 1;
    if (page.roomAt < 0) page.roomAt = this.#roomsOf(page.sizeClass).push(number) - 1;
  }

  /** Whether a block of `size` bytes would be just such a block: then it can be written in place. */
  fits(location: number, size: number): boolean {
    const { size: own, sizeClass } = this.#page(location >>> SLOT_BITS);
    return size > LARGEST_SHARED ? own === size : sizeClass === classOf(size);
  }

  pageOf(location: number): Page {
    return this.#page(location >>> SLOT_BITS);
  }

  static offsetIn(page: Page, location: number): number {
    return (location & SLOT_MASK) * page.size;
  }

  #page(number: number): Page {
    return this.#pages[number] as Page; // a location names a page that is there
  }

  #roomsOf(sizeClass: number): number[] {
    this.#withRoom[sizeClass] ??= [];
    return this.#withRoom[sizeClass];
  }

  #openPage(sizeClass: number, rooms: number[]): number {
    const page = this.#spares.pop() ?? this.#newPage(PAGE_BYTES, 0, 0);
    Object.assign(page, { size: sizeOf(sizeClass), sizeClass, fresh: 0, used: 0, free: NONE, roomAt: rooms.length });
    const number = this.#number(page);
    rooms.push(number);
    return number;
  }

  #closePage(page: Page, number: number): void {
    if (page.roomAt >= 0) this.#leaveRooms(page, this.#roomsOf(page.sizeClass));
    this.#pages[number] = undefined;
    this.#unusedNumbers.push(number);
    if (page.sizeClass !== OWN_PAGE && this.#spares.length < SPARE_PAGES) this.#spares.push(page);
    else this.#bytes -= page.bytes.length;
  }

  #leaveRooms(page: Page, rooms: number[]): void {
    const last = rooms.pop();
    if (last !== undefined && page.roomAt < rooms.length) {
      rooms[page.roomAt] = last;
      this.#page(last).roomAt = page.roomAt;
    }
    page.roomAt = -1;
  }

  #newPage(bytes: number, size: number, sizeClass: number): Page {
    const memory = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
    this.#bytes += memory.byteLength;
    const views = { bytes: Buffer.from(memory), words: new Uint32Array(memory) };
    return { ...views, size, sizeClass, fresh: 1, used: 1, free: NONE, roomAt: -1 };
  }

  #number(page: Page): number {
    const number = this.#unusedNumbers.pop() ?? this.#pages.length;
    this.#pages[number] = page;
    return number;
  }
}

/** Sizes 16, 32 … 256 are classes 1 to 16; then eight per doubling. */
function classOf(size: number): number {
  if (size <= EVEN_SIZES) return Math.ceil(size / GRAIN);
  const doubling = 31 - Math.clz32(size - 1); // 2^doubling < size <= 2^(doubling + 1)
  const step = 1 << (doubling - 3);
  return EVEN_SIZES / GRAIN + (doubling - 8) * 8 + Math.ceil((size - (1 << doubling)) / step);
}

function sizeOf(sizeClass: number): number {
  const behind = sizeClass - EVEN_SIZES / GRAIN;
  if (behind <= 0) return sizeClass * GRAIN;
  const doubling = 8 + Math.floor((behind - 1) / 8);
  return (1 << doubling) + ((1 << doubling) >> 3) * (((behind - 1) % 8) + 1);
}
