/** A value as a person wrote it becomes one that its field can be compared with. Pure. */
import type { UsageError } from "../../../base/index.ts";
import { nearest } from "../../../yang/parse/nearest.ts";
import { compareVersions } from "../version-order.ts";
import type { FieldKind, Literal, Operator } from "./kinds.ts";
import { cut } from "./lexer.ts";

/** What a pattern costs grows with its length times that of the text. */
const MAX_PATTERN = 256;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
/** A uint64 has twenty digits; with more, doubles would need an exponent. */
const MAX_DIGITS = 21;
const ORDER: readonly Operator[] = ["<", "<=", ">", ">="];

/** Throws what `refuse` makes. */
export function literalOf(text: string, kind: FieldKind, op: Operator, refuse: (what: string) => UsageError): Literal {
  if (op === "~") {
    if (text.length > MAX_PATTERN) throw refuse(`a pattern is at most ${MAX_PATTERN} characters long`);
    return text;
  }
  switch (kind.type) {
    case "text":
      return text;
    case "version":
      if (ORDER.includes(op) && compareVersions(text, text) === undefined) throw refuse(`'${cut(text)}' is no version`);
      return text;
    case "any":
      if (ORDER.includes(op) && numberIn(text) === undefined) throw refuse(`'${cut(text)}' is no number`);
      return text;
    case "number": {
      const number = numberIn(text);
      if (number === undefined) throw refuse(`'${cut(text)}' is no number`);
      return number;
    }
    case "boolean":
      if (text !== "true" && text !== "false") throw refuse("only true and false are meant here");
      return text === "true";
    case "words":
      if (!kind.words.includes(text)) {
        const hint = nearest(text.toLowerCase(), kind.words) || `, it is one of ${kind.words.join(", ")}`;
        throw refuse(`'${cut(text)}' is none of its words${hint}`);
      }
      return text;
  }
}

/** Whole numbers that no double holds stay exact. */
export function numberIn(text: string): number | bigint | undefined {
  if (text.length > MAX_DIGITS || !NUMBER.test(text)) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) || text.includes(".")) return Object.is(number, -0) ? 0 : number;
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}
