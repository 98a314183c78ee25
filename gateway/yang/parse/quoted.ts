/** RFC 7950 §6.1.3 — what a quoted string says. */

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", '"': '"', "\\": "\\" };
const ESCAPE = /\\([\s\S])/g;
const TAB = 8;

/** `quote` is the offset of the opening quote in `text`, `end` that behind the closing one. */
export function readQuoted(text: string, lineStart: number, quote: number, end: number): string {
  const inner = text.slice(quote + 1, end - 1);
  if (text[quote] === "'") return inner;
  const trimmed = inner.includes("\n") ? trimLines(inner, widthOf(text.slice(lineStart, quote)) + 1) : inner;
  // Escapes are read after the lines were trimmed; YANG 1 keeps the backslash before a character it does not know.
  return trimmed.includes("\\") ? trimmed.replace(ESCAPE, (whole, char: string) => ESCAPES[char] ?? whole) : trimmed;
}

/** Lines lose the blanks at their end, and continued ones their indentation up to and including the column of the quote. */
const trimLines = (inner: string, column: number): string => {
  const lines = inner.split("\n");
  return lines
    .map((line, index) => {
      const content = index === lines.length - 1 ? line : line.slice(0, endOf(line));
      return index === 0 ? content : unindented(content, column);
    })
    .join("\n");
};

/** Where the blanks at the end of a line begin. */
function endOf(line: string): number {
  let end = line.length;
  while (end > 0 && " \t\r".includes(line[end - 1] ?? "")) end -= 1;
  return end;
}

function unindented(line: string, column: number): string {
  let start = 0;
  while (line[start] === " " || line[start] === "\t") start += 1;
  const indentation = line.slice(0, start);
  const left = widthOf(indentation) - column;
  return (left > 0 ? keptIndentation(indentation, left) : "") + line.slice(start);
}

/** The last `columns` columns of an indentation; a tab that is cut leaves blanks. */
function keptIndentation(indentation: string, columns: number): string {
  let kept = "";
  let width = 0;
  for (let at = indentation.length - 1; at >= 0 && width < columns; at--) {
    const isTab = indentation[at] === "\t";
    const wanted = columns - width;
    kept = (isTab && wanted >= TAB ? "\t" : " ".repeat(isTab ? wanted : 1)) + kept;
    width += isTab ? TAB : 1;
  }
  return kept;
}

function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += char === "\t" ? TAB : 1;
  return width;
}
