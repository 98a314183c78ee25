/** RFC 7950 §7.5.4 — what a module says where a must, range, length or pattern does not hold. */
import { argumentOf, type Statement } from "../parse/statement.ts";
import type { Says } from "../schema.ts";

/** undefined when it says nothing of its own. */
export function saysOf(statement: Statement): Says | undefined {
  const message = argumentOf(statement, "error-message");
  const appTag = argumentOf(statement, "error-app-tag");
  return message === undefined && appTag === undefined ? undefined : { message, appTag };
}
