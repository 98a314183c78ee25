/** What every renderer is told beside the fact. */
import type { TreesOf } from "./trees.ts";

export interface RenderContext {
  readonly site: string;
  readonly epoch: number;
  readonly trees: TreesOf;
}
