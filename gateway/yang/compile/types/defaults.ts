/** RFC 7950 §7.3.4, §7.6.4, §7.7.4 — default values: where they come from, and whether they fit the type. */
import type { Statement } from "../../parse/statement.ts";
import { refuse } from "../finding.ts";
import { type Identities, identityName } from "../identities.ts";
import { resolveName } from "../module-set.ts";
import type { Placed } from "../scope.ts";
import type { Draft } from "../tree/draft.ts";
import { type Expanded, propertiesOf, property } from "../tree/expanded.ts";
import { qualifyPrefixes } from "../xpath-prefixes.ts";
import { boundsOf, covers, parseScaled } from "./intervals.ts";
import type { Patterns } from "./patterns.ts";
import type { ResolvedType } from "./resolve-type.ts";

export interface Defaults {
  /** The default values of a leaf or leaf-list; throws UsageError `yang.compile` for one that does not fit. */
  of(leaf: Draft): readonly string[] | undefined;
  /** The default of a typedef must fit it. */
  check(type: ResolvedType): void;
}

export interface DefaultTools {
  readonly identities: Identities;
  readonly patterns: Patterns;
  /** The type that a leafref among the types of a leaf leads to. */
  targetOf(type: ResolvedType, leaf: Draft): ResolvedType | undefined;
}

export function openDefaults(tools: DefaultTools): Defaults {
  const textOf = (placed: Placed, type: ResolvedType, leaf: Draft | undefined): string => {
    const found = fitting(placed, type, leaf, new Set());
    if (typeof found === "string") return refuse(placed.statement, found);
    return inSchema(placed, found);
  };

  /**
   * The type that takes the text, which is a member when `type` is a union; else what is wrong. A union that was tried
   * in vain is not tried again, however often unions name it.
   */
  const fitting = (
    placed: Placed,
    type: ResolvedType,
    leaf: Draft | undefined,
    tried: Set<ResolvedType>,
  ): ResolvedType | string => {
    const wrong = `the default does not fit the type ${type.typedef ?? type.base}`;
    if (tried.has(type)) return wrong;
    tried.add(type);
    if (type.base === "union") {
      for (const member of type.members ?? []) {
        const found = fitting(placed, member, leaf, tried);
        if (typeof found !== "string") return found;
      }
      return "the default fits no type of the union";
    }
    if (type.base === "leafref") {
      const target = leaf && tools.targetOf(type, leaf);
      if (leaf === undefined || target === undefined) return type;
      return fitting(placed, target, leaf, tried);
    }
    return conditionalValue(placed.statement, type) ?? (fits(placed, type, tools) ? type : wrong);
  };

  const of = (leaf: Draft): readonly string[] | undefined => {
    const { source, type } = leaf;
    if (!type) return undefined;
    checkConflicts(source);
    // RFC 7950 §7.8.2: the default of a key is ignored.
    if (leaf.isKey) return undefined;
    const own = propertiesOf(source, "default");
    if (own.length > 0) {
      checkTwins(leaf, own);
      return own.map((each) => textOf(each, type, leaf));
    }
    if (!type.default) return undefined;
    const text = textOf(type.default, type, leaf);
    const ownRules = leaf.facts.mandatory || (leaf.facts.minElements ?? 0) > 0;
    return ownRules ? undefined : [text];
  };

  return {
    of,
    check: (type) => {
      if (type.default) textOf(type.default, type, undefined);
    },
  };
}

/** A default excludes that somebody must say a value (RFC 7950 §7.6.4, §7.7.4). */
function checkConflicts(node: Expanded): void {
  const own = propertiesOf(node, "default");
  const [first, second] = own;
  if (!first) return;
  if (property(node, "mandatory")?.statement.argument === "true") {
    refuse(first.statement, "a mandatory leaf takes no default");
  }
  if (node.keyword === "leaf" && second) refuse(second.statement, "a leaf takes one default");
  if (Number(property(node, "min-elements")?.statement.argument ?? 0) > 0) {
    refuse(first.statement, "a leaf-list that needs elements takes no default");
  }
}

/** RFC 7950 §7.7: values of configuration are unique. */
function checkTwins(leaf: Draft, own: readonly Placed[]): void {
  if (!leaf.facts.config) return;
  const met = new Set<string | undefined>();
  for (const { statement } of own) {
    if (met.has(statement.argument)) refuse(statement, "the same default stands twice");
    met.add(statement.argument);
  }
}

/** RFC 7950 §7.6.4: no default hangs on a feature. */
function conditionalValue({ argument: text = "" }: Statement, type: ResolvedType): string | undefined {
  const names = type.base === "bits" ? text.split(/\s+/) : [text];
  const found = (type.enums ?? type.bits)?.find(({ name, conditional }) => conditional && names.includes(name));
  return found && `the default '${found.name}' depends on a feature; choose a value that is always there`;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const INSTANCE = /^(?:\/[\w.-]+:[\w.-]+(?:\[[^\]]*\])*)(?:\/(?:[\w.-]+:)?[\w.-]+(?:\[[^\]]*\])*)*$/;

function fits(placed: Placed, type: ResolvedType, { identities, patterns }: DefaultTools): boolean {
  const text = placed.statement.argument ?? "";
  switch (type.base) {
    case "boolean":
      return text === "true" || text === "false";
    case "enumeration":
      return type.enums?.some((each) => each.name === text) ?? false;
    case "bits": {
      const names = text.split(/\s+/).filter((name) => name !== "");
      return new Set(names).size === names.length && names.every((name) => type.bits?.some((bit) => bit.name === name));
    }
    case "string":
      return (
        (type.bounds === undefined || covers(type.bounds, BigInt([...text].length))) &&
        (type.patterns ?? []).every(({ source, invert }) => patterns.matches(source, text) !== invert)
      );
    case "binary": {
      const bare = text.replace(/\s+/g, "");
      const bytes = BigInt(Math.floor((bare.replace(/=+$/, "").length * 3) / 4));
      return BASE64.test(bare) && (type.bounds === undefined || covers(type.bounds, bytes));
    }
    case "identityref":
      return isDerived(placed, type.identityBases ?? [], identities);
    case "instance-identifier":
      return INSTANCE.test(text);
    case "empty":
    case "union":
    case "leafref":
      return false;
    default: {
      const value = parseScaled(text, type.fractionDigits ?? 0);
      const bounds = type.bounds ?? boundsOf(type.base);
      return value !== undefined && bounds !== undefined && covers(bounds, value);
    }
  }
}

/** RFC 7950 §9.10.2: derived from all bases. */
function isDerived({ statement, scope }: Placed, bases: readonly string[], { derivedFrom }: Identities): boolean {
  const text = statement.argument ?? "";
  const colon = text.indexOf(":");
  if (colon >= 0 && !scope.unit.prefixes.has(text.slice(0, colon))) return false;
  const { module, name } = resolveName(scope.unit, text, statement);
  return bases.every((base) => derivedFrom(`${module.name}:${name}`, base));
}

/** As it stands in the schema: prefixes, which mean nothing far from the source, become module names. */
function inSchema({ statement, scope }: Placed, type: ResolvedType): string {
  const text = statement.argument ?? "";
  if (type.base === "identityref") return identityName(statement, scope.unit);
  if (type.base === "instance-identifier") return qualifyPrefixes(text, scope.unit, statement);
  return text;
}
