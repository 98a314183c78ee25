/** Bench group `coreconf`: what CORECONF costs the gateway, and a node in code. */
import type { ChildProcess } from "node:child_process";
import { canMeasureProcesses, type Figures } from "../measure.ts";
import { mailboxFigures } from "./mailbox.ts";
import { requestFigures } from "./requests-cpu.ts";

export async function coreconfBench(): Promise<Figures> {
  return { ...(await measured()), ...(await mailboxFigures()) };
}

async function measured(): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench coreconf: CPU figures left out, they are read from /proc, which this system does not have");
    return {};
  }
  const running: ChildProcess[] = [];
  try {
    return await requestFigures(running);
  } finally {
    for (const child of running)
      if (child.connected) child.disconnect();
      else child.kill();
  }
}
