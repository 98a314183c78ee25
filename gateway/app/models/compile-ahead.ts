/**
 * Compiling beside the nodes: a thread of its own compiles a module set into the cache, so that the load which follows on
 * the main thread finds it there. Compiling takes seconds for large sets, and a node that wakes waits for nobody.
 */
import { Worker } from "node:worker_threads";
import {
  BugError,
  type CodedError,
  ERRORS,
  type Facts,
  type LogFacts,
  type Logger,
  UsageError,
} from "../../base/index.ts";
import type { LoadOptions } from "../../yang/index.ts";

/** Throws what `loadModels` throws. */
export type CompileAhead = (options: Omit<LoadOptions, "log">, log: Logger) => Promise<void>;

/** What the thread says. */
export type Said =
  | { readonly log: keyof Logger; readonly event: string; readonly facts: LogFacts | undefined }
  | { readonly refused: { readonly code: CodedError["code"]; readonly facts: CodedError["facts"] } }
  | { readonly done: true };

/** For tests and for the start, when there is nobody to wait: the load compiles by itself. */
export const notAhead: CompileAhead = async () => undefined;

export const inThread: CompileAhead = (options, log) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(entry(), { workerData: options });
    worker.unref(); // a gateway that is told to stop does not wait for it
    worker.on("message", (said: Said) => {
      if ("log" in said) log[said.log](said.event, said.facts);
      else if ("refused" in said) reject(refusal(said.refused));
      else resolve();
    });
    worker.once("error", (error) =>
      reject(new BugError("models.compiler", { reason: String(error) }, { cause: error })),
    );
    worker.once("exit", (code) => reject(new BugError("models.compiler", { reason: `exit code ${code}` })));
  });

/** Beside this file, from the sources as from the build. */
const entry = (): URL => new URL(import.meta.url.replace(/compile-ahead(\.[jt]s)$/, "compile-thread$1"));

/** The thread's error as an error of this one: code and facts are all that it consists of. */
function refusal({ code, facts }: Extract<Said, { refused: unknown }>["refused"]): Error {
  if (ERRORS[code]?.blame !== "usage")
    return new BugError("models.compiler", { reason: `${code} ${JSON.stringify(facts)}` });
  return new UsageError(code as "models.set-file", facts as Facts<"models.set-file">);
}
