/**
 * RFC 7950 §6.4.1 — an XPath expression means its prefixes as the module that wrote it declares them. In the schema it
 * stands far from that module, so each prefix is replaced by the name of its module, also in literals such as
 * `derived-from-or-self(type, 'if:ethernet')`.
 */
import type { Statement } from "../parse/statement.ts";
import { moduleOfPrefix, type Unit } from "./module-set.ts";

/** A literal in either quotes, or a name, with its colon if it qualifies another and is no axis (`child::x`). */
const TOKEN = /"[^"]*"|'[^']*'|([A-Za-z_][\w.-]*)(:(?!:)(?=[A-Za-z_*]))?/g;
const IDENTITY = /^(["'])([A-Za-z_][\w.-]*):([A-Za-z_][\w.-]*)\1$/;

export const qualifyPrefixes = (xpath: string, unit: Unit, at: Statement): string =>
  xpath.replace(TOKEN, (token: string, name: string | undefined, colon: string | undefined) => {
    if (name !== undefined) return colon === undefined ? token : `${moduleOfPrefix(unit, name, at).name}:`;
    const [, quote, namespace = "", local] = IDENTITY.exec(token) ?? [];
    const module = unit.prefixes.get(namespace);
    return module ? `${quote}${module.name}:${local}${quote}` : token;
  });

/** A literal, or a name that is neither qualified nor an axis nor a function. */
const BARE = /"[^"]*"|'[^']*'|(?<![\w.:-])([A-Za-z_][\w.-]*)(?![\w.:-]|\s*\()/g;

/** Gives each name without a prefix the module, in a leafref path, which has no operators that are words. */
export const qualifyNames = (path: string, module: string): string =>
  path.replace(BARE, (token: string, name: string | undefined) => (name === undefined ? token : `${module}:${name}`));
