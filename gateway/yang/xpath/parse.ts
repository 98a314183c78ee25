/** XPath 1.0 §2 and §3 — text → expression. Arities and types are checked here, so that evaluation cannot fail on them. */
import {
  type Axis,
  type Comparator,
  type Expression,
  equalitiesOf,
  hoisted,
  isPositional,
  type NodeTest,
  type Operator,
  type Step,
  typeOf,
} from "./expression.ts";
import { type Token, type TokenKind, tokenize, XPathError } from "./lexer.ts";
import { isFunction, signatureOf } from "./signatures.ts";

export type { Expression } from "./expression.ts";
export { XPathError } from "./lexer.ts";

/** How deep parentheses, predicates, arguments and rows of signs may nest: evaluation recurses as deep. */
export const MAX_DEPTH = 100;

const AXES: ReadonlySet<string> = new Set<Axis>([
  "child",
  "parent",
  "self",
  "ancestor",
  "ancestor-or-self",
  "descendant",
  "descendant-or-self",
  "following-sibling",
  "preceding-sibling",
  "following",
  "preceding",
  "attribute",
  "namespace",
]);
const isAxis = (word: string): word is Axis => AXES.has(word);

const EQUALITY: ReadonlySet<string> = new Set<Comparator>(["=", "!="]);
const RELATION: ReadonlySet<string> = new Set<Comparator>(["<", "<=", ">", ">="]);
const ADDITION: ReadonlySet<string> = new Set<Operator>(["+", "-"]);
const MULTIPLICATION: ReadonlySet<string> = new Set<Operator>(["*", "div", "mod"]);

/** The nodes of `//` (§2.5), whose next step then looks at their children. */
const ANYWHERE: Step = { axis: "descendant-or-self", test: { kind: "node" }, predicates: [], equalities: [] };

