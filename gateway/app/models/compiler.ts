/**
 * Compiling beside the nodes: a thread of its own, since a large set takes seconds and a node that wakes waits for nobody.
 * It may use so much time and memory and no more: a models folder may hold anything. It stays for the next set, since
 * starting it takes longer than most sets do, and ends when none comes.
 */
import { once } from "node:events";
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
  seconds,
  type Timer,
  UsageError,
} from "../../base/index.ts";
import type { CompileImage, CompileJob, SchemaImage } from "../../yang/index.ts";

/** What the thread says of a job: what it logged, and the image or why there is none. */
export interface Said {
  readonly lines: ReadonlyArray<{ readonly level: keyof Logger; readonly event: string; readonly facts?: LogFacts }>;
  readonly result: SchemaImage | { readonly code: CodedError["code"]; readonly facts: CodedError["facts"] };
}

export interface CompilerOptions {
  readonly clock: Clock;
  /** What the thread runs; by default compiler-thread.ts. */
  readonly script?: URL;
  readonly longest?: Millis;
  readonly memoryMib?: number;
}

/** All modules of the IETF take seconds and 150 MiB; a slow machine needs ten times as long. */
const LONGEST = minutes(2);
const MEMORY_MIB = 512;
/** The sets of one look follow each other at once. */
const IDLE = seconds(5);

export class Compiler implements Closable {
  readonly #options: CompilerOptions;
  #thread: Worker | undefined;
  #idle: Timer | undefined;
  /** One job after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /** Throws UsageError `yang.*`, `models.too-costly`, BugError `models.compiler`. */
  readonly compile: CompileImage = (job, log) => {
    const compiling = this.#last.then(() => this.#run(job, log));
    this.#last = compiling.catch(ignore);
    return compiling;
  };

  close(): Promise<void> {
    this.#closed = true;
    return this.#end();
  }

  async #run(job: CompileJob, log: Logger): Promise<SchemaImage> {
    if (this.#closed) throw broken("it is closed");
    this.#idle?.cancel();
    this.#thread ??= this.#start();
    const { lines, result } = await this.#ask(this.#thread, job).catch(async (error: unknown) => {
      await this.#end();
      throw error;
    });
    this.#idle = this.#options.clock.after(IDLE, () => void this.#end());
    for (const { level, event, facts } of lines) log[level](event, facts);
    if ("code" in result) throw refusal(result);
    return result;
  }

  #start(): Worker {
    const { script = besideThis(), memoryMib = MEMORY_MIB } = this.#options;
    const thread = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: memoryMib } });
    thread.on("error", ignore); // heard by whoever waits for its answer; an idle one has nobody
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  async #ask(thread: Worker, job: CompileJob): Promise<Said> {
    const { clock, longest = LONGEST, memoryMib = MEMORY_MIB } = this.#options;
    const over = new AbortController();
    const { signal } = over;
    const late = new UsageError("models.too-costly", { limit: `${longest / 1000} seconds` });
    const timer = clock.after(longest, () => over.abort(late));
    try {
      thread.postMessage(job);
      const exited = once(thread, "exit", { signal }).then(([code]) => Promise.reject(broken(`exit code ${code}`)));
      const [said] = await Promise.race([once(thread, "message", { signal }), exited]);
      return said as Said; // by compiler-thread.ts
    } catch (error) {
      if (signal.aborted) throw late;
      if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") throw broken(error);
      throw new UsageError("models.too-costly", { limit: `${memoryMib} MiB` }, { cause: error });
    } finally {
      timer.cancel();
      over.abort();
    }
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#idle?.cancel();
    await thread?.terminate();
  }
}

/** From the sources as from the build. */
const besideThis = (): URL => new URL(import.meta.url.replace(/compiler(\.[jt]s)$/, "compiler-thread$1"));

const ignore = (): void => undefined;
const broken = (cause: unknown): Error =>
  cause instanceof BugError ? cause : new BugError("models.compiler", { reason: String(cause) }, { cause });

/** The thread's error as an error of this one: code and facts are all that it consists of. */
function refusal({ code, facts }: Exclude<Said["result"], SchemaImage>): Error {
  if (ERRORS[code]?.blame !== "usage") return broken(`${code} ${JSON.stringify(facts)}`);
  return new UsageError(code as "models.set-file", facts as Facts<"models.set-file">);
}
