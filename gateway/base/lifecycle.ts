/** What was started is stopped in reverse order, each part at most once. */
export interface Closable {
  close(): Promise<void> | void;
}

export class Lifecycle implements Closable {
  readonly #parts: Closable[] = [];
  #closing: Promise<void> | undefined;

  /** Hands a started part over; it is closed before everything handed over earlier. */
  add<T extends Closable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#parts.reverse()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error); // the other parts must still be closed
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "closing failed");
  }
}
