/** Making forms of images beside the nodes, in a thread of its own; what cannot be had there in time is sent as it is. */
import { BugError, type Clock, type Closable, type Millis, minutes, StoreError } from "../../base/index.ts";
import { SideThread, ThreadFault } from "../../base/side-thread.ts";
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
/** Pairs that wait; who comes later gets the image as it is, or asks again. */
const WAITING = 256;

export class Workshop implements FormMaker, Closable {
  readonly #thread: SideThread<FormJob, Said>;
  readonly #longest: Millis;
  #waiting = 0;

  constructor({ clock, script = besideThis(), longest = LONGEST, memoryMib = MEMORY_MIB }: WorkshopOptions) {
    this.#longest = longest;
    this.#thread = new SideThread({ clock, script, longest, memoryMib });
  }

  async make(job: () => FormJob): Promise<MadeForm> {
    if (this.#waiting >= WAITING) throw new StoreError("delta.too-many", { limit: WAITING });
    this.#waiting++;
    try {
      const said = await this.#thread.ask(job);
      if ("fault" in said) throw new BugError("delta.failed", { reason: said.fault });
      return said.made;
    } catch (error) {
      if (!(error instanceof ThreadFault)) throw error;
      if (error.why === "late") throw new StoreError("delta.too-costly", { seconds: this.#longest / 1000 });
      throw new BugError("delta.failed", { reason: error.message }, { cause: error });
    } finally {
      this.#waiting--;
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** From the sources as from the build. */
const besideThis = (): URL => new URL(import.meta.url.replace(/workshop(\.[jt]s)$/, "thread$1"));
