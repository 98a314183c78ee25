/** What we use of yang-js 0.24.63; its own typings cover little else than eval. */
declare module "yang-js" {
  /** How often a substatement may stand, e.g. `0..n`, by keyword. */
  export type Cardinalities = Record<string, "0..1" | "0..n" | "1" | "1..n" | "*">;

  /** A statement as the lexer below (yang-parser 0.2.1) hands it on. */
  export interface LexedStatement {
    readonly prf: string;
    readonly kw: string;
    readonly arg: string | false;
    readonly substmts: readonly LexedStatement[];
  }

  export default class Yang {
    /** The keywords of YANG 1.1. */
    static readonly extension: ReadonlyArray<{
      readonly tag: string;
      readonly source: { readonly scope: Cardinalities };
    }>;
    /** Calls itself through `this` for each substatement, in source order. */
    static parse(schema: string | LexedStatement, options?: { readonly compile?: boolean }): Yang;
    readonly kind: string;
    /** The raw argument. */
    readonly tag: string | undefined;
    readonly children: readonly Yang[];
  }
}
