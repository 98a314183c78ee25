/** The thread of workshop.ts: makes one form after the other. */
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

parentPort?.on("message", (job: FormJob) => parentPort?.postMessage(run(job)));