/** Throws XPathError. */
export function parseXPath(text: string): Expression {
  const parser = new Parser(tokenize(text));
  const expression = parser.expression();
  parser.finish();
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** §3.4 [14] Expr. */
  expression(): Expression {
    this.#deeper();
    const expression = this.#row("or", () => this.#row("and", () => this.#equality()));
    this.#depth -= 1;
    return expression;
  }

  finish(): void {
    if (this.#token.kind !== "end") throw this.#unexpected("the end");
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #unexpected(wanted: string): XPathError {
    const { kind, text, at } = this.#token;
    return new XPathError(at, `expected ${wanted}, not ${kind === "end" ? "the end" : `'${text}'`}`);
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new XPathError(this.#token.at, `nested deeper than ${MAX_DEPTH}`);
  }

  #isAt(kind: TokenKind, text: string): boolean {
    return this.#token.kind === kind && this.#token.text === text;
  }

  #takes(kind: TokenKind, text: string): boolean {
    const taken = this.#isAt(kind, text);
    if (taken) this.#next += 1;
    return taken;
  }

  #expect(text: string): void {
    if (!this.#takes("symbol", text)) throw this.#unexpected(`'${text}'`);
  }

  #takeOperator(operators: ReadonlySet<string>): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== "operator" || !operators.has(text)) return undefined;
    this.#next += 1;
    return text;
  }

  /** [21] OrExpr, [22] AndExpr: operands of one sign, in one row however many there are. */
  #row(sign: "or" | "and", operand: () => Expression): Expression {
    const operands = [operand()];
    while (this.#takes("operator", sign)) operands.push(operand());
    return operands.length === 1 ? operands[0]! : { kind: sign, operands };
  }

  /** [23] EqualityExpr. */
  #equality(): Expression {
    return this.#chain(
      EQUALITY,
      () => this.#relation(),
      (operator, left, right) => ({ kind: "comparison", operator: operator as Comparator, left, right }),
    );
  }

  /** [24] RelationalExpr. */
  #relation(): Expression {
    return this.#chain(
      RELATION,
      () => this.#sum(),
      (operator, left, right) => ({ kind: "comparison", operator: operator as Comparator, left, right }),
    );
  }

  /** [25] AdditiveExpr. */
  #sum(): Expression {
    return this.#chain(ADDITION, () => this.#product(), arithmetic);
  }

  /** [26] MultiplicativeExpr. */
  #product(): Expression {
    return this.#chain(MULTIPLICATION, () => this.#signed(), arithmetic);
  }

  /** Signs of one level, from the left. */
  #chain(
    operators: ReadonlySet<string>,
    operand: () => Expression,
    join: (operator: string, left: Expression, right: Expression) => Expression,
  ): Expression {
    const depth = this.#depth;
    let expression = operand();
    for (let sign = this.#takeOperator(operators); sign !== undefined; sign = this.#takeOperator(operators)) {
      this.#deeper();
      expression = join(sign, expression, operand());
    }
    this.#depth = depth;
    return expression;
  }

  /** [27] UnaryExpr. */
  #signed(): Expression {
    if (!this.#takes("operator", "-")) return this.#union();
    this.#deeper();
    const operand = this.#signed();
    this.#depth -= 1;
    return { kind: "negation", operand };
  }

  /** [18] UnionExpr. */
  #union(): Expression {
    const { at } = this.#token;
    const operands = [this.#path()];
    while (this.#takes("operator", "|")) operands.push(this.#path());
    if (operands.length === 1) return operands[0]!;
    for (const operand of operands) wantNodes(operand, at, "'|' joins");
    return { kind: "union", operands };
  }

  /** [19] PathExpr. */
  #path(): Expression {
    const { kind, at } = this.#token;
    if (this.#takes("operator", "/")) {
      return { kind: "path", from: "root", steps: this.#startsStep() ? this.#steps([]) : [] };
    }
    if (this.#takes("operator", "//")) return { kind: "path", from: "root", steps: this.#steps([ANYWHERE]) };
    if (kind !== "literal" && kind !== "number" && kind !== "function" && !this.#isAt("symbol", "(")) {
      return { kind: "path", from: "context", steps: this.#steps([]) };
    }
    const from = this.#filter();
    const slash = this.#takes("operator", "/");
    const anywhere = !slash && this.#takes("operator", "//");
    if (!slash && !anywhere) return from;
    wantNodes(from, at, "a path starts at");
    return { kind: "path", from, steps: this.#steps(anywhere ? [ANYWHERE] : []) };
  }

  /** [20] FilterExpr. */
  #filter(): Expression {
    const { at } = this.#token;
    const of = this.#primary();
    const predicates = this.#predicates();
    if (predicates.length === 0) return of;
    wantNodes(of, at, "a predicate chooses from");
    return { kind: "filter", of, predicates };
  }

  /** [15] PrimaryExpr. */
  #primary(): Expression {
    const { kind, text } = this.#token;
    if (kind === "function") return this.#call();
    this.#next += 1;
    if (kind === "literal") return { kind, value: text };
    if (kind === "number") return { kind, value: Number(text) };
    const inner = this.expression();
    this.#expect(")");
    return inner;
  }

  /** [16] FunctionCall. */
  #call(): Expression {
    const { text: name, at } = this.#token;
    if (!isFunction(name)) throw new XPathError(at, `there is no function '${name}'`);
    this.#next += 1;
    this.#expect("(");
    const args: Expression[] = [];
    if (!this.#takes("symbol", ")")) {
      do args.push(this.expression());
      while (this.#takes("symbol", ","));
      this.#expect(")");
    }
    const { takes, optional = 0, variadic } = signatureOf(name);
    if (args.length < takes.length - optional || (args.length > takes.length && variadic === undefined)) {
      const least = takes.length - optional;
      const most = variadic === undefined ? (optional === 0 ? "" : `..${takes.length}`) : " or more";
      throw new XPathError(at, `${name}() takes ${least}${most} arguments, not ${args.length}`);
    }
    for (const [index, arg] of args.entries()) if (takes[index] === "nodes") wantNodes(arg, at, `${name}() takes`);
    return { kind: "call", name, args };
  }

  #startsStep(): boolean {
    const { kind, text } = this.#token;
    if (kind === "symbol") return text === "." || text === ".." || text === "@";
    return kind === "name" || kind === "wildcard" || kind === "axis" || kind === "node type";
  }

  /** [3] RelativeLocationPath, behind the steps that are there already. */
  #steps(steps: Step[]): readonly Step[] {
    for (;;) {
      const step = this.#step();
      // The same nodes, without a stop at each on the way: nothing in the predicates counts.
      const direct = steps.at(-1) === ANYWHERE && step.axis === "child" && !step.predicates.some(isPositional);
      if (direct) steps.splice(-1, 1, { ...step, axis: "descendant" });
      else steps.push(step);
      if (this.#takes("operator", "//")) steps.push(ANYWHERE);
      else if (!this.#takes("operator", "/")) return steps;
    }
  }

  /** [4] Step; the short forms take no predicates (§2.5). */
  #step(): Step {
    if (this.#takes("symbol", ".")) return { axis: "self", test: { kind: "node" }, predicates: [], equalities: [] };
    if (this.#takes("symbol", "..")) return { axis: "parent", test: { kind: "node" }, predicates: [], equalities: [] };
    const axis = this.#axis();
    const test = this.#nodeTest();
    const predicates = this.#predicates();
    return { axis, test, predicates, equalities: equalitiesOf(predicates) };
  }

  /** [5] AxisSpecifier. */
  #axis(): Axis {
    if (this.#takes("symbol", "@")) return "attribute";
    const { kind, text, at } = this.#token;
    if (kind !== "axis") return "child";
    if (!isAxis(text)) throw new XPathError(at, `there is no axis '${text}'`);
    this.#next += 1;
    this.#expect("::");
    return text;
  }

  /** [7] NodeTest. */
  #nodeTest(): NodeTest {
    const { kind, text } = this.#token;
    if (kind !== "name" && kind !== "wildcard" && kind !== "node type") throw this.#unexpected("a step");
    this.#next += 1;
    if (kind === "node type") {
      this.#expect("(");
      if (text === "processing-instruction" && this.#token.kind === "literal") this.#next += 1;
      this.#expect(")");
      return { kind: text === "node" || text === "text" ? text : "none" };
    }
    const colon = text.indexOf(":");
    const module = colon < 0 ? undefined : text.slice(0, colon);
    return kind === "wildcard" ? { kind: "any", module } : { kind: "name", module, name: text.slice(colon + 1) };
  }

  /** [8] Predicate. */
  #predicates(): readonly Expression[] {
    const predicates: Expression[] = [];
    while (this.#takes("symbol", "[")) {
      predicates.push(hoisted(this.expression()));
      this.#expect("]");
    }
    return predicates;
  }
}

const arithmetic = (operator: string, left: Expression, right: Expression): Expression => ({
  kind: "arithmetic",
  operator: operator as Operator,
  left,
  right,
});

function wantNodes(expression: Expression, at: number, who: string): void {
  if (typeOf(expression) !== "nodes") throw new XPathError(at, `${who} nodes, not a ${typeOf(expression)}`);
}
