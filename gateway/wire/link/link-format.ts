/** RFC 6690 — CoRE link format: links ⇄ text, and the query filter of §4.1. */
import { WireError } from "../../base/index.ts";

export interface Link {
  readonly target: string;
  /** Attributes in order; `true` = a name without a value, e.g. `obs`. */
  readonly attributes: ReadonlyArray<readonly [name: string, value: string | true]>;
}

/** §2: what may stand without quotes (ptoken). */
const PTOKEN = /^[!#$%&'()*+\-./0-9:<=>?@A-Za-z[\]^_`{|}~]+$/;
/** §2: relation-types, `rt` and `if` values are quoted by custom; plain numbers are not. */
const CARDINAL = /^(0|[1-9][0-9]*)$/;

const quote = (value: string): string =>
  CARDINAL.test(value) ? value : `"${value.replace(/[\\"]/g, (char) => `\\${char}`)}"`;

/** RFC 8187 §3.2: the value of a name that ends with `*`, e.g. `title*`, has an encoding of its own and no quotes. */
const written = (name: string, value: string): string =>
  name.endsWith("*") && PTOKEN.test(value) ? value : quote(value);

export const encodeLinks = (links: readonly Link[]): string =>
  links
    .map(({ target, attributes }) => {
      const tail = attributes.map(([name, value]) =>
        value === true ? `;${name}` : `;${name}=${written(name, value)}`,
      );
      return `<${target}>${tail.join("")}`;
    })
    .join(",");

/** RFC 8288 §3: between links and parameters there may be white space, as in documents that people write. */
const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at += 1;
  return at;
};

export function decodeLinks(text: string): readonly Link[] {
  const links: Link[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    if (text[at] !== "<") throw new WireError("link.malformed", { offset: at });
    const end = text.indexOf(">", at);
    if (end < 0) throw new WireError("link.malformed", { offset: at });
    const target = text.slice(at + 1, end);
    const attributes: Array<readonly [string, string | true]> = [];
    at = skipSpace(text, end + 1);
    while (text[at] === ";") {
      const [attribute, next] = attributeAt(text, skipSpace(text, at + 1));
      attributes.push(attribute);
      at = skipSpace(text, next);
    }
    links.push({ target, attributes });
    if (at < text.length) {
      const next = skipSpace(text, at + 1);
      if (text[at] !== "," || next === text.length) throw new WireError("link.malformed", { offset: at });
      at = next;
    }
  }
  return links;
}

function attributeAt(text: string, from: number): readonly [readonly [string, string | true], number] {
  let at = from;
  while (at < text.length && !"=;, \t\r\n".includes(text[at]!)) at += 1;
  const name = text.slice(from, at);
  if (name === "") throw new WireError("link.malformed", { offset: from });
  if (text[at] !== "=") return [[name, true], at];
  at += 1;
  if (text[at] !== '"') {
    const start = at;
    while (at < text.length && !";, \t\r\n".includes(text[at]!)) at += 1;
    const value = text.slice(start, at);
    if (!PTOKEN.test(value)) throw new WireError("link.malformed", { offset: start });
    return [[name, value], at];
  }
  let value = "";
  for (at += 1; text[at] !== '"'; at += 1) {
    if (text[at] === "\\") at += 1;
    if (at >= text.length) throw new WireError("link.malformed", { offset: at });
    value += text[at];
  }
  return [[name, value], at + 1];
}

/** §4.1, RFC 7252 §7.2.1: attributes whose value is a list of words; a query matches any one of them. */
const WORD_LISTS: ReadonlySet<string> = new Set(["rt", "if", "rel", "ct"]);

/**
 * §4.1 — keeps the links that match every `name=value` of the query; a trailing `*` matches any ending; `href` is the
 * target. A query item without `=` is no filter and matches nothing.
 */
export function filterLinks(links: readonly Link[], query: readonly string[]): readonly Link[] {
  return query.reduce((kept, item) => kept.filter((link) => linkMatches(link, item)), links);
}

/** §4.1, for one `name=value`. */
export function linkMatches(link: Link, item: string): boolean {
  const equals = item.indexOf("=");
  if (equals < 0) return false;
  const name = item.slice(0, equals);
  const wanted = item.slice(equals + 1);
  const fits = (value: string): boolean =>
    wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
  if (name === "href") return fits(link.target);
  return link.attributes.some(([attribute, value]) => {
    if (attribute !== name) return false;
    if (value === true) return wanted === "";
    return fits(value) || (WORD_LISTS.has(name) && value.split(" ").some(fits));
  });
}
