/** RFC 7950 §7.18 — identities and their direct bases, over all modules. */
import { childrenOf, type Statement } from "../parse/statement.ts";
import type { Features } from "./features.ts";
import { argument, refuse } from "./finding.ts";
import { type Module, resolveName, type Unit } from "./module-set.ts";

/** The qualified name of the identity that the argument of `at` means. */
export function identityName(at: Statement, unit: Unit): string {
  const { module, name } = resolveName(unit, argument(at), at);
  if (!module.definitions.has(`identity ${name}`))
    refuse(at, `there is no identity '${name}' in module '${module.name}'`);
  return `${module.name}:${name}`;
}

/** Every identity of the modules whose features are there, by qualified name, with its direct bases. */
export function collectIdentities(
  modules: readonly Module[],
  features: Features,
): ReadonlyMap<string, readonly string[]> {
  const bases = new Map<string, readonly string[]>();
  const statements = new Map<string, Statement>();
  for (const module of modules) {
    for (const { statement, unit } of module.definitions.values()) {
      if (statement.keyword !== "identity" || !features.holds(statement, unit)) continue;
      const name = `${module.name}:${argument(statement)}`;
      bases.set(
        name,
        childrenOf(statement, "base").map((each) => identityName(each, unit)),
      );
      statements.set(name, statement);
    }
  }
  for (const [name, statement] of statements) {
    if (reaches(bases.get(name) ?? [], name, bases)) refuse(statement, "the identity is derived from itself");
  }
  return bases;
}

function reaches(from: readonly string[], wanted: string, bases: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set(from);
  for (const name of seen) {
    if (name === wanted) return true;
    for (const base of bases.get(name) ?? []) seen.add(base);
  }
  return false;
}
