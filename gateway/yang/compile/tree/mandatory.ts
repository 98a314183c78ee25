/** RFC 7950 §3 "mandatory node". */
import { type Expanded, property } from "./expanded.ts";

/** Must the node be there, whatever else is? `configuration`: only nodes count that are no state. */
export function isMandatory(node: Expanded, which: "all" | "configuration" = "all"): boolean {
  if (which === "configuration" && property(node, "config")?.statement.argument === "false") return false;
  switch (node.keyword) {
    case "leaf":
    case "choice":
    case "anydata":
    case "anyxml":
      return property(node, "mandatory")?.statement.argument === "true";
    case "list":
    case "leaf-list":
      return Number(property(node, "min-elements")?.statement.argument ?? 0) > 0;
    case "container":
      return property(node, "presence") === undefined && node.children.some((child) => isMandatory(child, which));
    default:
      return false;
  }
}
