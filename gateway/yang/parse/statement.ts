/** RFC 7950 §6.3: a YANG statement as plain data, with the place it was read from, and the questions asked of it. */

export interface Position {
  /** Both count from 1; a tab is one column. */
  readonly line: number;
  readonly column: number;
}

export interface Statement extends Position {
  /** `leaf`, or `prefix:keyword` for an extension. */
  readonly keyword: string;
  readonly argument: string | undefined;
  readonly children: readonly Statement[];
  /** The name of the file, for errors; groupings carry statements into other modules. */
  readonly file: string;
}

/** The first substatement with this keyword. */
export const child = (statement: Statement, keyword: string): Statement | undefined =>
  statement.children.find((each) => each.keyword === keyword);

/** All substatements with this keyword, in source order. */
export const childrenOf = (statement: Statement, keyword: string): readonly Statement[] =>
  statement.children.filter((each) => each.keyword === keyword);

/** The argument of the first substatement with this keyword. */
export const argumentOf = (statement: Statement, keyword: string): string | undefined =>
  child(statement, keyword)?.argument;
