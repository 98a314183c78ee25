/**
 * Figures of group `yang`: what it costs to apply and to validate an edit of one leaf, in a datastore of 100 leaves and
 * in one of 10,000. CPU time of one edit after another on the same tree, alternating slices.
 */
import { edit } from "../../gateway/yang/datastore/index.ts";
import type { Tree } from "../../gateway/yang/tree.ts";
import { validateEdit } from "../../gateway/yang/validate/index.ts";
import { editOf, netOf, PORTS } from "../support/ports-schema.ts";
import { type Figures, Table } from "./measure.ts";

const RUNS = 15;
const SLICE_MICROSECONDS = 60_000;
const WARM_UP = 3_000;
const BATCH = 80;

/** A datastore on which one edit follows the other. */
function datastoreOf(leaves: number): () => void {
  let tree: Tree = netOf(leaves);
  let index = 0;
  return () => {
    const instances = editOf(leaves, index++);
    const edited = edit(tree, instances, PORTS);
    validateEdit(tree, edited, instances, PORTS);
    tree = edited;
  };
}

/** Microseconds of CPU time for one. */
function costOf(work: () => void): number {
  const start = process.cpuUsage();
  let count = 0;
  for (;;) {
    for (let batch = 0; batch < BATCH; batch++) work();
    count += BATCH;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= SLICE_MICROSECONDS) return (user + system) / count;
  }
}

export async function yangEditBench(): Promise<Figures> {
  const small = datastoreOf(100);
  const large = datastoreOf(10_000);
  for (let round = 0; round < WARM_UP; round++) {
    small();
    large();
  }
  const table = new Table();
  for (let run = 0; run < RUNS; run++) {
    // Who goes first alternates: what one leaves to the garbage collector is paid by the next.
    const order = run % 2 === 0 ? [small, large] : [large, small];
    const costs = new Map(order.map((work) => [work, costOf(work)] as const));
    table.note("validate_edit_us_100", costs.get(small)!);
    table.note("validate_edit_us_10k", costs.get(large)!);
    table.note("validate_edit_10k_vs_100", costs.get(large)! / costs.get(small)!);
  }
  return table.figures((name) => (name.endsWith("vs_100") ? "times the cost" : "µs of CPU time"));
}
