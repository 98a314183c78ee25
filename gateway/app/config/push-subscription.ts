/**
 * The lines of `mqtt.push`:
 *
 *     on-change PATH [dampening DURATION] [no-sync-on-start] [nodes FILTER]
 *     periodic DURATION PATH [nodes FILTER]
 *
 * A mistake is told with the character at which it stands. Whether PATH leads anywhere is not asked: modules come and go.
 */
import { parseDuration } from "../../admin/api/quantities.ts";
import { type Millis, seconds, UsageError } from "../../base/index.ts";
// Not by its index: who only reads the configuration loads no service.
import { NODE_FIELDS } from "../../service/campaign/filter/named-fields.ts";
import { parse } from "../../service/campaign/filter/parse.ts";
import type { Subscription } from "../../service/push/index.ts";

const WORD = /\s*(\S+)/y;
/** Steps as RFC 7951 §6.11 writes them; the first names its module. */
const NAME = "[A-Za-z_][\\w.-]*";
const KEY = `\\[\\s*(?:${NAME}:)?${NAME}\\s*=\\s*(?:'[^']*'|"[^"]*")\\s*\\]`;
const PATH = new RegExp(`/${NAME}:${NAME}(?:${KEY})*(?:/(?:${NAME}:)?${NAME}(?:${KEY})*)*`, "y");

/** Throws UsageError `push.subscription`. */
export const parseSubscription = (text: string): Subscription => new Reader(text).subscription();

class Reader {
  readonly #text: string;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
  }

  subscription(): Subscription {
    const { word, at } = this.#word("'on-change' or 'periodic'");
    if (word === "on-change") return this.#onChange();
    if (word !== "periodic") throw this.#wrong(at, `'${word}' stands where 'on-change' or 'periodic' is expected`);
    const period = this.#duration();
    const path = this.#path();
    const { nodes } = this.#options(["nodes"]);
    return { kind: "periodic", period, path, ...(nodes === undefined ? {} : { nodes }) };
  }

  #onChange(): Subscription {
    const path = this.#path();
    const { dampening, noSync, nodes } = this.#options(["dampening", "no-sync-on-start", "nodes"]);
    return {
      kind: "on-change",
      path,
      sync: noSync !== true,
      ...(dampening === undefined ? {} : { dampening }),
      ...(nodes === undefined ? {} : { nodes }),
    };
  }

  #options(allowed: readonly string[]) {
    let found: { dampening?: Millis; noSync?: true; nodes?: string } = {};
    const seen = new Set<string>();
    const expected = `${allowed.map((word) => `'${word}'`).join(", ")} or the end`;
    while (this.#text.slice(this.#next).trim() !== "") {
      const { word, at } = this.#word(expected);
      if (!allowed.includes(word)) throw this.#wrong(at, `'${word}' stands where ${expected} is expected`);
      if (seen.has(word)) throw this.#wrong(at, `'${word}' is there twice`);
      seen.add(word);
      if (word === "dampening") found = { ...found, dampening: this.#duration() };
      else if (word === "no-sync-on-start") found = { ...found, noSync: true };
      else found = { ...found, nodes: this.#filter() };
    }
    return found;
  }

  #word(expected: string): { readonly word: string; readonly at: number } {
    WORD.lastIndex = this.#next;
    const word = WORD.exec(this.#text)?.[1];
    if (word === undefined) throw this.#wrong(this.#text.length, `it ends where ${expected} is expected`);
    this.#next = WORD.lastIndex;
    return { word, at: this.#next - word.length };
  }

  #duration(): Millis {
    const what = "a duration of at least one second, e.g. 30s, 15m or 12h,";
    const { word, at } = this.#word(what);
    const duration = parseDuration(word);
    if (duration === undefined || duration < seconds(1))
      throw this.#wrong(at, `'${word}' stands where ${what} is expected`);
    return duration;
  }

  #path(): string {
    while (/\s/.test(this.#text.charAt(this.#next))) this.#next += 1;
    PATH.lastIndex = this.#next;
    const path = PATH.exec(this.#text)?.[0];
    if (path === undefined)
      throw this.#wrong(this.#next, "a path is expected, e.g. /sidgate-building:room/temperature");
    this.#next = PATH.lastIndex;
    if (!/^(\s|$)/.test(this.#text.slice(this.#next))) throw this.#wrong(this.#next, "here the path goes wrong");
    return path;
  }

  /** All that follows. Paths in it may lead to modules that come later. */
  #filter(): string {
    const rest = this.#text.slice(this.#next);
    const filter = rest.trim();
    const at = this.#next + rest.length - rest.trimStart().length;
    if (filter === "") throw this.#wrong(this.#text.length, 'it ends where a filter is expected, e.g. model == "trv"');
    this.#next = this.#text.length;
    try {
      parse(filter, { names: NODE_FIELDS, leaf: () => ({ type: "any" }), called: () => [] });
    } catch (error) {
      if (!(error instanceof UsageError) || error.code !== "campaign.filter") throw error;
      const before = Number(error.facts["position"]) - 1;
      throw this.#wrong(at + [...filter].slice(0, before).join("").length, String(error.facts["what"]));
    }
    return filter;
  }

  /** `at`: in UTF-16 units from 0; people count characters from 1. */
  #wrong(at: number, what: string): UsageError {
    return new UsageError("push.subscription", { position: [...this.#text.slice(0, at)].length + 1, what });
  }
}
