/** RFC 7950 §7.21.2 — a definition leans on nothing of its own module that will be gone before it. */
import { argumentOf, type Statement } from "../parse/statement.ts";
import { refuse } from "./finding.ts";
import type { Module } from "./module-set.ts";

const STATES = ["current", "deprecated", "obsolete"] as const;

const SEVERITY: ReadonlyMap<string, number> = new Map(STATES.map((status, index) => [status, index]));
const severity = (statement: Statement): number => SEVERITY.get(argumentOf(statement, "status") ?? "current") ?? 0;

/**
 * Checks that `at`, which stands inside the statements `around` of module `module`, may refer to `definition`. What
 * stands in something deprecated is no better than it.
 */
export function checkStatus(
  at: Statement,
  around: readonly Statement[],
  module: Module,
  definition: { readonly statement: Statement; readonly module: Module },
): void {
  if (module !== definition.module) return;
  const theirs = severity(definition.statement);
  if (theirs === 0) return;
  const ours = Math.max(severity(at), ...around.map(severity));
  if (ours < theirs) {
    const { keyword, argument = "" } = definition.statement;
    refuse(at, `${keyword} '${argument}' is ${STATES[theirs]}, but what refers to it is ${STATES[ours]}`);
  }
}
