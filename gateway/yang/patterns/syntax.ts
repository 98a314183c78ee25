/** XML Schema part 2 appendix F: the text of a regular expression → its syntax tree. */
import { UsageError } from "../../base/index.ts";
import { anyOf, type CharSet, not, ofRanges, type Range, single, without } from "./char-set.ts";
import { categoryOrBlock, multiCharEscape, singleCharEscape, wildcard } from "./escapes.ts";

export type Expression =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Expression[] }
  /** `max` undefined: without end. */
  | { readonly kind: "repeat"; readonly part: Expression; readonly min: number; readonly max: number | undefined };

/** Parentheses and subtractions inside one another. */
const DEPTH = 100;
const SHOWN = 200;
/** Outside of a class these never stand for themselves. */
const META = /[?*+{)|\]]/;

export function parsePattern(source: string): Expression {
  const scanner = new Scanner(source);
  const expression = readChoice(scanner, 0);
  if (scanner.takeIf(")")) throw scanner.fault("')' closes nothing");
  return expression;
}

/** Of a pattern as long as a page only the beginning is shown. */
export function patternFault(source: string, what: string): UsageError {
  const pattern = source.length > SHOWN ? `${source.slice(0, SHOWN)}...` : source;
  return new UsageError("yang.pattern", { pattern, what });
}

class Scanner {
  readonly #source: string;
  #at = 0;
  /** Where what was taken last began. */
  #last = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  /** The next character: a whole code point. */
  get next(): string | undefined {
    const point = this.#source.codePointAt(this.#at);
    return point === undefined ? undefined : String.fromCodePoint(point);
  }

  take(): string {
    const char = this.next;
    this.#last = this.#at;
    if (char === undefined) throw this.fault("it ends too early");
    this.#at += char.length;
    return char;
  }

  takeIf(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#last = this.#at;
    this.#at += text.length;
    return true;
  }

