/** The thread of workshop.ts: makes one form after the other. */
import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { isCoded } from "../../base/index.ts";
import { type FormJob, makeForm } from "./job.ts";
import type { Said } from "./workshop.ts";

function run(job: FormJob): Said {
  try {
    return { made: makeForm(job) };
  } catch (error) {
    return { fault: isCoded(error) ? error.code : String(error) };
  }
}

// Linux has a priority per thread: where there is one core, whoever answers nodes comes first.
if (process.platform === "linux") setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

parentPort?.on("message", (job: FormJob) => parentPort?.postMessage(run(job)));
