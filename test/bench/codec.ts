/**
 * Group `codec`: our schema-driven codec against cbor-x, which knows no schema, checks nothing and was configured as
 * YANG-CBOR needs it. The document is what a room node's datastore looks like: some 40 leaves; keyed by SIDs, and for
 * information by names. CPU time, alternating slices, so that a busy machine hits both alike.
 */
import { Encoder } from "cbor-x";
import { decodeTree, encodeTree } from "../../gateway/yang/codec/index.ts";
import type { MutableTree, Tree, Value } from "../../gateway/yang/tree.ts";
import { SIDGATE } from "../support/hand-schema.ts";
import { type Figure, type Figures, quartiles } from "./measure.ts";

const [RUNS, QUICK_RUNS] = [15, 1];
const SLICE_MICROSECONDS = 60_000;
const WARM_UP = 3_000;

const tree = (...pairs: ReadonlyArray<readonly [number, Value]>): MutableTree => new Map(pairs);

/** node + firmware + building data as a node reports them. */
export const NODE_TREE: Tree = tree(
  [60030, tree([60031, "room-node-2"], [60032, "rev-c"], [60033, 900], [60034, 17], [60035, 1_209_600])],
  [
    60101,
    tree(
      [60102, new Uint8Array(32).fill(0xa5)],
      [60103, "2.4.1-rc.3"],
      [60104, 5],
      [60105, new Uint8Array(32).fill(0x5a)],
      [60106, 98_304],
    ),
  ],
  [
    60201,
    tree(
      [60202, 2143n],
      [60203, 47],
      [60204, 2050n],
      [60205, 35],
      [60206, true],
      [60207, 2987],
      [60208, "low-battery window-open"],
      [60209, 1],
      [
        60210,
        Array.from({ length: 11 }, (_, hour) =>
          tree([60211, `${String(hour + 6).padStart(2, "0")}:30`], [60212, BigInt(1700 + hour * 50)]),
        ),
      ],
    ),
  ],
);

const CBOR_X = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

/** Operations per microsecond of CPU time. */
function speed(work: () => unknown): number {
  const start = process.cpuUsage();
  let count = 0;
  for (;;) {
    for (let batch = 0; batch < 100; batch++) work();
    count += 100;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= SLICE_MICROSECONDS) return count / (user + system);
  }
}

function compare(runs: number, ours: () => unknown, theirs: () => unknown): Figure {
  for (let round = 0; round < WARM_UP; round++) {
    ours();
    theirs();
  }
  const ratios: number[] = [];
  for (let run = 0; run < runs; run++) {
    // Who goes first alternates too: what one leaves to the garbage collector is paid by the next.
    const first = run % 2 === 0 ? speed(ours) : speed(theirs);
    const second = run % 2 === 0 ? speed(theirs) : speed(ours);
    ratios.push(run % 2 === 0 ? first / second : second / first);
  }
  return quartiles(ratios, "of the speed of cbor-x");
}

export async function codecBench(quick: boolean): Promise<Figures> {
  const runs = quick ? QUICK_RUNS : RUNS;
  const bytes = Buffer.from(encodeTree(NODE_TREE, SIDGATE));
  const named = Buffer.from(encodeTree(NODE_TREE, SIDGATE, "name"));
  // The same document: what cbor-x reads from our bytes is what it writes.
  const document: unknown = CBOR_X.decode(bytes);
  const namedDocument: unknown = CBOR_X.decode(named);
  return {
    codec_encode_vs_cborx: compare(
      runs,
      () => encodeTree(NODE_TREE, SIDGATE),
      () => CBOR_X.encode(document),
    ),
    codec_decode_vs_cborx: compare(
      runs,
      () => decodeTree(bytes, SIDGATE),
      () => CBOR_X.decode(bytes),
    ),
    codec_encode_names_vs_cborx: compare(
      runs,
      () => encodeTree(NODE_TREE, SIDGATE, "name"),
      () => CBOR_X.encode(namedDocument),
    ),
    codec_decode_names_vs_cborx: compare(
      runs,
      () => decodeTree(named, SIDGATE, "name"),
      () => CBOR_X.decode(named),
    ),
  };
}
