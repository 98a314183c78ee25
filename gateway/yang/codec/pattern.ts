/**
 * XSD regular expressions (RFC 7950 §9.4.5, XML Schema part 2 appendix F) as JavaScript ones. The two differ in what
 * anchors, what `.` and the multi-character escapes mean, and in character class subtraction, which the `v` flag has.
 */
import { UsageError } from "../../base/index.ts";

/** Contents of the classes that XSD names with one letter; an upper case letter means the complement. */
const CLASSES: { readonly [letter: string]: string } = {
  d: "\\p{Nd}",
  s: "\\x20\\t\\n\\r",
  i: "\\p{L}\\p{Nl}_:",
  c: "\\p{L}\\p{Nl}\\p{Nd}\\p{Mn}\\p{Mc}\\p{Lm}_:.\\-\\u00b7",
};
/** XSD defines \w by what it is not. */
const NOT_WORD = "\\p{P}\\p{Z}\\p{C}";
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** The `v` flag reserves these inside a class, and every double punctuator. */
const CLASS_SYNTAX = /[()[\]{}/\-\\|&!#$%*+,.:;<=>?@^`~]/;

export function translatePattern(source: string): RegExp {
  const scanner = { source, at: 0 };
  let out = "";
  while (scanner.at < source.length) {
    const char = take(scanner);
    if (char === "[") out += readClass(scanner);
    else if (char === "\\") out += readEscape(scanner, false);
    else if (char === ".") out += "[^\\n\\r]";
    else if (char === "^" || char === "$") out += `\\${char}`;
    else if (char === "{") out += readQuantifier(scanner);
    else out += char === "/" || char === "}" || char === "]" ? `\\${char}` : char;
  }
  try {
    return new RegExp(`^(?:${out})$`, "v");
  } catch (cause) {
    throw new UsageError("yang.pattern", { pattern: source, what: String(cause) }, { cause });
  }
}

interface Scanner {
  readonly source: string;
  at: number;
}

function take(scanner: Scanner): string {
  const point = scanner.source.codePointAt(scanner.at);
  if (point === undefined) throw new UsageError("yang.pattern", { pattern: scanner.source, what: "it ends too early" });
  const char = String.fromCodePoint(point);
  scanner.at += char.length;
  return char;
}

function readQuantifier(scanner: Scanner): string {
  const match = /^\d+(?:,\d*)?\}/.exec(scanner.source.slice(scanner.at));
  if (match === null) return "\\{";
  scanner.at += match[0].length;
  return `{${match[0]}`;
}

function readEscape(scanner: Scanner, inClass: boolean): string {
  const char = take(scanner);
  const lower = char.toLowerCase();
  if (char === "n" || char === "r" || char === "t") return `\\${char}`;
  if (lower === "p") return readProperty(scanner, char);
  if (lower === "w") return char === "w" ? `[^${NOT_WORD}]` : `[${NOT_WORD}]`;
  const set = CLASSES[lower];
  if (set !== undefined) return char === lower ? (inClass ? set : `[${set}]`) : `[^${set}]`;
  return (inClass ? CLASS_SYNTAX : SYNTAX).test(char) ? `\\${char}` : char;
}

function readProperty(scanner: Scanner, letter: string): string {
  const match = /^\{([A-Za-z0-9-]+)\}/.exec(scanner.source.slice(scanner.at));
  const name = match?.[1];
  if (match === null || name === undefined) {
    throw new UsageError("yang.pattern", { pattern: scanner.source, what: "\\p without a name" });
  }
  scanner.at += match[0].length;
  const block = BLOCKS[name];
  if (block !== undefined) return letter === "p" ? `[${block}]` : `[^${block}]`;
  return `\\${letter}{${name}}`;
}

/** The Unicode blocks that published modules use; JavaScript knows scripts and categories only. */
const BLOCKS: { readonly [name: string]: string } = {
  IsBasicLatin: "\\u0000-\\u007f",
  "IsLatin-1Supplement": "\\u0080-\\u00ff",
  "IsLatinExtended-A": "\\u0100-\\u017f",
  "IsLatinExtended-B": "\\u0180-\\u024f",
};

/** A class expression after its `[`, with subtraction: [a-z-[aeiou]] → [[a-z]--[aeiou]]. */
function readClass(scanner: Scanner): string {
  let negated = false;
  if (scanner.source[scanner.at] === "^") {
    negated = true;
    scanner.at += 1;
  }
  let out = "";
  for (;;) {
    const char = take(scanner);
    if (char === "]") return `[${negated ? "^" : ""}${out}]`;
    const next = scanner.source[scanner.at];
    if (char === "-" && next === "[") {
      scanner.at += 1;
      const removed = readClass(scanner);
      if (take(scanner) !== "]") {
        throw new UsageError("yang.pattern", { pattern: scanner.source, what: "text after a class subtraction" });
      }
      return `[[${negated ? "^" : ""}${out}]--${removed}]`;
    }
    if (char === "\\") out += readEscape(scanner, true);
    else if (char === "-" && out !== "" && next !== "]" && next !== undefined) out += "-";
    else out += CLASS_SYNTAX.test(char) ? `\\${char}` : char;
  }
}
