/**
 * RFC 7950 §6.4.1 — an XPath expression means its prefixes as the module that wrote it declares them. In the schema it
 * stands far from that module, so each prefix is replaced by the name of its module. So it is in literals that name an
 * identity: `derived-from-or-self(type, 'if:ethernet')`, `type = 'if:ethernet'`.
 */
import type { Statement } from "../parse/statement.ts";
import { moduleOfPrefix, type Unit } from "./module-set.ts";

/** A literal in either quotes, what holds arguments, or a name, with its colon if it qualifies another and is no axis. */
const TOKEN = /"[^"]*"|'[^']*'|[(),]|([A-Za-z_][\w.-]*)(:(?!:)(?=[A-Za-z_*]))?/g;
const IDENTITY = /^(["'])(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)\1$/;
/** Their second argument names an identity (§10.4). */
const OF_IDENTITIES: ReadonlySet<string | undefined> = new Set(["derived-from", "derived-from-or-self"]);

interface Parentheses {
  readonly after: string | undefined;
  /** Commas so far. */
  commas: number;
}

export function qualifyPrefixes(xpath: string, unit: Unit, at: Statement): string {
  const open: Parentheses[] = [];
  let before: string | undefined;
  return xpath.replace(TOKEN, (token: string, name: string | undefined, colon: string | undefined) => {
    const inner = open.at(-1);
    if (token === "(") open.push({ after: before, commas: 0 });
    else if (token === ")") open.pop();
    else if (token === "," && inner !== undefined) inner.commas += 1;
    before = colon === undefined ? name : undefined;
    if (name !== undefined) return colon === undefined ? token : `${moduleOfPrefix(unit, name, at).name}:`;
    return qualifyIdentity(token, OF_IDENTITIES.has(inner?.after) && inner?.commas === 1, unit);
  });
}

/** A literal that names no identity for sure is one only where its module has such an identity; it may be any text. */
function qualifyIdentity(token: string, isSure: boolean, unit: Unit): string {
  const [, quote = "", prefix, local = ""] = IDENTITY.exec(token) ?? [];
  if (quote === "" || (prefix === undefined && !isSure)) return token;
  // §10.4.1: without a prefix it is the module that wrote the expression, wherever a grouping is used.
  const module = prefix === undefined ? unit.module : unit.prefixes.get(prefix);
  if (module === undefined || !(isSure || module.definitions.has(`identity ${local}`))) return token;
  return `${quote}${module.name}:${local}${quote}`;
}

/** A literal, or a name that is neither qualified nor an axis nor a function. */
const BARE = /"[^"]*"|'[^']*'|(?<![\w.:-])([A-Za-z_][\w.-]*)(?![\w.:-]|\s*\()/g;

/** Gives each name without a prefix the module, in a leafref path, which has no operators that are words. */
export const qualifyNames = (path: string, module: string): string =>
  path.replace(BARE, (token: string, name: string | undefined) => (name === undefined ? token : `${module}:${name}`));
