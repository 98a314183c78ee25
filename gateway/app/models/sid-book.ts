/**
 * What each SID has ever meant here (RFC 9595 §3: for ever the same). Stored data and the nodes out there go by numbers, so a
 * set that gives one of them another meaning is refused, whichever set had it before, and after a restart as well.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { explain, type Logger, UsageError } from "../../base/index.ts";
import { writeFileDurably } from "../../store/index.ts";
import { isLocal, type Schema, type SchemaNode } from "../../yang/index.ts";

/** SID → item, as `items` spells it. */
const BOOK = z.record(z.string().regex(/^[1-9]\d*$/), z.string());

export class SidBook {
  readonly #file: string;
  readonly #items: Map<number, string>;
  readonly #sids: Map<string, number>;

  private constructor(file: string, items: Map<number, string>) {
    this.#file = file;
    this.#items = items;
    this.#sids = new Map([...items].map(([sid, item]) => [item, sid]));
  }

  /** Empty when there is no such file yet. Throws UsageError `models.sid-book`. */
  static async open(file: string): Promise<SidBook> {
    try {
      const book = BOOK.parse(JSON.parse(await readFile(file, "utf8")));
      return new SidBook(file, new Map(Object.entries(book).map(([sid, item]) => [Number(sid), item])));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new SidBook(file, new Map());
      throw new UsageError("models.sid-book", { file, what: explain(error) }, { cause: error });
    }
  }

  /** Throws UsageError `models.sid-reused`, `models.sid-changed` for a schema that contradicts those before it. */
  check(schema: Schema): void {
    for (const [sid, item] of items(schema)) {
      const formerItem = this.#items.get(sid) ?? item;
      if (formerItem !== item)
        throw new UsageError("models.sid-reused", { sid, item, former: formerItem, file: this.#file });
      const former = this.#sids.get(item) ?? sid;
      if (former !== sid) throw new UsageError("models.sid-changed", { item, sid, former, file: this.#file });
    }
  }

  /** Takes up the numbers of a schema that passed. A disk that is full costs no more than their memory over a restart. */
  async note(schema: Schema, log: Logger): Promise<void> {
    const before = this.#items.size;
    for (const [sid, item] of items(schema)) {
      this.#items.set(sid, item);
      this.#sids.set(item, sid);
    }
    if (this.#items.size === before) return;
    try {
      await writeFileDurably(this.#file, `${JSON.stringify(Object.fromEntries(this.#items), undefined, 1)}\n`);
    } catch (error) {
      log.warn("models.sid-book-unwritten", { file: this.#file, reason: explain(error) });
    }
  }
}

/** Everything of a schema that has a number, by the name that .sid files call it. */
function* items(schema: Schema): Generator<readonly [sid: number, item: string]> {
  for (const { name, sid } of schema.modules) if (sid !== undefined) yield [sid, `module ${name}`];
  for (const { name, sid } of schema.identities.values()) if (!isLocal(sid)) yield [sid, `identity ${name}`];
  yield* nodes(schema.roots, "", undefined);
}

function* nodes(
  all: readonly SchemaNode[],
  above: string,
  parent: string | undefined,
): Generator<readonly [sid: number, item: string]> {
  for (const { sid, name, module, structure, children } of all) {
    const path = `${above}/${module === parent ? name : `${module}:${name}`}`;
    // A structure may carry the name of a data node.
    if (!isLocal(sid)) yield [sid, structure === true ? `structure ${path}` : path];
    yield* nodes(children, path, module);
  }
}
