/**
 * The adapter of yang-js: YANG text → plain statements with their places. Only its parse step is used, because its
 * compile step builds wrong schemas. The package is loaded when the first parser is opened: a gateway with a warm
 * schema cache never loads it.
 */
import type YangExpression from "yang-js";
import type { LexedStatement } from "yang-js";
import { BugError, UsageError } from "../../base/index.ts";
import { CARDINALITY_PATCH } from "./cardinality-patch.ts";
import { nearest } from "./nearest.ts";
import { scan } from "./scan.ts";
import type { Position, Statement } from "./statement.ts";

/** Throws UsageError `yang.parse` with file, line and column. */
export type ParseYang = (text: string, file: string) => Statement;

/** Loads yang-js and gives its parser. */
export async function openParser(): Promise<ParseYang> {
  const { default: Yang } = await import("yang-js");
  for (const [keyword, cardinalities] of Object.entries(CARDINALITY_PATCH)) {
    const extension = Yang.extension.find((each) => each.tag === keyword);
    if (extension) Object.assign(extension.source.scope, cardinalities);
  }
  const keywords: ReadonlySet<string> = new Set(Yang.extension.map((each) => each.tag));

  return (source, file) => {
    const { positions, text, title: rootTitle } = scan(source, file);
    const first = positions[0] ?? { line: 1, column: 1 };
    const places = new WeakMap<object, Position>();
    const top: LexedStatement[] = [];
    let next = 1;
    let depth = 0;

    const fail = (place: Position, what: string): never => {
      throw new UsageError("yang.parse", { file, line: place.line, column: place.column, what });
    };

    const located = (error: unknown, title: string, inside: readonly LexedStatement[], place: Position): never => {
      if (error instanceof UsageError) throw error;
      const finding = explainYangJs(error, title, inside);
      return fail((finding.guilty && places.get(finding.guilty)) ?? place, finding.what);
    };

    /** `parse` calls itself through `this`, once per substatement in source order: here each one meets its place. */
    class Located extends Yang {
      static override parse(schema: string | LexedStatement, options?: { readonly compile?: boolean }): YangExpression {
        // biome-ignore lint/complexity/noThisInStatic: super keeps `this`, through which the recursion comes back here.
        if (typeof schema === "string") return super.parse(schema, options);
        if (depth === 0) top.push(schema);
        const place = positions[next++] ?? first;
        places.set(schema, place);
        if (!schema.prf && !keywords.has(schema.kw)) {
          fail(place, `there is no statement '${schema.kw}'${nearest(schema.kw, keywords)}`);
        }
        depth += 1;
        try {
          // biome-ignore lint/complexity/noThisInStatic: as above.
          const parsed = super.parse(schema, options);
          places.set(parsed, place);
          return parsed;
        } catch (error) {
          return located(error, title(schema), schema.substmts, place);
        } finally {
          depth -= 1;
        }
      }
    }

    const convert = (parsed: YangExpression): Statement => {
      const { line, column } = places.get(parsed) ?? first;
      // yang-js compiles `extension` at once and loses its children; nobody needs them.
      const children = parsed.kind === "extension" ? [] : parsed.children.map(convert);
      return { keyword: parsed.kind, argument: parsed.tag, children, file, line, column };
    };

    const parseRoot = (): YangExpression => {
      try {
        return Located.parse(text, { compile: false });
      } catch (error) {
        return located(error, rootTitle, top, first);
      }
    };

    const root = parseRoot();
    places.set(root, first);
    if (root.kind !== "module" && root.kind !== "submodule") {
      fail(first, `a file holds a module or submodule, not '${root.kind}'`);
    }
    if (next !== positions.length) throw new BugError("yang.bug", { what: `the statements of ${file} do not add up` });
    return convert(root);
  };
}

const title = (statement: LexedStatement): string =>
  statement.arg === false ? statement.kw : `${statement.kw} ${statement.arg}`;

interface Finding {
  readonly what: string;
  readonly guilty?: LexedStatement | undefined;
}

/** The four complaints of yang-js 0.24.63 in plain words; the guilty statement is the last of its kind. */
function explainYangJs(error: unknown, title: string, inside: readonly LexedStatement[]): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const last = (keyword: string, argument?: string) =>
    inside.findLast(
      (each) =>
        (each.prf ? `${each.prf}:${each.kw}` : each.kw) === keyword &&
        (argument === undefined || each.arg === argument),
    );
  const needed = /constraint violation for required '([^']+)'/.exec(message)?.[1];
  if (needed) return { what: `'${title}' needs a '${needed}' statement` };
  const [, kind, key] = /constraint violation for '(\S+) ([\s\S]+)' - /.exec(message) ?? [];
  if (kind && key) {
    // At the top of a module yang-js puts the prefix before the name.
    const name = last(kind, key) ? key : key.slice(key.indexOf(":") + 1);
    return { what: `'${title}' has '${kind} ${name}' twice`, guilty: last(kind, name) };
  }
  const repeated = /constraint violation for '([^']+)'/.exec(message)?.[1];
  if (repeated) return { what: `'${title}' has more than one '${repeated}'`, guilty: last(repeated) };
  const misplaced = /invalid '([^']+)' extension/.exec(message)?.[1];
  if (misplaced) return { what: `'${misplaced}' cannot stand inside '${title}'`, guilty: last(misplaced) };
  return { what: message.replace(/^\[[^\]]*\] /, "") };
}
