/**
 * The adapter of yang-js: YANG text → plain statements with their places. Only its parse step is used, because its
 * compile step builds wrong schemas. The package is loaded when the first parser is opened: a gateway with a warm
 * schema cache never loads it.
 */
import type YangExpression from "yang-js";
import type { LexedStatement, ParseOptions } from "yang-js";
import { BugError } from "../../base/index.ts";
import { checkGrammar } from "./check-grammar.ts";
import { scan } from "./scan.ts";
import type { Statement } from "./statement.ts";

/** Throws UsageError `yang.parse` with file, line and column. */
export type ParseYang = (text: string, file: string) => Statement;

/** Loads yang-js and gives its parser. */
export async function openParser(): Promise<ParseYang> {
  const { default: Yang } = await import("yang-js");

  /**
   * yang-js 0.24.63 makes an object of each statement, checks its substatements by a table that is narrower than RFC 7950
   * (32 of 842 published modules fail) and that it changes as it reads, in time that grows with the square of their
   * number. It does so through `parse`, once per statement: here the statements below the outermost are taken as they
   * come from its lexer. check-grammar.ts knows what may stand where.
   */
  const read = (text: string): readonly LexedStatement[] => {
    const inner: LexedStatement[] = [];
    class Outermost extends Yang {
      override get scope(): undefined {
        return undefined;
      }
      static override parse(schema: string | LexedStatement, options?: ParseOptions): YangExpression | undefined {
        // biome-ignore lint/complexity/noThisInStatic: super keeps `this`, through which each statement comes back here.
        if (typeof schema === "string") return super.parse(schema, options);
        inner.push(schema);
        return undefined;
      }
    }
    Outermost.parse(text, { compile: false });
    return inner;
  };

  return (source, file) => {
    const { statements, text } = scan(source, file);
    let next = 0;
    /** Both passes went through the source in its order. */
    const convert = (inner: readonly LexedStatement[]): Statement => {
      const { keyword, argument, line, column } = statements[next++] ?? notInStep(file);
      const children = inner.map((each) => {
        const wanted = statements[next]?.argument === undefined ? false : String(next + 1);
        return each.arg === wanted ? convert(each.substmts) : notInStep(file);
      });
      return { keyword, argument, children, file, line, column };
    };
    const root = convert(read(text));
    checkGrammar(root);
    return root;
  };
}

const notInStep = (file: string): never => {
  throw new BugError("yang.bug", { what: `the statements of ${file} do not add up` });
};
