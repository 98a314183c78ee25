/** RFC 7950 §10.2.1 — re-match(): the one place where expressions meet XSD patterns. */
import { openPattern, type Pattern } from "../patterns/index.ts";

/** A memo: patterns are mostly literals, and reading one costs far more than matching. */
const OPENED = new Map<string, Pattern>();
const MOST = 1000;

/** Throws UsageError `yang.pattern` for a pattern that is none. */
export function matches(text: string, pattern: string): boolean {
  let opened = OPENED.get(pattern);
  if (opened === undefined) {
    opened = openPattern(pattern);
    if (OPENED.size >= MOST) OPENED.clear();
    OPENED.set(pattern, opened);
  }
  return opened.matches(text);
}