  /** Takes what the sticky `regexp` finds here. */
  match(regexp: RegExp): RegExpExecArray | undefined {
    regexp.lastIndex = this.#at;
    const found = regexp.exec(this.#source);
    if (found === null) return undefined;
    this.#last = this.#at;
    this.#at = regexp.lastIndex;
    return found;
  }

  /** About what was taken last. */
  fault(what: string): UsageError {
    return patternFault(this.#source, `${what}, at character ${this.#last + 1}`);
  }
}

/** regExp ::= branch ( '|' branch )* */
function readChoice(scanner: Scanner, depth: number): Expression {
  if (depth > DEPTH) throw scanner.fault(`more than ${DEPTH} parentheses inside one another`);
  const parts = [readSequence(scanner, depth)];
  while (scanner.takeIf("|")) parts.push(readSequence(scanner, depth));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const sets = parts.flatMap((part) => (part.kind === "set" ? [part.set] : []));
  return sets.length === parts.length ? { kind: "set", set: anyOf(sets) } : { kind: "choice", parts };
}

/** branch ::= piece* */
function readSequence(scanner: Scanner, depth: number): Expression {
  const parts: Expression[] = [];
  while (!scanner.done && scanner.next !== "|" && scanner.next !== ")") {
    const part = readAtom(scanner, depth);
    parts.push(readQuantifier(scanner, part));
  }
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind: "sequence", parts };
}

/** atom ::= Char | charClass | ( '(' regExp ')' ). `^` and `$` are characters like others. */
function readAtom(scanner: Scanner, depth: number): Expression {
  const char = scanner.take();
  if (char === "(") {
    const inner = readChoice(scanner, depth + 1);
    if (!scanner.takeIf(")")) throw scanner.fault("a parenthesis is not closed");
    return inner;
  }
  if (char === "[") return { kind: "set", set: readClass(scanner, depth) };
  if (char === ".") return { kind: "set", set: wildcard() };
  if (char === "\\") return { kind: "set", set: setOf(readEscape(scanner)) };
  if (META.test(char)) throw scanner.fault(`'${char}' without a backslash`);
  return { kind: "set", set: single(pointOf(char)) };
}

/** quantifier ::= [?*+] | ( '{' quantity '}' ) */
function readQuantifier(scanner: Scanner, part: Expression): Expression {
  if (scanner.takeIf("?")) return { kind: "repeat", part, min: 0, max: 1 };
  if (scanner.takeIf("*")) return { kind: "repeat", part, min: 0, max: undefined };
  if (scanner.takeIf("+")) return { kind: "repeat", part, min: 1, max: undefined };
  const quantity = scanner.match(/\{(?:(\d+)(,(\d*))?\})?/y);
  if (quantity === undefined) return part;
  if (quantity[1] === undefined) throw scanner.fault("'{' is not followed by a quantity and '}'");
  const [, low, range, high] = quantity;
  const min = Number(low);
  const max = range === undefined ? min : high === "" ? undefined : Number(high);
  if (max !== undefined && min > max) throw scanner.fault(`a quantity from ${min} to ${max}`);
  return { kind: "repeat", part, min, max };
}

/** An escape stands for one character, whose code point this is, or for many. */
function readEscape(scanner: Scanner): number | CharSet {
  const char = scanner.take();
  if (char === "p" || char === "P") return readProperty(scanner, char);
  const one = singleCharEscape(char);
  if (one !== undefined) return pointOf(one);
  const many = multiCharEscape(char);
  if (many === undefined) throw scanner.fault(`'\\${char}' is no escape`);
  return many;
}

function readProperty(scanner: Scanner, letter: "p" | "P"): CharSet {
  const name = scanner.match(/\{([A-Za-z0-9-]+)\}/y)?.[1];
  if (name === undefined) throw scanner.fault(`'\\${letter}' without a name in braces`);
  const set = categoryOrBlock(name);
  if (set === undefined) throw scanner.fault(`'${name}' is no category and no block of Unicode`);
  return letter === "p" ? set : not(set);
}

/**
 * charClassExpr ::= '[' charGroup ']', after its `[`. A hyphen where no range can be meant is a hyphen, also in the
 * middle: `[\w-.]`. What stands after a subtraction's `-` is a class: [a-z-[aeiou]].
 */
function readClass(scanner: Scanner, depth: number): CharSet {
  if (depth > DEPTH) throw scanner.fault(`more than ${DEPTH} classes inside one another`);
  const negated = scanner.takeIf("^");
  const ranges: Range[] = [];
  const sets: CharSet[] = [];
  while (!scanner.takeIf("]")) {
    if (ranges.length + sets.length > 0 && scanner.takeIf("-[")) {
      const removed = readClass(scanner, depth + 1);
      if (!scanner.takeIf("]")) throw scanner.fault("text after a class subtraction");
      return without(group(ranges, sets, negated), removed);
    }
    const first = readMember(scanner);
    if (typeof first !== "number") sets.push(first);
    else ranges.push([first, readRangeEnd(scanner, first)]);
  }
  if (ranges.length + sets.length === 0) throw scanner.fault("an empty class");
  return group(ranges, sets, negated);
}

function readMember(scanner: Scanner): number | CharSet {
  const char = scanner.take();
  if (char === "[") throw scanner.fault("'[' without a backslash in a class");
  return char === "\\" ? readEscape(scanner) : pointOf(char);
}

/** seRange ::= charOrEsc '-' charOrEsc; a character alone is a range of one. */
function readRangeEnd(scanner: Scanner, first: number): number {
  if (scanner.match(/-(?![-[\]])/y) === undefined) return first;
  const last = readMember(scanner);
  if (typeof last !== "number") throw scanner.fault("a range that ends with many characters");
  if (last < first) throw scanner.fault("a range that ends before it begins");
  return last;
}

function group(ranges: readonly Range[], sets: readonly CharSet[], negated: boolean): CharSet {
  const set = anyOf([...(ranges.length === 0 ? [] : [ofRanges(ranges)]), ...sets]);
  return negated ? not(set) : set;
}

const setOf = (member: number | CharSet): CharSet => (typeof member === "number" ? single(member) : member);
const pointOf = (char: string): number => char.codePointAt(0) ?? 0;
