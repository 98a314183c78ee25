/**
 * The grammar of filters, by recursive descent:
 *
 *     filter     = and *("or" and)
 *     and        = unary *("and" unary)
 *     unary      = "not" unary / "(" filter ")" / comparison
 *     comparison = field operator value / field ["not"] "in" "(" value *("," value) ")"
 *
 * Each refusal says at which character, and what could stand there. Pure.
 */
import type { UsageError } from "../../../base/index.ts";
import { nearest } from "../../../yang/parse/nearest.ts";
import {
  type Expression,
  type FieldKind,
  type FilterFields,
  type Literal,
  OPERATORS_OF,
  type Operator,
} from "./kinds.ts";
import { cut, type Token, tokensOf, wrong } from "./lexer.ts";
import { literalOf } from "./literal.ts";

const MAX_DEPTH = 32;
/** Values that are compared: what one node costs. */
const MAX_VALUES = 256;
const KEYWORDS = ["and", "or", "not", "in"] as const;
type Keyword = (typeof KEYWORDS)[number];
export const isKeyword = (text: string): boolean => (KEYWORDS as readonly string[]).includes(text);

/** Throws UsageError `campaign.filter`. */
export const parse = (source: string, fields: FilterFields): Expression => new Parser(source, fields).whole();

class Parser {
  readonly #source: string;
  readonly #fields: FilterFields;
  readonly #tokens: readonly Token[];
  #next = 0;
  #values = 0;

  constructor(source: string, fields: FilterFields) {
    this.#source = source;
    this.#fields = fields;
    this.#tokens = tokensOf(source);
  }

  whole(): Expression {
    const expression = this.#joined("or", 0);
    if (this.#token.type !== "end") throw this.#expected("'and', 'or' or the end", ["and", "or"]);
    return expression;
  }

  #joined(op: "and" | "or", depth: number): Expression {
    const part = (): Expression => (op === "or" ? this.#joined("and", depth) : this.#unary(depth));
    const parts = [part()];
    while (this.#takes(op)) parts.push(part());
    if (parts.length === 1) return parts[0]!;
    // `(a and b) and c` is `a and b and c`.
    return { op, parts: parts.flatMap((each) => (each.op === op ? each.parts : [each])) };
  }

  #unary(depth: number): Expression {
    const { at, type } = this.#token;
    if (depth > MAX_DEPTH) throw wrong(this.#source, at, `it is nested deeper than ${MAX_DEPTH}`);
    if (this.#takes("not")) return { op: "not", inner: this.#unary(depth + 1) };
    if (type !== "(") return this.#comparison();
    this.#next += 1;
    const inner = this.#joined("or", depth + 1);
    if (!this.#at(")")) throw this.#expected("'and', 'or' or ')'", ["and", "or"]);
    this.#next += 1;
    return inner;
  }

  #comparison(): Expression {
    const { field, kind } = this.#field();
    const negated = this.#takes("not");
    const op = negated ? this.#in() : this.#operator(field, kind);
    const values = op === "in" ? this.#list(field, kind) : [this.#value(field, kind, op)];
    const comparison: Expression = { op, field, kind, values };
    return negated ? { op: "not", inner: comparison } : comparison;
  }

  #field(): { readonly field: string; readonly kind: FieldKind } {
    const { type, text, at } = this.#token;
    const isName = type === "word" && !isKeyword(text);
    if (!isName && type !== "path") throw this.#expected("a field, 'not' or '('");
    const kind = isName ? this.#fields.names.get(text) : this.#fields.leaf(text);
    if (kind === undefined) throw wrong(this.#source, at, this.#unknown(text));
    if (typeof kind === "string") throw wrong(this.#source, at, kind);
    this.#next += 1;
    return { field: text, kind };
  }

  #unknown(name: string): string {
    const [leaf] = this.#fields.called(name);
    const hint = leaf === undefined ? nearest(name, this.#fields.names.keys()) : `, did you mean '${leaf}'?`;
    if (hint !== "") return `there is no field '${cut(name)}'${hint}`;
    return `there is no field '${cut(name)}'; fields are ${[...this.#fields.names.keys()].join(", ")}, and paths of leafs`;
  }

  #in(): Operator {
    if (!this.#takes("in")) throw this.#expected("'in'", ["in"]);
    return "in";
  }

  #operator(field: string, { type }: FieldKind): Operator {
    const fitting = OPERATORS_OF[type];
    const { text, at } = this.#token;
    if (this.#token.type !== "operator" && text !== "in") {
      throw this.#expected(`one of ${fitting.join(" ")} or 'not in' after ${field}`, ["in", "not"]);
    }
    const op = fitting.find((each) => each === text);
    if (op === undefined) {
      throw wrong(this.#source, at, `${field} is ${aKind(type)} and has no '${text}', but ${fitting.join(" ")}`);
    }
    this.#next += 1;
    return op;
  }

  #list(field: string, kind: FieldKind): readonly Literal[] {
    if (!this.#at("(")) throw this.#expected("'('");
    const values: Literal[] = [];
    do {
      this.#next += 1;
      values.push(this.#value(field, kind, "in"));
    } while (this.#at(","));
    if (!this.#at(")")) throw this.#expected("',' or ')'");
    this.#next += 1;
    return values;
  }

  #value(field: string, kind: FieldKind, op: Operator): Literal {
    const { type, text, at } = this.#token;
    if ((type !== "word" || isKeyword(text)) && type !== "text") throw this.#expected(`a value for ${field}`);
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw wrong(this.#source, at, `it has more than ${MAX_VALUES} values`);
    this.#next += 1;
    return literalOf(text, kind, op, (what) => wrong(this.#source, at, what));
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #at(type: Token["type"]): boolean {
    return this.#token.type === type;
  }

  #takes(keyword: Keyword): boolean {
    const { type, text } = this.#token;
    if (type !== "word" || text !== keyword) return false;
    this.#next += 1;
    return true;
  }

  #expected(what: string, words: readonly string[] = []): UsageError {
    const { type, text, at } = this.#token;
    if (type === "end") return wrong(this.#source, at, `it ends where ${what} is expected`);
    // In another case it is the same word to a person.
    const hint = type === "word" ? nearest(text.toLowerCase(), words) : "";
    return wrong(this.#source, at, `'${cut(text)}' stands where ${what} is expected${hint}`);
  }
}

const aKind = (type: FieldKind["type"]): string =>
  ({
    text: "a text",
    number: "a number",
    version: "a version",
    boolean: "true or false",
    words: "a word",
    any: "a value",
  })[type];
