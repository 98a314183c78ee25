/** RFC 7950 §7.20 — features and the expressions of `if-feature`. */
import { childrenOf, type Statement } from "../parse/statement.ts";
import { argument, refuse } from "./finding.ts";
import { type Module, resolveName, type Unit } from "./module-set.ts";

/** Does this server have the feature? Asked with module and feature name. */
export type FeatureChoice = (module: string, feature: string) => boolean;
export const ALL_FEATURES: FeatureChoice = () => true;

export interface Features {
  /** All `if-feature` statements directly below `statement` hold. */
  holds(statement: Statement, unit: Unit): boolean;
}

/** Evaluates `if-feature` under one choice of features. */
export function openFeatures(choice: FeatureChoice): Features {
  const inProgress = new Set<Statement>();

  const supported = (module: Module, name: string, at: Statement): boolean => {
    const definition = module.definitions.get(`feature ${name}`);
    if (!definition) return refuse(at, `there is no feature '${name}' in module '${module.name}'`);
    if (inProgress.has(definition.statement)) return refuse(at, `feature '${name}' depends on itself`);
    inProgress.add(definition.statement);
    const held = holds(definition.statement, definition.unit);
    inProgress.delete(definition.statement);
    return held && choice(module.name, name);
  };

  const holds = (statement: Statement, unit: Unit): boolean =>
    // Each is evaluated, so that a misspelt feature is found even beside one that is off.
    childrenOf(statement, "if-feature")
      .map((each) =>
        evaluate(each, (name) => {
          const found = resolveName(unit, name, each);
          return supported(found.module, found.name, each);
        }),
      )
      .every(Boolean);

  return { holds };
}

/** expr = term ["or" expr]; term = factor ["and" term]; factor = "not" factor / "(" expr ")" / name. */
function evaluate(statement: Statement, supported: (name: string) => boolean): boolean {
  const tokens = argument(statement).match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;
  const take = (): string => tokens[next++] ?? refuse(statement, "the expression ends too early");
  const expression = (): boolean => {
    let value = term();
    while (tokens[next] === "or") {
      next += 1;
      const right = term();
      value = value || right;
    }
    return value;
  };
  const term = (): boolean => {
    let value = factor();
    while (tokens[next] === "and") {
      next += 1;
      const right = factor();
      value = value && right;
    }
    return value;
  };
  const factor = (): boolean => {
    const token = take();
    if (token === "not") return !factor();
    if (token !== "(") return supported(token);
    const value = expression();
    if (take() !== ")") refuse(statement, "')' is missing");
    return value;
  };
  const value = expression();
  if (next !== tokens.length) refuse(statement, `'${tokens[next]}' has no place in the expression`);
  return value;
}
