/** What we use of yang-js 0.24.63; its own typings cover little else than eval. */
declare module "yang-js" {
  /** A statement as the lexer below (yang-parser 0.2.1) hands it on. */
  export interface LexedStatement {
    /** The argument; false when there is none. */
    readonly arg: string | false;
    readonly substmts: readonly LexedStatement[];
  }

  export interface ParseOptions {
    /** By default the schema is compiled too. */
    readonly compile?: boolean;
  }

  export default class Yang {
    /** Calls itself through `this` for each substatement, in source order, and keeps what is no undefined. */
    static parse(schema: string | LexedStatement, options?: ParseOptions): Yang | undefined;
    /** Which substatements may stand here, and how often. */
    get scope(): Readonly<Record<string, string>> | undefined;
  }
}
