/** What must hold for any data and any edit of the module in world.ts. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Fault } from "../../../gateway/yang/codec/fault.ts";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { edit } from "../../../gateway/yang/datastore/index.ts";
import type { Instance, Tree } from "../../../gateway/yang/index.ts";
import { checkEdit } from "../../../gateway/yang/validate/check-edit.ts";
import { checkTree } from "../../../gateway/yang/validate/check-tree.ts";
import { isSet, printOf, targetsOf } from "../../../gateway/yang/validate/guilt.ts";
import { patch, reported, WORLD } from "./world.ts";

const PLAN = planOf(WORLD);
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 300) };

function findingsIn(tree: Tree): readonly Fault[] {
  const findings: Fault[] = [];
  checkTree(tree, PLAN.root, PLAN, (finding) => findings.push(finding));
  return findings;
}

const prints = (findings: readonly Fault[]): readonly string[] =>
  [...new Set(findings.map((finding) => printOf(finding, PLAN)))].sort();

/** By looking at everything, before and after. */
function guiltyOf(before: Tree, after: Tree, instances: readonly Instance[]): readonly string[] {
  const known = new Set(prints(findingsIn(before)));
  const targets = targetsOf(instances, PLAN);
  return prints(
    findingsIn(after).filter((finding) => isSet(finding, targets, PLAN) || !known.has(printOf(finding, PLAN))),
  );
}

function foundBy(before: Tree, after: Tree, instances: readonly Instance[]): readonly string[] {
  const findings: Fault[] = [];
  checkEdit({ before, after }, instances, PLAN, (finding) => findings.push(finding));
  return prints(findings);
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
