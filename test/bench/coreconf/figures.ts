/** Bench group `coreconf`: what CORECONF costs the gateway, and a node: in code, and on the wire beside other encodings. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { referenceNodeFigures } from "../../support/reference-node.ts";
import { canMeasureProcesses, type Figures, NOT_MEASURED, quartiles } from "../measure.ts";
import { wireFigures } from "../wire/figures.ts";
import { mailboxFigures } from "./mailbox.ts";
import { type Extent, requestFigures } from "./requests-cpu.ts";

const CODE = "reference_node_code_bytes";

const FULL: Extent = {
  nodes: 1_000,
  manyNodes: 10_000,
  rounds: 7,
  requests: 2_000,
  edits: 500,
  warmUp: 8_000,
  wholeRounds: 5,
};
/** For a look whether it runs: what it prints is worth nothing. */
const QUICK: Extent = { nodes: 64, manyNodes: 128, rounds: 1, requests: 64, edits: 64, warmUp: 64, wholeRounds: 1 };

export async function coreconfBench(quick: boolean): Promise<Figures> {
  const extent = quick ? QUICK : FULL;
  return {
    ...(await measured(extent)),
    ...(await mailboxFigures(quick ? extent.nodes : undefined)),
    ...(quick ? { [CODE]: NOT_MEASURED } : await codeFigures()),
    ...inBytes(wireFigures()),
  };
}

async function measured(extent: Extent): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench coreconf: CPU figures left out, they are read from /proc, which this system does not have");
    return {};
  }
  const running: ChildProcess[] = [];
  try {
    return await requestFigures(extent, running);
  } finally {
    for (const child of running)
      if (child.connected) child.disconnect();
      else child.kill();
  }
}

/** Of the reference node (docs/node-authors.md), as its compilers make it that are installed here. */
async function codeFigures(): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
  try {
    const figures = inBytes(await referenceNodeFigures(folder));
    if (Object.hasOwn(figures, CODE)) return figures;
    console.error(`bench coreconf: ${CODE} is null, gcc is not installed`);
    return { ...figures, [CODE]: NOT_MEASURED };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const inBytes = (figures: Readonly<Record<string, number>>): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, bytes]) => [name, quartiles([bytes], "bytes")]));
