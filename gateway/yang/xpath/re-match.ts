/** RFC 7950 §10.2.1 — re-match(): the one place where expressions meet XSD patterns. */
import { isCoded } from "../../base/index.ts";
import { Fault } from "../codec/fault.ts";
import { openPattern, type Pattern } from "../patterns/index.ts";
import { perSchema } from "../per-schema.ts";
import type { Schema } from "../schema.ts";
import type { Run } from "./run.ts";

/** A memo: patterns are mostly literals, and reading one costs far more than matching. */
const opened = perSchema((): Map<string, Pattern> => new Map());
const MOST = 1000;

/** Throws a Fault for a pattern that is none: it may come from the data. */
export function matches(text: string, pattern: string, run: Run): boolean {
  run.spend(pattern.length); // known or not: what an evaluation may look at does not depend on those before it
  return patternOf(pattern, run.current.tree.plan.schema).matches(text);
}

function patternOf(source: string, schema: Schema): Pattern {
  const known = opened(schema);
  let pattern = known.get(source);
  if (pattern === undefined) {
    pattern = read(source);
    if (known.size >= MOST) known.clear();
    known.set(source, pattern);
  }
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
