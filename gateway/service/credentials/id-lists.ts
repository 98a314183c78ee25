/** From a name to the few ids that belong to it, nearly always one, at the cost of their bytes. */
import { RecordMap } from "../../base/index.ts";

const SEPARATOR = " ";

export class IdLists {
  readonly #lists = new RecordMap();

  has(name: string): boolean {
    return this.#lists.has(name);
  }

  /** Oldest first. */
  of(name: string): readonly string[] {
    const bytes = this.#lists.get(name);
    return bytes === undefined ? [] : Buffer.from(bytes).toString("latin1").split(SEPARATOR);
  }

  add(name: string, id: string): void {
    this.#put(name, [...this.of(name).filter((known) => known !== id), id]);
  }

  remove(name: string, id: string): void {
    this.#put(
      name,
      this.of(name).filter((known) => known !== id),
    );
  }

  #put(name: string, ids: readonly string[]): void {
    if (ids.length === 0) this.#lists.delete(name);
    else this.#lists.set(name, Buffer.from(ids.join(SEPARATOR), "latin1"));
  }
}
