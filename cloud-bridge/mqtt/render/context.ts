/** What every renderer is told beside the fact. */
import type { Trees } from "./trees.ts";

export interface RenderContext {
  readonly site: string;
  readonly epoch: number;
  readonly trees: Trees;
}
