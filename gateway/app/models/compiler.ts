/**
 * Compiling beside the nodes: a thread of its own, since a large set takes seconds and a node that wakes waits for nobody.
 * It may use so much time and memory and no more: a models folder may hold anything.
 */
import { Worker } from "node:worker_threads";
import {
  BugError,
  type Clock,
  type Closable,
  type CodedError,
  ERRORS,
  type Facts,
  type LogFacts,
  type Logger,
  type Millis,
  minutes,
  UsageError,
} from "../../base/index.ts";
import type { CompileImage, CompileJob, SchemaImage } from "../../yang/index.ts";

/** What the thread says. */
export type Said =
  | { readonly log: keyof Logger; readonly event: string; readonly facts: LogFacts | undefined }
  | { readonly refused: { readonly code: CodedError["code"]; readonly facts: CodedError["facts"] } }
  | { readonly image: SchemaImage };

export interface CompilerOptions {
  readonly clock: Clock;
  /** What the thread runs; by default compiler-thread.ts. */
  readonly thread?: URL;
  readonly longest?: Millis;
  readonly memoryMib?: number;
}

/** All modules of the IETF take seconds and 150 MiB; a slow machine needs ten times as long. */
const LONGEST = minutes(5);
const MEMORY_MIB = 512;

export class Compiler implements Closable {
  readonly #options: CompilerOptions;
  readonly #threads = new Set<Worker>();

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /** Throws UsageError `yang.*`, `models.too-costly`, BugError `models.compiler`. */
  readonly compile: CompileImage = async (job, log) => {
    const { clock, thread = besideThis(), longest = LONGEST, memoryMib = MEMORY_MIB } = this.#options;
    const resourceLimits = { maxOldGenerationSizeMb: memoryMib };
    const worker = new Worker(thread, { workerData: job satisfies CompileJob, resourceLimits });
    this.#threads.add(worker);
    const tooCostly = (limit: string): Error => new UsageError("models.too-costly", { limit });
    try {
      return await new Promise<SchemaImage>((resolve, reject) => {
        const timer = clock.after(longest, () => reject(tooCostly(`${longest / 1000} seconds`)));
        worker.on("message", (said: Said) => {
          if ("log" in said) log[said.log](said.event, said.facts);
          else if ("refused" in said) reject(refusal(said.refused));
          else resolve(said.image);
        });
        worker.once("error", (error: NodeJS.ErrnoException) =>
          reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooCostly(`${memoryMib} MiB`) : ended(error)),
        );
        worker.once("exit", (code) => {
          timer.cancel();
          reject(ended(`exit code ${code}`)); // too late to matter where it has told its result
        });
      });
    } finally {
      this.#threads.delete(worker);
      await worker.terminate();
    }
  };

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((worker) => worker.terminate()));
  }
}

/** From the sources as from the build. */
const besideThis = (): URL => new URL(import.meta.url.replace(/compiler(\.[jt]s)$/, "compiler-thread$1"));

const ended = (cause: unknown): Error => new BugError("models.compiler", { reason: String(cause) }, { cause });

/** The thread's error as an error of this one: code and facts are all that it consists of. */
function refusal({ code, facts }: Extract<Said, { refused: unknown }>["refused"]): Error {
  if (ERRORS[code]?.blame !== "usage") return ended(`${code} ${JSON.stringify(facts)}`);
  return new UsageError(code as "models.set-file", facts as Facts<"models.set-file">);
}
