/** The words of a filter with their places. Pure. */
import { UsageError } from "../../../base/index.ts";
import { OPERATORS } from "./kinds.ts";

export type TokenType = "word" | "path" | "text" | "operator" | "(" | ")" | "," | "end";

export interface Token {
  readonly type: TokenType;
  /** Of a text what stands between its quotes. */
  readonly text: string;
  /** Where it begins: in UTF-16 units, counted from 0. */
  readonly at: number;
}

/** Longer ones are no filters that somebody reads. */
export const MAX_LENGTH = 4096;

const SPACE = /\s/u;
/** Names, numbers, versions, wildcards. */
const WORD = /[\p{L}\p{N}_.:+*?-]/u;
const PATH = /[^\s()[\]=!<>~,"']/u;
/** What other languages write, and what is written here. */
const FOREIGN: readonly (readonly [foreign: string, ours: string])[] = [
  ["&&", "and"],
  ["||", "or"],
  ["&", "and"],
  ["|", "or"],
  ["=~", "~"],
  ["=", "=="],
  ["!", "not"],
];

/** Throws UsageError `campaign.filter`. */
export function tokensOf(source: string): readonly Token[] {
  if (source.length > MAX_LENGTH) throw wrong(source, MAX_LENGTH, `it is longer than ${MAX_LENGTH} characters`);
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    const token = tokenAt(source, at);
    if (token === undefined) at += charAt(source, at).length;
    else {
      tokens.push(token.token);
      at = token.next;
    }
  }
  tokens.push({ type: "end", text: "", at: source.length });
  return tokens;
}

interface Found {
  readonly token: Token;
  readonly next: number;
}

/** undefined = space. */
function tokenAt(source: string, at: number): Found | undefined {
  const first = charAt(source, at);
  if (SPACE.test(first)) return undefined;
  if (first === "(" || first === ")" || first === ",") return { token: { type: first, text: first, at }, next: at + 1 };
  if (first === '"' || first === "'") return quoted(source, at, first);
  const operator = OPERATORS.find((each) => each !== "in" && source.startsWith(each, at));
  if (operator !== undefined) {
    return { token: { type: "operator", text: operator, at }, next: at + operator.length };
  }
  if (first === "/") return run(source, at, "path", PATH);
  if (WORD.test(first)) return run(source, at, "word", WORD);
  if (first === "[") throw wrong(source, at, "entries cannot be picked: a path stands for all entries of its lists");
  const foreign = FOREIGN.find(([sign]) => source.startsWith(sign, at));
  throw wrong(
    source,
    at,
    foreign ? `'${foreign[0]}' is written '${foreign[1]}' here` : `nothing begins with ${shown(first)}`,
  );
}

function run(source: string, at: number, type: TokenType, part: RegExp): Found {
  let next = at;
  while (next < source.length && part.test(charAt(source, next))) next += charAt(source, next).length;
  return { token: { type, text: source.slice(at, next), at }, next };
}

/** In either quotes; `\` takes the next character as it is. */
function quoted(source: string, at: number, quote: string): Found {
  let text = "";
  for (let next = at + 1; next < source.length; ) {
    const char = charAt(source, next);
    next += char.length;
    if (char === quote) return { token: { type: "text", text, at }, next };
    if (char !== "\\") text += char;
    else {
      const meant = charAt(source, next);
      text += meant;
      next += meant.length;
    }
  }
  throw wrong(source, at, "the text that begins here has no end");
}

const charAt = (source: string, at: number): string => {
  const code = source.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
};

/** As it can be shown in a line. */
const shown = (char: string): string => (/[\p{C}\p{Z}]/u.test(char) ? `U+${hexOf(char)}` : `'${char}'`);
const hexOf = (char: string): string => char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");

const SHOWN = 40;
/** As much of a word as a message needs. */
export const cut = (text: string): string => (text.length > SHOWN ? `${[...text].slice(0, SHOWN).join("")}…` : text);

/** `at`: in UTF-16 units from 0; people count characters from 1. */
export function wrong(source: string, at: number, what: string): UsageError {
  return new UsageError("campaign.filter", { position: [...source.slice(0, at)].length + 1, what });
}
