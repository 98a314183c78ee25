/** RFC 7950 §14, §12 — does every statement stand where it may, as often as it may, with an argument of the right form? */
import { UsageError } from "../../base/index.ts";
import { wrongArgument } from "./arguments.ts";
import { BODY_SECTION, EXTENSION_GRAMMAR, GRAMMAR, SECTIONS, type StatementRule } from "./grammar.ts";
import { nearest } from "./nearest.ts";
import { titleOf } from "./scan.ts";
import { argumentOf, child, childrenOf, type Statement } from "./statement.ts";

/** Throws UsageError `yang.parse` at the first statement that is wrong. */
export function checkGrammar(root: Statement): void {
  if (root.keyword !== "module" && root.keyword !== "submodule") {
    fail(root, `a file holds a module or submodule, not '${root.keyword}'`);
  }
  const context = { old: argumentOf(root, "yang-version") !== "1.1", extensions: extensionsOf(root) };
  checkStatement(root, GRAMMAR.get(root.keyword), context);
  checkSections(root);
}

interface Context {
  /** YANG 1, which is what a module without yang-version is written in. */
  readonly old: boolean;
  /** Modules by their prefix, for extensions that hold data definitions. */
  readonly extensions: ReadonlyMap<string, string>;
}

/** A missing prefix is the compiler's finding. */
const extensionsOf = (root: Statement): ReadonlyMap<string, string> =>
  new Map(
    childrenOf(root, "import").flatMap((each): [string, string][] => {
      const prefix = argumentOf(each, "prefix");
      return prefix === undefined || each.argument === undefined ? [] : [[prefix, each.argument]];
    }),
  );

function checkStatement(statement: Statement, rule: StatementRule | undefined, context: Context): void {
  const { keyword, argument, children } = statement;
  if (!rule) {
    fail(statement, `there is no statement '${keyword}'${nearest(keyword, GRAMMAR.keys())}`);
    return;
  }
  const wrong = wrongArgument(rule.argument, argument, context.old);
  if (wrong) fail(statement, `'${keyword}' ${wrong}`);
  const seen = new Set<string>();
  for (const each of children) {
    if (each.keyword.includes(":")) {
      checkExtension(each, context);
      continue;
    }
    checkPlace(each, statement, rule, context, seen.has(each.keyword));
    seen.add(each.keyword);
    checkStatement(each, GRAMMAR.get(each.keyword), context);
  }
  for (const [needed, { cardinality }] of rule.allowed) {
    if (cardinality === "1" && !seen.has(needed)) {
      fail(statement, `'${titleOf(keyword, argument)}' needs a '${needed}' statement`);
    }
  }
}

function checkPlace(each: Statement, parent: Statement, rule: StatementRule, context: Context, again: boolean): void {
  const { keyword } = each;
  if (!GRAMMAR.has(keyword)) fail(each, `there is no statement '${keyword}'${nearest(keyword, GRAMMAR.keys())}`);
  const allowed = rule.allowed.get(keyword);
  const inside = titleOf(parent.keyword, parent.argument);
  if (!allowed) {
    fail(each, `'${keyword}' cannot stand inside '${inside}'`);
    return;
  }
  const cardinality = context.old ? allowed.old : allowed.cardinality;
  if (cardinality === undefined) {
    fail(each, `'${keyword}' can stand inside '${inside}' only in a module with 'yang-version 1.1;'`);
  }
  if (again && cardinality !== "*") {
    const only = allowed.cardinality === "*" ? "; only YANG 1.1 allows several" : "";
    fail(each, `'${inside}' has more than one '${keyword}'${only}`);
  }
}

/** RFC 7950 §6.3.1: what stands in an extension is its own affair, but for the few that hold data definitions. */
function checkExtension(statement: Statement, context: Context): void {
  const [prefix = "", keyword = ""] = statement.keyword.split(":");
  const rule = EXTENSION_GRAMMAR.get(`${context.extensions.get(prefix)}:${keyword}`);
  if (rule) checkStatement(statement, rule, context);
}

/** RFC 7950 §7.1: header, linkage, meta information, revisions, body. */
function checkSections(root: Statement): void {
  let before = root;
  let reached = 0;
  for (const each of root.children) {
    if (each.keyword.includes(":")) continue;
    const section = SECTIONS.get(each.keyword) ?? BODY_SECTION;
    if (section < reached) fail(each, `'${each.keyword}' must stand before '${before.keyword}'`);
    if (section > reached) before = each;
    reached = Math.max(reached, section);
  }
  const belongs = child(root, "belongs-to");
  if (root.keyword === "submodule" && belongs?.argument === root.argument) {
    fail(belongs ?? root, "a submodule cannot have the name of its module");
  }
}

function fail(at: Statement, what: string): void {
  throw new UsageError("yang.parse", { file: at.file, line: at.line, column: at.column, what });
}
