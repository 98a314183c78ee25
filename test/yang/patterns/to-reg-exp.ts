/** XSD regular expressions as JavaScript ones: the oracle of the matcher, right for well-formed patterns only. */

/** What JavaScript spells otherwise; class subtraction is `--` there. */
export function toRegExp(source: string): RegExp {
  let out = "";
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? "";
    if (char === "\\") {
      const next = source[++at] ?? "";
      out += ESCAPES[next] ?? `\\${next}`;
    } else if (char === "[") {
      const [text, end] = classAt(source, at);
      out += text;
      at = end;
    } else if (char === ".") out += "[^\\n\\r]";
    else out += char === "^" || char === "$" || char === "/" ? `\\${char}` : char;
  }
  return new RegExp(`^(?:${out})$`, "v");
}

const ESCAPES: { readonly [letter: string]: string } = {
  d: "\\p{Nd}",
  w: "[^\\p{P}\\p{Z}\\p{C}]",
  s: "[ \\t\\n\\r]",
  "-": "-",
};
const RESERVED = /[()[\]{}/|&!#$%*+,.:;<=>?@`~]/;

/** A class from its `[` on, and where its `]` stands. */
function classAt(source: string, start: number): readonly [text: string, end: number] {
  const negated = source[start + 1] === "^";
  let out = "";
  for (let at = start + (negated ? 2 : 1); at < source.length; at++) {
    const char = source[at] ?? "";
    const next = source[at + 1] ?? "";
    if (char === "]") return [`[${negated ? "^" : ""}${out}]`, at];
    if (char === "-" && next === "[") {
      const [less, end] = classAt(source, at + 1);
      return [`[[${negated ? "^" : ""}${out}]--${less}]`, end + 1];
    }
    if (char === "\\") {
      const name = /^\\p\{[^}]*\}/.exec(source.slice(at))?.[0];
      out += name ?? (next === "-" ? "\\-" : (ESCAPES[next] ?? `\\${next}`));
      at += (name?.length ?? 2) - 1;
    } else if (char === "-" && (out === "" || next === "]")) out += "\\-";
    else out += RESERVED.test(char) ? `\\${char}` : char;
  }
  throw new Error(`no class: ${source}`);
}
