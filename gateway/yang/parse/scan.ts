/**
 * RFC 7950 §6 — the tokens of a source text: where each statement stands and what its argument says, with a plain
 * sentence for each syntax error. yang-js tells no lines, answers a syntax error with "Parsing failed" and reads strings
 * inexactly (it trims after escapes, §6.1.3 before; one module of YANG 1.1 makes it stricter with all later ones), so it
 * is handed a text in which comments are gone and each argument is replaced by a number.
 */
import { UsageError } from "../../base/index.ts";
import { brief } from "./brief.ts";
import { readQuoted } from "./quoted.ts";
import type { Position } from "./statement.ts";

export interface Scan {
  /** In source order. */
  readonly statements: readonly ScannedStatement[];
  /** What yang-js parses. */
  readonly text: string;
}

export interface ScannedStatement extends Position {
  readonly keyword: string;
  readonly argument: string | undefined;
}

/** yang-parser recurses per level; published modules stay below 20. */
export const MAX_DEPTH = 100;
/** The largest published modules have some 30,000. */
export const MAX_STATEMENTS = 100_000;
/** Characters of one file; the largest published modules have some 5 million. */
export const MAX_SOURCE = 16 * 1024 * 1024;

const SPACE = /\s+/y;
const KEYWORD = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const UNQUOTED = /(?:[^\s;{}"'/]|\/(?![/*]))+/y;
const KNOWN_ESCAPES = 'nt"\\';
/** yang-parser takes no keyword and no prefix that begins so, which YANG 1.1 allows (RFC 7950 §6.2). */
const REFUSED_NAME = /(?<=^|:)(?=xml)/gi;
/** RFC 7950 §14, yang-char. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufdd0-\ufdef\ufffe\uffff]/;

/** Walks the tokens of a source; throws UsageError `yang.parse`. */
export function scan(source: string, file: string): Scan {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  const statements: ScannedStatement[] = [];
  const skeleton: string[] = [];
  /** The first backslash in double quotes with a character that RFC 7950 §6.1.3 does not know. */
  let oddEscape: number | undefined;
  const open: { readonly keyword: string; readonly argument: string | undefined; readonly at: number }[] = [];
  let version: string | undefined = "1";
  let offset = 0;
  // Places are asked for in source order, so the line of an offset is found by walking on.
  let line = 1;
  let lineStart = 0;
  let lineEnd = text.indexOf("\n");
  let nextBackslash = text.indexOf("\\");

  const positionAt = (at: number): Position => {
    if (at < lineStart) return positionIn(text, at);
    while (lineEnd >= 0 && lineEnd < at) {
      line += 1;
      lineStart = lineEnd + 1;
      lineEnd = text.indexOf("\n", lineStart);
    }
    return { line, column: at - lineStart + 1 };
  };
  const fail = (at: number, what: string): never => {
    throw new UsageError("yang.parse", { file, ...positionAt(at), what });
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  };
  const skipSeparators = (): void => {
    for (;;) {
      take(SPACE);
      if (text[offset] !== "/") return;
      if (text.startsWith("//", offset)) {
        const end = text.indexOf("\n", offset);
        offset = end < 0 ? text.length : end;
      } else if (text.startsWith("/*", offset)) {
        const end = text.indexOf("*/", offset + 2);
        if (end < 0) fail(offset, "this comment is not closed with '*/'");
        offset = end + 2;
      } else return;
    }
  };
  /** Asked in source order too: each character is looked at once, however many strings there are. */
  const backslashFrom = (from: number): number => {
    if (nextBackslash >= 0 && nextBackslash < from) nextBackslash = text.indexOf("\\", from);
    return nextBackslash;
  };
  const takeQuoted = (): string | undefined => {
    const start = offset;
    const quote = text[start];
    if (quote !== "'" && quote !== '"') return undefined;
    let end = text.indexOf(quote, start + 1);
    const escapeFrom = (from: number): number => (quote === '"' ? backslashFrom(from) : -1);
    for (let at = escapeFrom(start + 1); at >= 0 && at < end; at = escapeFrom(at + 2)) {
      if (!KNOWN_ESCAPES.includes(text[at + 1] ?? "")) oddEscape ??= at;
      if (at + 1 === end) end = text.indexOf(quote, end + 1);
    }
    if (end < 0) fail(start, `this string is not closed with ${quote}`);
    offset = end + 1;
    positionAt(start);
    return readQuoted(text, lineStart, start, offset);
  };
  const takeArgument = (): string | undefined => {
    const first = takeQuoted();
    if (first === undefined) return take(UNQUOTED);
    const parts = [first];
    for (;;) {
      const end = offset;
      skipSeparators();
      if (text[offset] !== "+") {
        offset = end;
        return parts.join("");
      }
      offset += 1;
      skipSeparators();
      parts.push(takeQuoted() ?? fail(offset, "a quoted string must follow '+'"));
    }
  };

  if (text.length > MAX_SOURCE) fail(0, `the file is longer than ${MAX_SOURCE} characters`);
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden) fail(forbidden.index, "a control character must not stand in a YANG file");
  for (;;) {
    skipSeparators();
    if (text[offset] === "}" && open.length > 0) {
      offset += 1;
      open.pop();
      skeleton.push("}");
    } else {
      const at = offset;
      const inner = open.at(-1);
      if (offset >= text.length && inner !== undefined)
        fail(inner.at, `the block of '${titleOf(inner.keyword, inner.argument)}' is not closed with '}'`);
      const keyword = take(KEYWORD) ?? fail(at, `a statement must stand here, not ${shown(text, at)}`);
      const position = positionAt(at);
      const afterKeyword = offset;
      skipSeparators();
      const argument = offset === afterKeyword && !/[;{]/.test(text[offset] ?? "") ? undefined : takeArgument();
      if (statements.push({ ...position, keyword, argument }) > MAX_STATEMENTS) {
        fail(at, `the file has more than ${MAX_STATEMENTS} statements`);
      }
      const safe = keyword.replace(REFUSED_NAME, "_");
      skeleton.push(argument === undefined ? safe : `${safe} ${statements.length}`);
      if (keyword === "yang-version" && open.length === 1) version = argument;
      skipSeparators();
      if (text[offset] === "{") {
        open.push({ keyword, argument, at });
        if (open.length > MAX_DEPTH) fail(at, `statements are nested deeper than ${MAX_DEPTH}`);
        skeleton.push("{");
      } else if (text[offset] === ";") {
        skeleton.push(";");
      } else {
        fail(at, `'${titleOf(keyword, argument)}' must end with ';' or a block, not with ${shown(text, offset)}`);
      }
      offset += 1;
    }
    if (open.length === 0) break;
  }
  skipSeparators();
  if (offset < text.length) fail(offset, `nothing may follow the module, but here is ${shown(text, offset)}`);
  if (version === "1.1" && oddEscape !== undefined) {
    fail(
      oddEscape,
      `'${text.slice(oddEscape, oddEscape + 2)}' is no escape in double quotes; use single quotes or '\\\\'`,
    );
  }
  return { statements, text: skeleton.join("") };
}

/** Keyword and argument, shortened for a finding. */
export function titleOf(keyword: string, argument: string | undefined): string {
  if (argument === undefined) return keyword;
  return `${keyword} ${brief(argument.replace(/\s+/g, " "), 40)}`;
}

function positionIn(text: string, at: number): Position {
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}

const shown = (text: string, offset: number): string =>
  offset >= text.length ? "the end of the file" : `'${/^\S{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? ""}'`;
