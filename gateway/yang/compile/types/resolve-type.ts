/** RFC 7950 §7.3, §7.4, §9 — a `type` statement → its built-in type with the restrictions of the whole typedef chain. */
import { argumentOf, child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { BuiltIn, Intervals, PatternRule, Says } from "../../schema.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import { identityName } from "../identities.ts";
import { lookUp, type Placed, type Scope } from "../scope.ts";
import { qualifyPrefixes } from "../xpath-prefixes.ts";
import { type Bounds, boundsOf, parseBounds } from "./intervals.ts";
import { type NamedValue, namedValues } from "./named-values.ts";

/** A resolved type; the leaf that a leafref leads to is found later, when the tree stands. */
export interface ResolvedType {
  readonly base: BuiltIn;
  readonly typedef?: string | undefined;
  readonly bounds?: Bounds | undefined;
  readonly boundsSay?: Says | undefined;
  readonly patterns?: readonly PatternRule[] | undefined;
  readonly fractionDigits?: number | undefined;
  readonly enums?: readonly NamedValue[] | undefined;
  readonly bits?: readonly NamedValue[] | undefined;
  readonly identityBases?: readonly string[] | undefined;
  readonly leafref?: { readonly path: string; readonly at: Statement; readonly module: string } | undefined;
  readonly requireInstance?: boolean | undefined;
  readonly members?: readonly ResolvedType[] | undefined;
  /** From the nearest typedef that has one. */
  readonly units?: string | undefined;
  readonly default?: Placed | undefined;
}

export interface TypeResolver {
  /** What a typedef stands for; `at` is blamed when it leads round in a circle. */
  resolveTypedef(typedef: Placed, at: Statement): ResolvedType;
  /** What a `type` statement stands for. */
  resolve(type: Statement, scope: Scope): ResolvedType;
}

/** RFC 7950 §9: which restrictions a built-in type takes. */
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
const ALL_RESTRICTIONS: ReadonlySet<string> = new Set(Object.values(RESTRICTIONS).flat());
const BUILT_INS = Object.keys(RESTRICTIONS);
const isBuiltIn = (name: string): name is BuiltIn => Object.hasOwn(RESTRICTIONS, name);

/** A resolver that follows each typedef once. */
export function openTypes(features: Features): TypeResolver {
  /** Typedefs are resolved once; undefined while one is being resolved, against circles. */
  const typedefs = new Map<Statement, ResolvedType | undefined>();

  const resolveTypedef = (placed: Placed, at: Statement): ResolvedType => {
    const { statement, scope } = placed;
    const known = typedefs.get(statement);
    if (known) return known;
    if (typedefs.has(statement)) refuse(at, "the type is defined by itself");
    typedefs.set(statement, undefined);
    const type = child(statement, "type") ?? refuse(statement, "a typedef needs a type");
    const below = resolve(type, scope);
    const ownDefault = child(statement, "default");
    const resolved: ResolvedType = {
      ...below,
      typedef: `${scope.unit.module.name}:${argument(statement)}`,
      units: argumentOf(statement, "units") ?? below.units,
      default: ownDefault ? { statement: ownDefault, scope } : below.default,
    };
    typedefs.set(statement, resolved);
    return resolved;
  };

  const resolve = (type: Statement, scope: Scope): ResolvedType => {
    const name = argument(type);
    const below = isBuiltIn(name) ? undefined : resolveTypedef(lookUp("typedef", type, scope, BUILT_INS), type);
    const base = below?.base ?? name;
    if (!isBuiltIn(base)) return refuse(type, `there is no type '${name}'`);
    for (const each of type.children) {
      if (ALL_RESTRICTIONS.has(each.keyword) && !RESTRICTIONS[base].includes(each.keyword)) {
        refuse(each, `a ${base} takes no '${each.keyword}'`);
      }
    }
    return { ...below, base, ...restrictions(base, type, scope, below) };
  };

  /** The facts of this `type` statement, joined with those of the type below. */
  const restrictions = (
    base: BuiltIn,
    type: Statement,
    scope: Scope,
    below: ResolvedType | undefined,
  ): Partial<ResolvedType> => {
    switch (base) {
      case "enumeration":
        return { enums: namedValues(type, "enum", below?.enums, scope.unit, features) };
      case "bits": {
        const bits = namedValues(type, "bit", below?.bits, scope.unit, features);
        return { bits: bits && [...bits].sort((a, b) => a.value - b.value) };
      }
      case "identityref": {
        const bases = childrenOf(type, "base").map((each) => identityName(each, scope.unit));
        if (bases.length === 0 && !below) refuse(type, "an identityref needs a base");
        return bases.length > 0 ? { identityBases: bases } : {};
      }
      case "leafref":
        return {
          leafref: leafrefPath(type, scope) ?? below?.leafref ?? refuse(type, "a leafref needs a path"),
          ...required(type, below),
        };
      case "instance-identifier":
        return required(type, below);
      case "union": {
        const members = childrenOf(type, "type").map((each) => resolve(each, scope));
        if (members.length === 0 && !below) refuse(type, "a union needs at least one type");
        return members.length > 0 ? { members } : {};
      }
      case "decimal64": {
        const fractionDigits =
          digitsOf(type) ?? below?.fractionDigits ?? refuse(type, "a decimal64 needs fraction-digits");
        return { fractionDigits, ...bounded(base, type, "range", below, fractionDigits) };
      }
      case "string":
        return { patterns: patternsOf(type, below), ...bounded(base, type, "length", below, 0) };
      case "binary":
        return bounded(base, type, "length", below, 0);
      default:
        return RESTRICTIONS[base].includes("range") ? bounded(base, type, "range", below, 0) : {};
    }
  };

  return { resolve, resolveTypedef };
}

function bounded(base: BuiltIn, type: Statement, keyword: string, below: ResolvedType | undefined, digits: number) {
  const statement = child(type, keyword);
  if (!statement) return {};
  return {
    bounds: parseBounds(statement, below?.bounds ?? boundsOf(base) ?? [], digits),
    boundsSay: saysOf(statement),
  };
}

function patternsOf(type: Statement, below: ResolvedType | undefined): readonly PatternRule[] | undefined {
  const own = childrenOf(type, "pattern").map((each) => ({
    source: argument(each),
    invert: argumentOf(each, "modifier") === "invert-match",
    ...saysOf(each),
  }));
  const all = [...(below?.patterns ?? []), ...own];
  return all.length > 0 ? all : undefined;
}

/** RFC 7950 §7.5.4. */
function saysOf(statement: Statement): Says | undefined {
  const message = argumentOf(statement, "error-message");
  const appTag = argumentOf(statement, "error-app-tag");
  return message === undefined && appTag === undefined ? undefined : { message, appTag };
}

function digitsOf(type: Statement): number | undefined {
  const statement = child(type, "fraction-digits");
  if (!statement) return undefined;
  const digits = Number(statement.argument);
  if (!Number.isInteger(digits) || digits < 1 || digits > 18)
    refuse(statement, "fraction-digits is a number from 1 to 18");
  return digits;
}

function leafrefPath(type: Statement, scope: Scope): ResolvedType["leafref"] {
  const at = child(type, "path");
  return at && { path: qualifyPrefixes(argument(at), scope.unit, at), at, module: scope.unit.module.name };
}

function required(type: Statement, below: ResolvedType | undefined): Pick<ResolvedType, "requireInstance"> {
  const own = argumentOf(type, "require-instance");
  return { requireInstance: own === undefined ? (below?.requireInstance ?? true) : own === "true" };
}

/** Bounds in the form of the schema: decimal strings, which JSON and 64 bits both bear. */
export const intervalsOf = (bounds: Bounds): Intervals => bounds.map(([low, high]) => [String(low), String(high)]);
