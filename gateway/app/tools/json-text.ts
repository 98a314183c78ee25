/**
 * RFC 8259 as RFC 7951 wants it (I-JSON, RFC 7493): text → JSON, where a name stands once in an object, with the line and
 * column of what is wrong. JSON.parse keeps the last of two members, and says where a fault is in words that change.
 */
import { UsageError } from "../../base/index.ts";
import { CORECONF } from "../../wire/cbor/index.ts";
import type { Json } from "../../yang/index.ts";

/** What may nest as deep as our CBOR, inside an array of instances. */
const MAX_DEPTH = CORECONF.maxDepth + 2;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Of a string, in runs: one expression over all of it would need as much stack as it is long. RFC 8259 §7. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 §7 names them
const PLAIN = /[^"\\\u0000-\u001f]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null/y;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Throws UsageError `cli.json`; `path` is for people. */
export function parseJson(text: string, path: string): Json {
  let at = 0;

  const fail = (what: string): never => {
    const before = text.slice(0, at).split("\n");
    throw new UsageError("cli.json", { path, line: before.length, column: before.at(-1)!.length + 1, what });
  };
  /** The text that matches here, which is passed. */
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const takeMark = (mark: string): boolean => {
    take(SPACE);
    if (text[at] !== mark) return false;
    at += 1;
    take(SPACE);
    return true;
  };
  const expect = (mark: string): void => {
    if (!takeMark(mark)) fail(at >= text.length ? `the text ends where '${mark}' is missing` : `expected '${mark}'`);
  };

  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) return fail(`nested deeper than ${MAX_DEPTH} levels`);
    if (takeMark("{")) return object(depth);
    if (takeMark("[")) return array(depth);
    if (text[at] === '"') return string("a string");
    const word = take(WORD);
    if (word !== undefined) return WORDS.get(word) ?? null;
    const start = at;
    const number = Number(take(NUMBER) ?? fail(at >= text.length ? "the text ends too early" : "expected a value"));
    if (Number.isFinite(number)) return number;
    at = start;
    return fail("the number is too large");
  };
  const string = (noun: string): string => {
    const start = at;
    if (text[at] === '"') {
      at += 1;
      while (take(PLAIN) !== undefined || take(ESCAPE) !== undefined);
      if (text[at] === '"') {
        at += 1;
        return JSON.parse(text.slice(start, at));
      }
    }
    at = start;
    return fail(`expected ${noun}, in double quotes that close on the same line`);
  };
  const object = (depth: number): Json => {
    const members = new Map<string, Json>();
    while (!takeMark("}")) {
      if (members.size > 0) expect(",");
      const start = at;
      const name = string("a name");
      if (members.has(name)) {
        at = start;
        fail(`the name '${name}' stands twice in the object`);
      }
      expect(":");
      members.set(name, value(depth + 1));
    }
    return Object.fromEntries(members);
  };
  const array = (depth: number): Json => {
    const items: Json[] = [];
    while (!takeMark("]")) {
      if (items.length > 0) expect(",");
      items.push(value(depth + 1));
    }
    return items;
  };

  take(SPACE);
  const json = value(0);
  take(SPACE);
  if (at < text.length) fail("nothing may follow the value");
  return json;
}
