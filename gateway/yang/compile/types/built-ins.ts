/** RFC 7950 §4.2.4, §9 — the built-in types and what may restrict each, directly or when a typedef is derived from. */
import type { Statement } from "../../parse/statement.ts";
import type { BuiltIn } from "../../schema.ts";
import { refuse, withArticle } from "../finding.ts";

const RESTRICTIONS: Readonly<Record<BuiltIn, readonly string[]>> = {
  int8: ["range"],
  int16: ["range"],
  int32: ["range"],
  int64: ["range"],
  uint8: ["range"],
  uint16: ["range"],
  uint32: ["range"],
  uint64: ["range"],
  decimal64: ["range", "fraction-digits"],
  string: ["length", "pattern"],
  boolean: [],
  enumeration: ["enum"],
  bits: ["bit"],
  binary: ["length"],
  leafref: ["path", "require-instance"],
  identityref: ["base"],
  empty: [],
  union: ["type"],
  "instance-identifier": ["require-instance"],
};
const ALL: ReadonlySet<string> = new Set(Object.values(RESTRICTIONS).flat());
/** What a type is made of; a type that is derived from it has the same. */
const ONLY_AT_THE_BASE: ReadonlySet<string> = new Set(["fraction-digits", "path", "base", "type"]);
/** RFC 7950 §12: enums and bits of a typedef could not be restricted in YANG 1. */
const NOT_DERIVED_IN_YANG_1: ReadonlySet<string> = new Set(["enum", "bit"]);

export const BUILT_INS: readonly string[] = Object.keys(RESTRICTIONS);
export const isBuiltIn = (name: string): name is BuiltIn => Object.hasOwn(RESTRICTIONS, name);

/** Throws UsageError `yang.compile` for a restriction that the type does not take. */
export function checkRestrictions(type: Statement, base: BuiltIn, derived: boolean, old: boolean): void {
  for (const each of type.children) {
    const { keyword } = each;
    if (!ALL.has(keyword)) continue;
    if (!RESTRICTIONS[base].includes(keyword)) refuse(each, `${withArticle(base)} takes no '${keyword}'`);
    if (derived && ONLY_AT_THE_BASE.has(keyword)) {
      refuse(each, `the type is derived from ${withArticle(base)}, whose '${keyword}' cannot be changed`);
    }
    if (old && derived && NOT_DERIVED_IN_YANG_1.has(keyword)) {
      refuse(each, `in YANG 1 a derived ${base} keeps all its values; add 'yang-version 1.1;' to the module`);
    }
    if (old && base === "leafref" && keyword === "require-instance") {
      refuse(each, "in YANG 1 a leafref takes no 'require-instance'; add 'yang-version 1.1;' to the module");
    }
  }
}
