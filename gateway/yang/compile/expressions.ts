/**
 * RFC 7950 §6.4, §7.5.3, §7.21.5, §9.9.2 — XPath expressions of the sources, read once: their syntax is checked, their
 * prefixes become module names.
 */
import type { Statement } from "../parse/statement.ts";
import { type Expression, parseXPath, XPathError } from "../xpath/parse.ts";
import { argument, refuse } from "./finding.ts";
import type { Placed } from "./scope.ts";
import { qualifyNames, qualifyPrefixes } from "./xpath-prefixes.ts";

export interface Expressions {
  /** The text of a `must` or `when`, as it stands in the schema. */
  textOf(placed: Placed): string;
  /** The text of a `path`; in a typedef names without prefix are those of the typedef's module. */
  pathOf(placed: Placed, inTypedef: boolean): string;
}

/** A reader that reads each statement once, however often a grouping is used. */
export function openExpressions(): Expressions {
  const known = new Map<Statement, string>();
  const remembered = (statement: Statement, read: () => string): string => {
    const before = known.get(statement);
    if (before !== undefined) return before;
    const text = read();
    readXPath(text, statement);
    known.set(statement, text);
    return text;
  };
  const qualified = ({ statement, scope }: Placed): string =>
    qualifyPrefixes(argument(statement), scope.unit, statement);
  return {
    textOf: (placed) => remembered(placed.statement, () => qualified(placed)),
    pathOf: (placed, inTypedef) =>
      remembered(placed.statement, () => {
        const text = qualified(placed);
        return inTypedef ? qualifyNames(text, placed.scope.unit.module.name) : text;
      }),
  };
}

/** The expression, or UsageError `yang.compile` that blames `at`. */
export function readXPath(text: string, at: Statement): Expression {
  try {
    return parseXPath(text);
  } catch (error) {
    if (!(error instanceof XPathError)) throw error;
    const near = text.slice(error.at, error.at + 20);
    return refuse(at, `this is no XPath expression: ${error.what}${near === "" ? "" : ` (at '${near}')`}`);
  }
}
