/** What the compiler finds wrong in a source, said with file, line, column and statement. */
import { UsageError } from "../../base/index.ts";
import { brief, withBriefQuotes } from "../parse/brief.ts";
import type { Statement } from "../parse/statement.ts";

/** Throws UsageError `yang.compile`. */
export function refuse(at: Statement, what: string): never {
  const argument = at.argument?.replace(/\s+/g, " ");
  throw new UsageError("yang.compile", {
    file: at.file,
    line: at.line,
    column: at.column,
    statement: argument === undefined ? at.keyword : `${at.keyword} ${brief(argument)}`,
    what: withBriefQuotes(what),
  });
}

/** The argument, which the grammar of RFC 7950 §14 makes mandatory for this statement. */
export const argument = (statement: Statement): string =>
  statement.argument ?? refuse(statement, "an argument is missing");

/** Where a statement stands, to be named in the finding about another one. */
export const placeOf = ({ file, line }: Statement): string => `${file}:${line}`;

/** `an action`, `a leaf`. */
export const withArticle = (noun: string): string => `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
