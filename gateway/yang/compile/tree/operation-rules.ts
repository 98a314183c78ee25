/** RFC 7950 §7.15, §7.16 — where actions and notifications cannot be. */
import { refuse, withArticle } from "../finding.ts";
import type { Expanded } from "./expanded.ts";

/** `around`: the nearest operation, notification or list without key in which the node is. */
export function checkOperationPlace(node: Expanded, around: Expanded): void {
  if (node.keyword !== "action" && node.keyword !== "notification" && node.keyword !== "rpc") return;
  const what =
    around.keyword === "list" ? `list '${around.name}' has no key` : `it is inside ${around.keyword} '${around.name}'`;
  refuse(node.statement, `${withArticle(node.keyword)} cannot be here: ${what}`);
}
