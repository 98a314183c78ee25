/** From a name to the few ids that belong to it, nearly always one, at the cost of their bytes. */
import { RecordMap } from "./record-map.ts";

/** Stands in no id. */
const SEPARATOR = " ";

export class IdLists {
  readonly #lists = new RecordMap();

  has(name: string): boolean {
    return this.#lists.has(name);
  }

  get size(): number {
    return this.#lists.size;
  }

  /** In the order in which they were added. */
  of(name: string): readonly string[] {
    const bytes = this.#lists.get(name);
    return bytes === undefined ? [] : Buffer.from(bytes).toString("latin1").split(SEPARATOR);
  }

  /** Nothing happens when it is there already. */
  add(name: string, id: string): void {
    const ids = this.of(name);
    if (!ids.includes(id)) this.#put(name, [...ids, id]);
  }

  remove(name: string, id: string): void {
    const left = this.of(name).filter((known) => known !== id);
    this.#put(name, left);
  }

  #put(name: string, ids: readonly string[]): void {
    if (ids.length === 0) this.#lists.delete(name);
    else this.#lists.set(name, Buffer.from(ids.join(SEPARATOR), "latin1"));
  }
}
