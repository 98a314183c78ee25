/** RFC 7950 §7.3, §7.4, §9 — a `type` statement → its built-in type with the restrictions of the whole typedef chain. */
import { argumentOf, child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { BuiltIn, Intervals, PatternRule, Says } from "../../schema.ts";
import type { Definitions } from "../definitions.ts";
import type { Expressions } from "../expressions.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import { identityName } from "../identities.ts";
import { MAX_CHAIN } from "../limits.ts";
import { saysOf } from "../says.ts";
import { lookUp, type Placed, type Scope } from "../scope.ts";
import { BUILT_INS, checkRestrictions, isBuiltIn } from "./built-ins.ts";
import { type Bounds, boundsOf, parseBounds } from "./intervals.ts";
import { type NamedValue, namedValues } from "./named-values.ts";
import type { Patterns } from "./patterns.ts";

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
  readonly leafref?: { readonly path: string; readonly at: Statement } | undefined;
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

export interface TypeTools {
  readonly features: Features;
  readonly definitions: Definitions;
  readonly expressions: Expressions;
  readonly patterns: Patterns;
}

/** A resolver that follows each typedef once. */
export function openTypes({ features, definitions, expressions, patterns }: TypeTools): TypeResolver {
  const typedefs = new Map<Statement, ResolvedType>();
  const types = new Map<Statement, ResolvedType>();
  /** The typedefs that are being resolved, against circles. */
  const open = new Set<Statement>();

  const resolveTypedef = (placed: Placed, at: Statement): ResolvedType => {
    const { statement, scope } = placed;
    const known = typedefs.get(statement);
    if (known) return known;
    if (open.has(statement)) refuse(at, "the type is defined by itself");
    if (open.size > MAX_CHAIN) refuse(at, `typedefs lead on for more than ${MAX_CHAIN} steps`);
    open.add(statement);
    const type = child(statement, "type") ?? refuse(statement, "a typedef needs a type");
    const below = resolveIn(type, { unit: scope.unit, around: [statement, ...scope.around] }, true);
    const ownDefault = child(statement, "default");
    const resolved: ResolvedType = {
      ...below,
      typedef: `${scope.unit.module.name}:${argument(statement)}`,
      units: argumentOf(statement, "units") ?? below.units,
      default: ownDefault ? { statement: ownDefault, scope } : below.default,
    };
    open.delete(statement);
    typedefs.set(statement, resolved);
    return resolved;
  };

  const resolveIn = (type: Statement, scope: Scope, inTypedef: boolean): ResolvedType => {
    const known = types.get(type);
    if (known) return known;
    const name = argument(type);
    const below = isBuiltIn(name)
      ? undefined
      : resolveTypedef(lookUp("typedef", type, scope, definitions, BUILT_INS), type);
    const base = below?.base ?? name;
    if (!isBuiltIn(base)) return refuse(type, `there is no type '${name}'`);
    checkRestrictions(type, base, below !== undefined, scope.unit.old);
    // Equal types are one object, which the type table knows again.
    const resolved =
      below && !type.children.some((each) => !each.keyword.includes(":"))
        ? below
        : { ...below, base, ...restrictions(base, type, scope, below, inTypedef) };
    types.set(type, resolved);
    return resolved;
  };

  /** The facts of this `type` statement, joined with those of the type below. */
  const restrictions = (
    base: BuiltIn,
    type: Statement,
    scope: Scope,
    below: ResolvedType | undefined,
    inTypedef: boolean,
  ): Partial<ResolvedType> => {
    switch (base) {
      case "enumeration":
        return { enums: namedValues(type, "enum", below?.enums, scope.unit, features) };
      case "bits": {
        const bits = namedValues(type, "bit", below?.bits, scope.unit, features);
        return { bits: [...bits].sort((a, b) => a.value - b.value) };
      }
      case "identityref": {
        const bases = childrenOf(type, "base").map((each) => identityName(each, scope.unit, [type, ...scope.around]));
        if (bases.length === 0 && !below) refuse(type, "an identityref needs a base");
        return below ? {} : { identityBases: bases };
      }
      case "leafref": {
        const at = child(type, "path");
        const path = at && { path: expressions.pathOf({ statement: at, scope }, inTypedef), at };
        return { leafref: path ?? below?.leafref ?? refuse(type, "a leafref needs a path"), ...required(type, below) };
      }
      case "instance-identifier":
        return required(type, below);
      case "union": {
        const members = childrenOf(type, "type").map((each) => memberOf(each, scope, inTypedef));
        if (members.length === 0 && !below) refuse(type, "a union needs at least one type");
        return below ? {} : { members };
      }
      case "decimal64": {
        const digits = child(type, "fraction-digits")?.argument;
        const fractionDigits =
          digits === undefined
            ? (below?.fractionDigits ?? refuse(type, "a decimal64 needs fraction-digits"))
            : Number(digits);
        return { fractionDigits, ...bounded(base, type, "range", below, fractionDigits) };
      }
      case "string":
        return { patterns: patternsOf(type, below), ...bounded(base, type, "length", below, 0) };
      case "binary":
        return bounded(base, type, "length", below, 0);
      case "boolean":
      case "empty":
        return {};
      default:
        return bounded(base, type, "range", below, 0);
    }
  };

  /** RFC 7950 §9.12; YANG 1 had no leafref and no empty in a union. */
  const memberOf = (type: Statement, scope: Scope, inTypedef: boolean): ResolvedType => {
    const member = resolveIn(type, scope, inTypedef);
    if (scope.unit.old && (member.base === "leafref" || member.base === "empty")) {
      refuse(type, `in YANG 1 a union cannot hold the type ${member.base}`);
    }
    return member;
  };

  const patternsOf = (type: Statement, below: ResolvedType | undefined): readonly PatternRule[] | undefined => {
    const own = childrenOf(type, "pattern").map((each) => {
      patterns.check(each);
      return { source: argument(each), invert: argumentOf(each, "modifier") === "invert-match", ...saysOf(each) };
    });
    const all = [...(below?.patterns ?? []), ...own];
    return all.length > 0 ? all : undefined;
  };

  return { resolve: (type, scope) => resolveIn(type, scope, false), resolveTypedef };
}

function bounded(base: BuiltIn, type: Statement, keyword: string, below: ResolvedType | undefined, digits: number) {
  const statement = child(type, keyword);
  if (!statement) return {};
  return {
    bounds: parseBounds(statement, below?.bounds ?? boundsOf(base) ?? [], digits),
    boundsSay: saysOf(statement),
  };
}

function required(type: Statement, below: ResolvedType | undefined): Pick<ResolvedType, "requireInstance"> {
  const own = argumentOf(type, "require-instance");
  return { requireInstance: own === undefined ? (below?.requireInstance ?? true) : own === "true" };
}

/** Bounds in the form of the schema: decimal strings, which JSON and 64 bits both bear. */
export const intervalsOf = (bounds: Bounds): Intervals => bounds.map(([low, high]) => [String(low), String(high)]);
