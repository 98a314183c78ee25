/** Facts that tell their own number, so that a reader can check them. */
import { millis, type NodeId } from "../../gateway/base/index.ts";
import type { NewFact } from "../../gateway/store/index.ts";

export const numbered = (n: number, size = 0): NewFact => ({
  at: millis(1_763_000_000_000 + n),
  type: "datastore.edited",
  root: `n-${String(n).padStart(4, "0")}` as NodeId,
  patch: new Uint8Array(size).fill(n),
  actor: "cli:test",
});

/** Sizes from a few bytes to a few pages, each number its own. */
export const sizeOf = (n: number): number => (n * 7919) % (n % 10 === 0 ? 9000 : 300);
