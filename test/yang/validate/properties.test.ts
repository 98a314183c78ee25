/** What must hold for any data and any edit of the module in world.ts. */
import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Fault } from "../../../gateway/yang/codec/fault.ts";
import { lineage } from "../../../gateway/yang/codec/instance-id.ts";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { edit } from "../../../gateway/yang/datastore/index.ts";
import type { Instance, Tree, Value } from "../../../gateway/yang/index.ts";
import { checkTree } from "../../../gateway/yang/validate/check-tree.ts";
import { checkEdit } from "../../../gateway/yang/validate/edits/check-edit.ts";
import { isSet, printOf, targetsOf } from "../../../gateway/yang/validate/edits/guilt.ts";
import { patch, reported, WORLD } from "./world.ts";

const PLAN = planOf(WORLD);
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 60) };

function findingsIn(tree: Tree): readonly Fault[] {
  const findings: Fault[] = [];
  checkTree(tree, PLAN.root, PLAN, (finding) => findings.push(finding));
  return findings;
}

const prints = (findings: readonly Fault[]): readonly string[] =>
  [...new Set(findings.map((finding) => printOf(finding, PLAN)))].sort();

/** By looking at everything, before and after. That two entries are alike is the guilt of these entries, not of others. */
function guiltyOf(before: Tree, after: Tree, instances: readonly Instance[]): readonly string[] {
  const known = new Set(prints(findingsIn(before)));
  const targets = targetsOf(instances, PLAN);
  return prints(
    findingsIn(after).filter((finding) => isSet(finding, targets, PLAN) || !known.has(printOf(finding, PLAN))),
  ).filter((print) => !isOldLikeness(print, known));
}

const isOldLikeness = (print: string, known: ReadonlySet<string>): boolean =>
  print.startsWith("yang.data-not-unique") && known.has(print);

function foundBy(before: Tree, after: Tree, instances: readonly Instance[]): readonly string[] {
  const findings: Fault[] = [];
  checkEdit({ before, after }, instances, PLAN, (finding) => findings.push(finding));
  const known = new Set(prints(findingsIn(before)));
  return prints(findings).filter((print) => !isOldLikeness(print, known));
}

test("CC-7950-8.3: what is found by following an edit is what is found by looking at everything", () => {
  fc.assert(
    fc.property(reported, patch, (before, instances) => {
      const after = edit(before, instances, WORLD);
      expect(foundBy(before, after, instances)).toEqual(guiltyOf(before, after, instances));
    }),
    RUNS,
  );
});

test("CC-I1: to apply an edit again changes nothing", () => {
  fc.assert(
    fc.property(reported, patch, (before, instances) => {
      const once = edit(before, instances, WORLD);
      expect(edit(once, instances, WORLD)).toEqual(once);
    }),
    RUNS,
  );
});

test("CC-I4: an edit that fails leaves the tree as it was", () => {
  const poison: Instance = { id: { sid: WORLD.byPath("/m:top/item/id")!.sid, keys: [0] }, value: undefined };
  fc.assert(
    fc.property(reported, patch, (before, instances) => {
      const copy = structuredClone(before);
      expect(() => edit(before, [...instances, poison], WORLD)).toThrow(
        expect.objectContaining({ code: "yang.missing-key" }),
      );
      expect(before).toEqual(copy);
    }),
    RUNS,
  );
});

test("CC-7950-8.2: items about different nodes may come in any order", () => {
  fc.assert(
    fc.property(reported, patch, (before, instances) => {
      fc.pre(areIndependent(instances));
      const there = edit(before, instances, WORLD);
      expect(inOrder(edit(before, [...instances].reverse(), WORLD))).toEqual(inOrder(there));
    }),
    RUNS,
  );
});

/** None is in another, and no two stand in cases of a choice, of which the last would win. */
function areIndependent(instances: readonly Instance[]): boolean {
  const lines = instances.map(({ id }) => lineage(PLAN.nodes.get(id.sid)!));
  if (lines.filter((line) => line.some(({ schema }) => schema.cases !== undefined)).length > 1) return false;
  return lines.every((line, index) => lines.every((other, at) => at === index || !other.includes(line.at(-1)!)));
}

/** Entries by their keys: new ones stand where they came. */
function inOrder(value: Value): Value {
  if (value instanceof Map) return new Map([...value].map(([sid, inner]) => [sid, inOrder(inner)] as const));
  if (!Array.isArray(value) || !(value[0] instanceof Map)) return value;
  return value
    .map((entry) => inOrder(entry) as Tree)
    .sort((a, b) => (inspect(keysIn(a)) < inspect(keysIn(b)) ? -1 : 1));
}

const keysIn = (entry: Tree): readonly Value[] =>
  [...entry]
    .filter(([sid]) => KEYS.has(sid))
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
const KEYS: ReadonlySet<number> = new Set([...PLAN.nodes.values()].flatMap(({ keys }) => keys.map(({ sid }) => sid)));
