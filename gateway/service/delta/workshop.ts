/**
 * Making forms beside the nodes: one thread, one job after the other, so much time and memory and no more. A node that wakes
 * waits for nobody. The thread ends when there is nothing to make.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  BugError,
  type Clock,
  type Closable,
  type Millis,
  minutes,
  StoreError,
  seconds,
  type Timer,
} from "../../base/index.ts";
import type { FormJob, MadeForm } from "./job.ts";

export type Said = { readonly made: MadeForm } | { readonly fault: string };

export interface WorkshopOptions {
  readonly clock: Clock;
  /** What the thread runs; by default thread.ts. */
  readonly script?: URL;
  readonly longest?: Millis;
  readonly memoryMib?: number;
}

/** Makes a form. Throws StoreError `delta.too-costly`, `delta.too-many`, BugError `delta.failed`. */
export interface FormMaker {
  /** `job` is asked for when its turn comes: the images of those that wait are not held in memory. */
  make(job: () => FormJob): Promise<MadeForm>;
}

/** The largest images take some 6 s, on a slow machine ten times as long. */
const LONGEST = minutes(2);
/** Beside the images and arrays, which are bounded by the size of images. */
const MEMORY_MIB = 128;
const IDLE = seconds(5);
/** Pairs that wait; who comes later gets the image as it is, or asks again. */
const WAITING = 256;

export class Workshop implements FormMaker, Closable {
  readonly #options: WorkshopOptions;
  #thread: Worker | undefined;
  #idle: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(options: WorkshopOptions) {
    this.#options = options;
  }

  make(job: () => FormJob): Promise<MadeForm> {
    if (this.#waiting >= WAITING) return Promise.reject(new StoreError("delta.too-many", { limit: WAITING }));
    this.#waiting++;
    const making = this.#last.then(() => this.#run(job)).finally(() => this.#waiting--);
    this.#last = making.catch(() => undefined);
    return making;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#end();
  }

  async #run(job: () => FormJob): Promise<MadeForm> {
    if (this.#closed) throw new BugError("delta.failed", { reason: "it is closed" });
    const wanted = job();
    this.#idle?.cancel();
    const said = await this.#ask(this.#thread ?? this.#start(), wanted).catch(async (error: unknown) => {
      await this.#end();
      throw error;
    });
    this.#idle = this.#options.clock.after(IDLE, () => void this.#end());
    if ("fault" in said) throw new BugError("delta.failed", { reason: said.fault });
    return said.made;
  }

  #start(): Worker {
    const { script = besideThis(), memoryMib = MEMORY_MIB } = this.#options;
    const thread = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: memoryMib } });
    thread.on("error", () => undefined); // heard by whoever waits for its answer; an idle one has nobody
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    this.#thread = thread;
    return thread;
  }

  async #ask(thread: Worker, job: FormJob): Promise<Said> {
    const { clock, longest = LONGEST } = this.#options;
    const over = new AbortController();
    const { signal } = over;
    const timer = clock.after(longest, () => over.abort());
    try {
      thread.postMessage(job);
      const exited = once(thread, "exit", { signal }).then(([code]) => Promise.reject(new Error(`exit code ${code}`)));
      const [said] = await Promise.race([once(thread, "message", { signal }), exited]);
      return said as Said; // by thread.ts
    } catch (error) {
      if (signal.aborted) throw new StoreError("delta.too-costly", { seconds: longest / 1000 });
      throw new BugError("delta.failed", { reason: String(error) }, { cause: error });
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
const besideThis = (): URL => new URL(import.meta.url.replace(/workshop(\.[jt]s)$/, "thread$1"));
