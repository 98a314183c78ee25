/** Which registrations an owner has, at the cost of their names. */
import { RecordMap } from "../../base/index.ts";

export class Owned {
  readonly #ids = new RecordMap();

  of(owner: string): readonly string[] {
    const text = Buffer.from(this.#ids.get(owner) ?? []).toString("latin1");
    return text === "" ? [] : text.split(" ");
  }

  add(owner: string, id: string): void {
    const ids = this.of(owner);
    if (!ids.includes(id)) this.#write(owner, [...ids, id]);
  }

  remove(owner: string, id: string): void {
    this.#write(
      owner,
      this.of(owner).filter((known) => known !== id),
    );
  }

  #write(owner: string, ids: readonly string[]): void {
    if (ids.length === 0) this.#ids.delete(owner);
    else this.#ids.set(owner, Buffer.from(ids.join(" "), "latin1"));
  }
}
