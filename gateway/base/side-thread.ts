/**
 * Work beside the nodes: one thread, one job after the other, so much time and memory and no more. A node that wakes waits for
 * nobody. The thread stays for the next job, since starting it may take longer than most, and ends when none comes.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "./clock.ts";
import type { Closable } from "./lifecycle.ts";
import { type Millis, seconds } from "./units.ts";

export interface SideThreadOptions {
  readonly clock: Clock;
  /** Answers each message with one message. */
  readonly script: URL;
  /** Of one job. */
  readonly longest: Millis;
  readonly memoryMib: number;
}

/** A job without an answer; `broken` has the cause. Whoever asked says what that means. */
export class ThreadFault extends Error {
  readonly why: "closed" | "late" | "memory" | "broken";

  constructor(why: ThreadFault["why"], cause?: unknown) {
    super(cause === undefined ? `it is ${why}` : String(cause), { cause });
    this.name = "ThreadFault";
    this.why = why;
  }
}

/** Jobs of one look follow each other at once. */
const IDLE = seconds(5);

export class SideThread<Job, Said> implements Closable {
  readonly #options: SideThreadOptions;
  #thread: Worker | undefined;
  #idle: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: SideThreadOptions) {
    this.#options = options;
  }

  /**
   * `job` is asked for when its turn comes: what waits is not held in memory. The answer has the type that the script promises.
   * Throws ThreadFault, and what `job` throws.
   */
  ask(job: () => Job): Promise<Said> {
    const asked = this.#last.then(() => this.#run(job));
    this.#last = asked.catch(ignore);
    return asked;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#end();
  }

  async #run(job: () => Job): Promise<Said> {
    if (this.#closed) throw new ThreadFault("closed");
    const message = job();
    this.#idle?.cancel();
    this.#thread ??= this.#start();
    const said = await this.#answer(this.#thread, message).catch(async (error: unknown) => {
      await this.#end();
      throw error;
    });
    this.#idle = this.#options.clock.after(IDLE, () => void this.#end());
    return said;
  }

  #start(): Worker {
    const { script, memoryMib } = this.#options;
    const thread = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: memoryMib } });
    thread.on("error", ignore); // heard by whoever waits for its answer; an idle one has nobody
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  async #answer(thread: Worker, message: Job): Promise<Said> {
    const { clock, longest } = this.#options;
    const over = new AbortController();
    const { signal } = over;
    let isLate = false;
    const timer = clock.after(longest, () => {
      isLate = true;
      over.abort();
    });
    try {
      thread.postMessage(message);
      const exited = once(thread, "exit", { signal }).then(([code]) => Promise.reject(new Error(`exit code ${code}`)));
      const [said] = await Promise.race([once(thread, "message", { signal }), exited]);
      return said as Said; // by the script
    } catch (error) {
      if (isLate) throw new ThreadFault("late");
      const isMemory = (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
      throw new ThreadFault(isMemory ? "memory" : "broken", error);
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

const ignore = (): void => undefined;
