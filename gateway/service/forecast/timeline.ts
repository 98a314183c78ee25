/** What happens when: a binary heap of moments, the earliest first, and of equal ones the lower node first. */
export class Timeline {
  readonly #times: number[] = [];
  readonly #nodes: number[] = [];

  get isEmpty(): boolean {
    return this.#times.length === 0;
  }

  push(time: number, node: number): void {
    let at = this.#times.length;
    this.#times.push(time);
    this.#nodes.push(node);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Only when it is not empty. */
  pop(): { readonly time: number; readonly node: number } {
    const first = { time: this.#times[0]!, node: this.#nodes[0]! };
    const [time, node] = [this.#times.pop()!, this.#nodes.pop()!];
    if (this.#times.length > 0) {
      this.#times[0] = time;
      this.#nodes[0] = node;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#times.length) return;
      const child = left + 1 < this.#times.length && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const by = this.#times[a]! - this.#times[b]!;
    return by < 0 || (by === 0 && this.#nodes[a]! < this.#nodes[b]!);
  }

  #swap(a: number, b: number): void {
    const [time, node] = [this.#times[a]!, this.#nodes[a]!];
    this.#times[a] = this.#times[b]!;
    this.#nodes[a] = this.#nodes[b]!;
    this.#times[b] = time;
    this.#nodes[b] = node;
  }
}
