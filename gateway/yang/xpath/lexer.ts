/** XPath 1.0 §3.7 — the words of an expression, with the rules that tell names from operators. */

/** Where an expression cannot be read, and why. Callers know whose expression it is and make a coded error of it. */
export class XPathError {
  /** Characters from the start. */
  readonly at: number;
  readonly what: string;

  constructor(at: number, what: string) {
    this.at = at;
    this.what = what;
  }
}

export type TokenKind =
  | "symbol"
  | "operator"
  | "name"
  | "wildcard"
  | "axis"
  | "node type"
  | "function"
  | "literal"
  | "number"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const NAME = "[\\p{L}_][\\p{L}\\p{M}\\p{N}._\\-\\u00b7]*";
const BLANK = /[ \t\r\n]*/y;
const QUALIFIED = new RegExp(`(?:(${NAME}):(?!:))?(?:${NAME}|\\*)`, "uy");
const NUMBER = /\d+(?:\.\d*)?|\.\d+/y;
const LITERAL = /"([^"]*)"|'([^']*)'/y;
const SYMBOL = /::|\.\.|[()[\].@,]/y;
const OPERATOR = /\/\/|[/|+\-=]|!=|[<>]=?/y;
const OPERATOR_NAMES: ReadonlySet<string> = new Set(["and", "or", "mod", "div"]);
const NODE_TYPES: ReadonlySet<string> = new Set(["comment", "text", "processing-instruction", "node"]);
/** After these an operand comes, so that a name is no operator and `*` no sign. */
const BEFORE_OPERAND: ReadonlySet<string> = new Set(["@", "::", "(", "[", ","]);

/** All words, the last of which is the end. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  /** Moves behind what the pattern finds here. */
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(BLANK);
    const start = at;
    const add = (kind: TokenKind, word: string): number => tokens.push({ kind, text: word, at: start });
    if (at === text.length) {
      add("end", "");
      return tokens;
    }
    const before = tokens.at(-1);
    const afterOperand =
      before !== undefined &&
      before.kind !== "operator" &&
      !(before.kind === "symbol" && BEFORE_OPERAND.has(before.text));
    const literal = take(LITERAL);
    if (literal !== undefined) {
      add("literal", literal[1] ?? literal[2] ?? "");
      continue;
    }
    const number = take(NUMBER);
    if (number !== undefined) {
      add("number", number[0]);
      continue;
    }
    const symbol = take(SYMBOL);
    if (symbol !== undefined) {
      add("symbol", symbol[0]);
      continue;
    }
    const operator = take(OPERATOR);
    if (operator !== undefined) {
      add("operator", operator[0]);
      continue;
    }
    const word = take(QUALIFIED)?.[0];
    if (word === undefined) throw new XPathError(start, wrongCharacter(text[start]!));
    if (afterOperand) {
      if (word !== "*" && !OPERATOR_NAMES.has(word))
        throw new XPathError(start, `an operator was expected, not '${word}'`);
      add("operator", word);
    } else if (word.endsWith("*")) add("wildcard", word);
    else add(nameKind(word, text, at), word);
  }
}

/** What follows a name says what it is. */
function nameKind(word: string, text: string, end: number): TokenKind {
  BLANK.lastIndex = end;
  BLANK.exec(text);
  const next = BLANK.lastIndex;
  if (text.startsWith("::", next)) return "axis";
  if (!text.startsWith("(", next)) return "name";
  return NODE_TYPES.has(word) ? "node type" : "function";
}

function wrongCharacter(character: string): string {
  // XPath 1.0 §3.1: YANG binds no variables (RFC 7950 §6.4.1).
  if (character === "$") return "there are no variables in YANG";
  if (character === '"' || character === "'") return "the literal does not end";
  return `'${character}' means nothing here`;
}
