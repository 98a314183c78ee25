/**
 * The adapter of yang-js: YANG text → plain statements with their places. Only its parse step is used, because its
 * compile step builds wrong schemas. The package is loaded when the first parser is opened: a gateway with a warm
 * schema cache never loads it.
 */
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
   * yang-js 0.24.63 checks substatements by a table that is narrower than RFC 7950 (32 of 842 published modules fail),
   * that it changes as it reads, and in time that grows with the square of their number. Here a statement only takes
   * its substatements in; check-grammar.ts knows what may stand where.
   */
  class Plain extends Yang {
    readonly inner: Plain[] = [];
    override get scope(): undefined {
      return undefined;
    }
    override merge(substatement: Plain): Plain {
      this.inner.push(substatement);
      return substatement;
    }
    override compile(): this {
      return this;
    }
    /** Nobody listens, and each change would be told up to the root. */
    override emit(): void {}
  }
  const parse = (text: string): Plain => Plain.parse(text, { compile: false });

  return (source, file) => {
    const { statements, text } = scan(source, file);
    let next = 0;
    /** Both passes went through the source in its order. */
    const convert = (parsed: Plain): Statement => {
      const scanned = statements[next++];
      if (scanned === undefined || parsed.tag !== (scanned.argument === undefined ? undefined : String(next))) {
        throw new BugError("yang.bug", { what: `the statements of ${file} do not add up` });
      }
      const { keyword, argument, line, column } = scanned;
      const children = parsed.inner.map(convert);
      return { keyword, argument, children, file, line, column };
    };
    const root = convert(parse(text));
    checkGrammar(root);
    return root;
  };
}
