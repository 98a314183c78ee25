/**
 * RFC 7950 §6 — where each statement of a source text stands. yang-js tells no lines and answers a syntax error with
 * "Parsing failed", so this pass walks the tokens first: it finds syntax errors with their place and a plain sentence,
 * and gives the position of every statement in source order, which is the order in which yang-js builds them.
 */
import { UsageError } from "../../base/index.ts";
import type { Position } from "./statement.ts";

export interface Scan {
  /** One per statement, in source order. */
  readonly positions: readonly Position[];
  /** Keyword and argument of the outermost statement. */
  readonly title: string;
  /** The text as yang-parser must see it. */
  readonly text: string;
}

/** yang-parser recurses per level; published modules stay below 20. */
const MAX_DEPTH = 100;

const SEPARATOR = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const KEYWORD = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const UNQUOTED = /(?:[^\s;{}"'/]|\/(?![/*]))+/y;
const DOUBLE_QUOTED = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const SINGLE_QUOTED = /'[^']*'/y;
const PLUS = /\+/y;
const ESCAPE = /\\([\s\S])/g;

/** Walks the tokens of a source; throws UsageError `yang.parse`. */
export function scan(source: string, file: string): Scan {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  const lineStarts = startsOfLines(text);
  const positions: Position[] = [];
  /** Offsets of backslashes in double quotes that RFC 7950 §6.1.3 does not know. */
  const oddEscapes: number[] = [];
  const open: { readonly name: string; readonly at: number }[] = [];
  let title = "";
  let version = "1";
  let offset = 0;

  const fail = (at: number, what: string): never => {
    throw new UsageError("yang.parse", { file, ...positionAt(lineStarts, at), what });
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  };
  const skipSeparators = (): void => {
    take(SEPARATOR);
    if (text.startsWith("/*", offset)) fail(offset, "this comment is not closed with '*/'");
  };
  const takeQuoted = (): string | undefined => {
    const start = offset;
    const quote = text[start];
    if (quote === "'") return take(SINGLE_QUOTED) ?? fail(start, `this string is not closed with ${quote}`);
    if (quote !== '"') return undefined;
    const quoted = take(DOUBLE_QUOTED) ?? fail(start, `this string is not closed with ${quote}`);
    for (const odd of quoted.matchAll(ESCAPE)) {
      if (!'nt"\\'.includes(odd[1] ?? "")) oddEscapes.push(start + odd.index);
    }
    return quoted;
  };
  const takeArgument = (): string | undefined => {
    const quoted = takeQuoted();
    if (quoted === undefined) return take(UNQUOTED);
    for (;;) {
      const end = offset;
      skipSeparators();
      if (take(PLUS) === undefined) {
        offset = end;
        return quoted;
      }
      skipSeparators();
      if (takeQuoted() === undefined) fail(offset, "a quoted string must follow '+'");
    }
  };

  for (;;) {
    skipSeparators();
    if (text[offset] === "}" && open.length > 0) {
      offset += 1;
      open.pop();
    } else {
      const at = offset;
      const inner = open.at(-1);
      if (offset >= text.length && inner !== undefined)
        fail(inner.at, `the block of '${inner.name}' is not closed with '}'`);
      const keyword = take(KEYWORD) ?? fail(at, `a statement must stand here, not ${shown(text, at)}`);
      positions.push(positionAt(lineStarts, at));
      skipSeparators();
      const argument = takeArgument();
      const name = argument === undefined ? keyword : `${keyword} ${brief(argument)}`;
      title ||= name;
      if (keyword === "yang-version" && open.length === 1) version = argument?.replace(/["']/g, "") ?? version;
      skipSeparators();
      if (text[offset] === "{") {
        open.push({ name, at });
        if (open.length > MAX_DEPTH) fail(at, `statements are nested deeper than ${MAX_DEPTH}`);
      } else if (text[offset] !== ";") {
        fail(at, `'${name}' must end with ';' or a block, not with ${shown(text, offset)}`);
      }
      offset += 1;
    }
    if (open.length === 0) break;
  }
  skipSeparators();
  if (offset < text.length) fail(offset, `nothing may follow the module, but here is ${shown(text, offset)}`);

  const odd = oddEscapes[0];
  if (version === "1.1" && odd !== undefined) {
    fail(odd, `'${text.slice(odd, odd + 2)}' is no escape in double quotes; use single quotes or '\\\\'`);
  }
  // The line feed ends a comment on the last line, which yang-parser would not otherwise find the end of.
  return { positions, title, text: `${doubled(text, oddEscapes)}\n` };
}

/**
 * yang-parser holds a process-wide flag: after the first module of YANG 1.1 it refuses the unknown escapes that YANG 1.0
 * allowed. Doubling the backslash means the same to it whatever modules came before.
 */
function doubled(text: string, offsets: readonly number[]): string {
  let out = "";
  let from = 0;
  for (const at of offsets) {
    out += `${text.slice(from, at)}\\`;
    from = at;
  }
  return out + text.slice(from);
}

function startsOfLines(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function positionAt(lineStarts: readonly number[], offset: number): Position {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}

const brief = (argument: string): string => {
  const plain = argument.replace(/^(["'])([\s\S]*)\1$/, "$2").replace(/\s+/g, " ");
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
};

const shown = (text: string, offset: number): string =>
  offset >= text.length ? "the end of the file" : `'${/^\S{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? ""}'`;
