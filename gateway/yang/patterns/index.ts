/**
 * RFC 7950 §9.4.5: patterns are regular expressions of XML Schema part 2, appendix F. Those are regular in the strict
 * sense, so a text is read once, whatever the pattern: no value of a peer can stall the gateway.
 */
import { Matcher } from "./matcher.ts";
import { MAX_INSTRUCTIONS, writeProgram } from "./program.ts";
import { parsePattern, patternFault } from "./syntax.ts";

/** Characters of a pattern. With the limit on its program it bounds what one character of a text can cost. */
export const MAX_PATTERN = 10_000;

export interface Pattern {
  /** Does the pattern match all of `text`? */
  matches(text: string): boolean;
}

/** Reads a pattern as written in YANG; UsageError `yang.pattern` says what is wrong with it, and where. */
export function openPattern(source: string): Pattern {
  if (source.length > MAX_PATTERN) {
    throw patternFault(source, `it has ${source.length} characters, more than ${MAX_PATTERN}`);
  }
  const program = writeProgram(parsePattern(source));
  if (program === undefined) {
    throw patternFault(source, `with its repetitions written out it has more than ${MAX_INSTRUCTIONS} steps`);
  }
  return new Matcher(program);
}
