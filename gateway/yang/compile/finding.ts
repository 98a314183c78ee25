/** What the compiler finds wrong in a source, said with file, line, column and statement. */
import { UsageError } from "../../base/index.ts";
import type { Statement } from "../parse/statement.ts";

/** Throws UsageError `yang.compile`. */
export function refuse(at: Statement, what: string): never {
  throw new UsageError("yang.compile", {
    file: at.file,
    line: at.line,
    column: at.column,
    statement: at.argument === undefined ? at.keyword : `${at.keyword} ${at.argument}`,
    what,
  });
}

/** The argument, which the grammar of RFC 7950 §14 makes mandatory for this statement. */
export const argument = (statement: Statement): string =>
  statement.argument ?? refuse(statement, "an argument is missing");
