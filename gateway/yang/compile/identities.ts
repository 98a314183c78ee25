/** RFC 7950 §7.18 — identities and their direct bases, over all modules. */
import { childrenOf, type Statement } from "../parse/statement.ts";
import type { Features } from "./features.ts";
import { argument, refuse } from "./finding.ts";
import { MAX_CHAIN } from "./limits.ts";
import { type Module, resolveName, type Unit } from "./module-set.ts";
import { checkStatus } from "./status.ts";

export interface Identities {
  /** Those whose features are there, by qualified name, with their direct bases. */
  readonly present: ReadonlyMap<string, readonly string[]>;
  /** Names of those that a feature switches off. */
  readonly absent: readonly string[];
  /** Is the identity derived from the base (RFC 7950 §9.10.2), whatever the features? Both qualified. */
  derivedFrom(identity: string, base: string): boolean;
}

/** The qualified name of the identity that the argument of `at` means; `around` are the statements it stands in. */
export function identityName(at: Statement, unit: Unit, around: readonly Statement[] = []): string {
  const { module, name } = resolveName(unit, argument(at), at);
  const definition = module.definitions.get(`identity ${name}`);
  if (!definition) return refuse(at, `there is no identity '${name}' in module '${module.name}'`);
  checkStatus(at, around, unit.module, { statement: definition.statement, module });
  return `${module.name}:${name}`;
}

/** Throws UsageError `yang.compile` when identities are derived in a circle. */
export function collectIdentities(modules: readonly Module[], features: Features): Identities {
  const bases = new Map<string, readonly string[]>();
  const statements = new Map<string, Statement>();
  const absent = new Set<string>();
  for (const module of modules) {
    for (const { statement, unit } of module.definitions.values()) {
      if (statement.keyword !== "identity") continue;
      const name = `${module.name}:${argument(statement)}`;
      const direct = childrenOf(statement, "base").map((each) => identityName(each, unit, [statement]));
      bases.set(name, direct);
      statements.set(name, statement);
      if (features.holds(statement, unit)) absent.delete(name);
      else absent.add(name);
    }
  }
  checkDerivation(bases, statements);
  return {
    present: new Map([...bases].filter(([name]) => !absent.has(name))),
    absent: [...absent],
    derivedFrom: (identity, base) => ancestorsOf(identity, bases).has(base),
  };
}

function ancestorsOf(identity: string, bases: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set(bases.get(identity));
  for (const name of found) for (const base of bases.get(name) ?? []) found.add(base);
  return found;
}

/** Takes away, step by step, the identities of which all bases are settled; in a circle none ever is. */
function checkDerivation(
  bases: ReadonlyMap<string, readonly string[]>,
  statements: ReadonlyMap<string, Statement>,
): void {
  const derived = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const [name, direct] of bases) {
    open.set(name, direct.length);
    for (const base of direct) {
      const siblings = derived.get(base);
      if (siblings) siblings.push(name);
      else derived.set(base, [name]);
    }
  }
  let level = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const name of level) {
      const statement = statements.get(name);
      if (depth > MAX_CHAIN && statement) refuse(statement, `identities lead on for more than ${MAX_CHAIN} steps`);
      open.delete(name);
      for (const below of derived.get(name) ?? []) {
        const left = (open.get(below) ?? 0) - 1;
        open.set(below, left);
        if (left === 0) next.push(below);
      }
    }
    level = next;
  }
  const [first] = open.keys();
  if (first === undefined) return;
  // From what is left each road upwards ends in a circle; the one to blame is part of it.
  const met = new Set<string>();
  let name = first;
  while (!met.has(name)) {
    met.add(name);
    name = bases.get(name)?.find((base) => open.has(base)) ?? first;
  }
  const statement = statements.get([...statements.keys()].find((each) => isInCircle(each, name, bases)) ?? name);
  if (statement) refuse(statement, "the identity is derived from itself");
}

/** Is `name` one of the circle that `member` is in? */
const isInCircle = (name: string, member: string, bases: ReadonlyMap<string, readonly string[]>): boolean =>
  ancestorsOf(name, bases).has(member) && ancestorsOf(member, bases).has(name);
