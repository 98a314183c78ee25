/** The cost of an edit follows the edit: counted in looks at the maps of the tree, which no busy machine changes. */
import { expect, test } from "@jest/globals";
import { edit } from "../../../gateway/yang/datastore/index.ts";
import type { Instance, LeafValue, Sid, Tree, Value } from "../../../gateway/yang/index.ts";
import { validateEdit } from "../../../gateway/yang/validate/index.ts";
import { editOf, netOf, PORTS } from "../../support/ports-schema.ts";

/** Counts for all trees made with it. */
function counting(): { readonly count: () => number; readonly wrap: (tree: Tree) => Tree } {
  let looks = 0;
  class Counted extends Map<Sid, Value> {
    override get(sid: Sid): Value | undefined {
      looks += 1;
      return super.get(sid);
    }
    override has(sid: Sid): boolean {
      looks += 1;
      return super.has(sid);
    }
  }
  const wrapValue = (value: Value): Value => {
    if (value instanceof Map) return wrap(value as Tree);
    if (Array.isArray(value)) return value.map((each: Tree | LeafValue) => wrapValue(each)) as Value;
    return value;
  };
  const wrap = (tree: Tree): Tree => new Counted([...tree].map(([sid, value]) => [sid, wrapValue(value)] as const));
  return { count: () => looks, wrap };
}

/** Looks that an edit takes in a tree with so many leaves, once the list has its index and its table of names. */
function looksFor(leaves: number, instances: readonly Instance[]): number {
  const { count, wrap } = counting();
  const warming: readonly Instance[] = [{ id: { sid: 12, keys: [3] }, value: "warm" }];
  const cold = wrap(netOf(leaves));
  const warm = edit(cold, warming, PORTS);
  validateEdit(cold, warm, warming, PORTS);
  const before = count();
  validateEdit(warm, edit(warm, instances, PORTS), instances, PORTS);
  return count() - before;
}

const LEAVES = ["name", "up", "speed", "mtu", "duplex", "mode", "vlan", "cost", "note"];

test.each(LEAVES.map((name, index) => [name, index] as const))(
  "CC-7950-8.3: an edit of %s looks at as much in a list of 20 entries as in one of 500",
  (_name, index) => {
    const few = looksFor(200, editOf(200, index));
    expect(looksFor(5_000, editOf(5_000, index))).toBeLessThanOrEqual(few + 10);
    expect(few).toBeLessThan(150);
  },
);
