/** Group `yang`: what our YANG engine costs. */
import type { Figures } from "./measure.ts";
import { yangCompileBench } from "./yang-compile.ts";
import { yangEditBench } from "./yang-edit.ts";

export async function yangBench(): Promise<Figures> {
  return { ...(await yangCompileBench()), ...(await yangEditBench()) };
}
