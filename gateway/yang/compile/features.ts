/** RFC 7950 §7.20 — features and the expressions of `if-feature`. */
import { childrenOf, type Statement } from "../parse/statement.ts";
import { argument, refuse } from "./finding.ts";
import { MAX_CHAIN, MAX_FEATURE_DEPTH } from "./limits.ts";
import { type Definition, type Module, resolveName, type Unit } from "./module-set.ts";
import { checkStatus } from "./status.ts";

/** Does this server have the feature? Asked with module and feature name. */
export type FeatureChoice = (module: string, feature: string) => boolean;
export const ALL_FEATURES: FeatureChoice = () => true;

export interface Features {
  /** All `if-feature` statements directly below `statement` hold. */
  holds(statement: Statement, unit: Unit): boolean;
  /** The feature is chosen, and so is all that it needs. */
  isOn(module: Module, name: string): boolean;
}

/** Evaluates `if-feature` under one choice of features. */
export function openFeatures(choice: FeatureChoice): Features {
  const known = new Map<Statement, boolean>();
  const inProgress = new Set<Statement>();

  const supported = ({ statement, unit }: Definition, module: Module, at: Statement): boolean => {
    const before = known.get(statement);
    if (before !== undefined) return before;
    if (inProgress.has(statement)) refuse(at, `feature '${argument(statement)}' depends on itself`);
    if (inProgress.size > MAX_CHAIN) refuse(at, `features lead on for more than ${MAX_CHAIN} steps`);
    inProgress.add(statement);
    const on = holds(statement, unit) && choice(module.name, argument(statement));
    inProgress.delete(statement);
    known.set(statement, on);
    return on;
  };

  const holds = (statement: Statement, unit: Unit): boolean => {
    const conditions = childrenOf(statement, "if-feature");
    if (conditions.length === 0) return true;
    // Each is evaluated, so that a misspelt feature is found even beside one that is off.
    const values = conditions.map((each) =>
      evaluate(each, unit.old, (name) => {
        const found = resolveName(unit, name, each);
        const definition = found.module.definitions.get(`feature ${found.name}`);
        if (!definition) return refuse(each, `there is no feature '${found.name}' in module '${found.module.name}'`);
        checkStatus(each, [statement], unit.module, { statement: definition.statement, module: found.module });
        return supported(definition, found.module, each);
      }),
    );
    return values.every(Boolean);
  };

  const isOn = (module: Module, name: string): boolean => {
    const definition = module.definitions.get(`feature ${name}`);
    return definition !== undefined && supported(definition, module, definition.statement);
  };

  return { holds, isOn };
}

const WORDS = /[()]|[^\s()]+/g;
const NAME = /^(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*$/;

/** expr = term ["or" expr]; term = factor ["and" term]; factor = "not" factor / "(" expr ")" / name. */
function evaluate(statement: Statement, old: boolean, supported: (name: string) => boolean): boolean {
  const tokens = argument(statement).match(WORDS) ?? [];
  // RFC 7950 §12: YANG 1 knows one name and no expression.
  if (old && tokens.length !== 1) {
    refuse(statement, "in YANG 1 this is the name of one feature; expressions need 'yang-version 1.1;'");
  }
  let next = 0;
  let depth = 0;
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
    depth += 1;
    if (depth > MAX_FEATURE_DEPTH) refuse(statement, `the expression is nested deeper than ${MAX_FEATURE_DEPTH}`);
    const value = operand(take());
    depth -= 1;
    return value;
  };
  const operand = (token: string): boolean => {
    if (token === "not") return !factor();
    if (token === "(") {
      const value = expression();
      if (take() !== ")") refuse(statement, "')' is missing");
      return value;
    }
    if (!NAME.test(token) || token === "and" || token === "or") {
      refuse(statement, `the name of a feature must stand in place of '${token}'`);
    }
    return supported(token);
  };
  const value = expression();
  if (next !== tokens.length) refuse(statement, `'${tokens[next]}' has no place in the expression`);
  return value;
}
