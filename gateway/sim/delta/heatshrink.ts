/**
 * heatshrink (LZSS) from the node's side: bits from the highest on; 1 = a byte as it is (8 bits), 0 = what stood DISTANCE + 1 bytes
 * before (window bits), COUNT + 1 bytes of it (count bits). The memory is the window.
 */
type Expected = "kind" | "byte" | "distance" | "count";

export class Heatshrink {
  readonly #window: Uint8Array;
  readonly #width: Readonly<Record<Expected, number>>;
  readonly #sink: (byte: number) => void;
  #at = 0;
  #expected: Expected = "kind";
  #bits = 0;
  #have = 0;
  #distance = 0;

  constructor(windowBits: number, countBits: number, sink: (byte: number) => void) {
    this.#window = new Uint8Array(1 << windowBits);
    this.#width = { kind: 1, byte: 8, distance: windowBits, count: countBits };
    this.#sink = sink;
  }

  /** What is left of the last byte means nothing. */
  take(byte: number): void {
    this.#bits = (this.#bits << 8) | byte;
    this.#have += 8;
    for (let width = this.#width[this.#expected]; this.#have >= width; width = this.#width[this.#expected]) {
      this.#have -= width;
      const value = this.#bits >>> this.#have;
      this.#bits &= (1 << this.#have) - 1;
      this.#understand(value);
    }
  }

  #understand(value: number): void {
    switch (this.#expected) {
      case "kind":
        this.#expected = value === 1 ? "byte" : "distance";
        return;
      case "byte":
        this.#expected = "kind";
        this.#put(value);
        return;
      case "distance":
        this.#expected = "count";
        this.#distance = value + 1;
        return;
      case "count": {
        this.#expected = "kind";
        const mask = this.#window.length - 1;
        for (let left = value + 1; left > 0; left--) this.#put(this.#window[(this.#at - this.#distance) & mask] ?? 0);
      }
    }
  }

  #put(byte: number): void {
    this.#window[this.#at & (this.#window.length - 1)] = byte;
    this.#at++;
    this.#sink(byte);
  }
}
