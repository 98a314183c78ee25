/** A filter that was understood: what it matches, and how it is written in its normal form. Pure. */
import type { FilterFields, Subject } from "./kinds.ts";
import { matches } from "./match.ts";
import { parse } from "./parse.ts";
import { print } from "./print.ts";

export interface Filter {
  /** The normal form. */
  readonly text: string;
  matches(subject: Subject): boolean;
}

/** Throws UsageError `campaign.filter` with the character, counted from 1, at which it goes wrong. */
export function parseFilter(text: string, fields: FilterFields): Filter {
  const expression = parse(text, fields);
  return { text: print(expression), matches: (subject) => matches(expression, subject) };
}
