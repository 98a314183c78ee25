/** RFC 7950 §14 — what the argument of a statement must look like, by its kind in the grammar. */
import { brief } from "./brief.ts";
import type { ArgumentKind } from "./grammar.ts";

const NAME = "[A-Za-z_][A-Za-z0-9_.-]*";
const NODE = `(?:${NAME}:)?${NAME}`;
const INTEGER = "(?:0|[1-9][0-9]*)";

interface Shape {
  readonly form: RegExp;
  /** Ends the sentence "the argument must be ...". */
  readonly what: string;
}

/** Expressions (`if-feature`, `must`, `path`, ranges) are read where they are compiled. */
const SHAPES: Readonly<Partial<Record<ArgumentKind, Shape>>> = {
  identifier: {
    form: new RegExp(`^${NAME}$`),
    what: "a name: letters, digits, '_', '-' and '.', beginning with a letter or '_'",
  },
  reference: { form: new RegExp(`^${NODE}$`), what: "a name, with or without a prefix" },
  date: { form: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, what: "a date such as 2026-11-21" },
  boolean: { form: /^(?:true|false)$/, what: "true or false" },
  version: { form: /^1(?:\.1)?$/, what: "1 or 1.1" },
  integer: { form: new RegExp(`^-?${INTEGER}$`), what: "a whole number" },
  count: { form: new RegExp(`^${INTEGER}$`), what: "0 or a positive whole number" },
  limit: { form: /^(?:unbounded|[1-9][0-9]*)$/, what: "a positive whole number or 'unbounded'" },
  status: { form: /^(?:current|deprecated|obsolete)$/, what: "current, deprecated or obsolete" },
  order: { form: /^(?:user|system)$/, what: "user or system" },
  deviate: { form: /^(?:not-supported|add|replace|delete)$/, what: "not-supported, add, replace or delete" },
  modifier: { form: /^invert-match$/, what: "invert-match" },
  digits: { form: /^(?:[1-9]|1[0-8])$/, what: "a whole number from 1 to 18" },
  names: {
    form: new RegExp(`^\\s*${NODE}(?:/${NODE})*(?:\\s+${NODE}(?:/${NODE})*)*\\s*$`),
    what: "names with blanks between them",
  },
  absolute: { form: new RegExp(`^\\s*(?:/${NODE})+\\s*$`), what: "a path of names that begins with '/'" },
  descendant: {
    form: new RegExp(`^\\s*${NODE}(?:/${NODE})*\\s*$`),
    what: "a path of names that does not begin with '/'",
  },
};

/** RFC 6020 §6.2; YANG 1.1 lifted it. */
const XML = /^xml/i;

/** What is wrong with an argument, as the end of a sentence about the statement; undefined when it fits. */
export function wrongArgument(kind: ArgumentKind, argument: string | undefined, old: boolean): string | undefined {
  if (kind === "none") return argument === undefined ? undefined : "takes no argument";
  if (argument === undefined) return "needs an argument";
  const shape = SHAPES[kind];
  if (shape && !shape.form.test(argument)) return `has the argument '${brief(argument)}', which must be ${shape.what}`;
  if (kind === "identifier" && old && XML.test(argument)) {
    return `has the name '${brief(argument)}', but in YANG 1 no name begins with 'xml'`;
  }
  return undefined;
}
