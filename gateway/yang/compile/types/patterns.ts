/** RFC 7950 §9.4.5 — the patterns of the sources: each is read once, to find its faults and to check defaults with it. */
import { isCoded } from "../../../base/index.ts";
import type { Statement } from "../../parse/statement.ts";
import { openPattern, type Pattern } from "../../patterns/index.ts";
import { argument, refuse } from "../finding.ts";

export interface Patterns {
  /** Throws UsageError `yang.compile` when the argument of a `pattern` is no regular expression. */
  check(statement: Statement): void;
  /** Does the text match a pattern that was checked? */
  matches(source: string, text: string): boolean;
}

export function openPatterns(): Patterns {
  const known = new Map<string, Pattern>();
  const read = (source: string): Pattern => {
    const pattern = known.get(source) ?? openPattern(source);
    known.set(source, pattern);
    return pattern;
  };
  return {
    check: (statement) => {
      try {
        read(argument(statement));
      } catch (error) {
        if (!isCoded(error)) throw error;
        refuse(statement, `this is no regular expression of XML Schema: ${String(error.facts["what"])}`);
      }
    },
    matches: (source, text) => read(source).matches(text),
  };
}
