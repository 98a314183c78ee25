/** RFC 7950 §7.8.3 — `unique`: leaves below a list entry whose values together no other entry may have. */
import type { PlanNode } from "../../codec/plan-node.ts";
import { treeIn } from "../../codec/value.ts";
import { leafText } from "../../datastore/entries.ts";
import type { EntryValue } from "../../datastore/entry-values.ts";
import { EMPTY_TREE, type LeafValue, type Tree } from "../../tree.ts";

export interface UniqueRule {
  /** Of an entry that has all the leaves; others are like none. */
  readonly valueIn: EntryValue;
  /** The leaves and their values, for people. */
  describe(entry: Tree): string;
}

export function uniqueRule(list: PlanNode, paths: readonly string[]): UniqueRule {
  const ways = paths.map((path) => wayTo(list, path)).filter((way) => way !== undefined);
  const [only] = ways;
  return {
    valueIn:
      ways.length === 1 && only !== undefined
        ? (entry) => {
            const leaf = leafAt(entry, only);
            return leaf === undefined ? undefined : leafText(leaf);
          }
        : (entry) => textOfAll(entry, ways),
    describe: (entry) =>
      ways.map((way) => `${way.at(-1)!.schema.name} ${way.at(-1)!.leaf!.format(leafAt(entry, way)!)}`).join(", "),
  };
}

function textOfAll(entry: Tree, ways: ReadonlyArray<readonly PlanNode[]>): string | undefined {
  const texts: string[] = [];
  for (const way of ways) {
    const leaf = leafAt(entry, way);
    if (leaf === undefined) return undefined;
    texts.push(String(leafText(leaf)));
  }
  return JSON.stringify(texts);
}

/** undefined when the path leads nowhere. */
function wayTo(list: PlanNode, path: string): readonly PlanNode[] | undefined {
  const way: PlanNode[] = [];
  let here: PlanNode | undefined = list;
  for (const step of path.split("/")) {
    const colon = step.indexOf(":");
    const module = colon < 0 ? list.schema.module : step.slice(0, colon);
    const name = step.slice(colon + 1);
    here = here.children.find(({ schema }) => schema.name === name && schema.module === module);
    if (here === undefined) return undefined;
    way.push(here);
  }
  return way;
}

/** A leaf below an entry. That it has a default is enough, §7.8.3 does not ask whether that is in use. */
function leafAt(entry: Tree, way: readonly PlanNode[]): LeafValue | undefined {
  let here: Tree = entry;
  for (const step of way) {
    const value = here.get(step.sid);
    if (step.leaf !== undefined) return (value ?? step.fallback) as LeafValue | undefined;
    if (value === undefined && step.schema.presence === true) return undefined;
    here = treeIn(value) ?? EMPTY_TREE;
  }
  return undefined;
}
