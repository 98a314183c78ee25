/** RFC 7950 §10.2.1 — re-match(): the one place where expressions meet XSD patterns. */
import { isCoded } from "../../base/index.ts";
import { Fault } from "../codec/fault.ts";
import { openPattern, type Pattern } from "../patterns/index.ts";
import type { Run } from "./run.ts";

/** A memo: patterns are mostly literals, and reading one costs far more than matching. */
const OPENED = new Map<string, Pattern>();
const MOST = 1000;

/** Throws a Fault for a pattern that is none: it may come from the data. */
export function matches(text: string, pattern: string, run: Run): boolean {
  return opened(pattern, run).matches(text);
}

function opened(source: string, run: Run): Pattern {
  const known = OPENED.get(source);
  if (known !== undefined) return known;
  run.spend(source.length);
  const pattern = read(source);
  if (OPENED.size >= MOST) OPENED.clear();
  OPENED.set(source, pattern);
  return pattern;
}

function read(source: string): Pattern {
  try {
    return openPattern(source);
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw new Fault("yang.must-violation", `re-match() is given no pattern: ${error.facts["what"]}`);
  }
}
