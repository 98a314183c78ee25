/**
 * Compiling beside the nodes: a large set takes seconds, and a models folder may hold anything, so the thread may use so much
 * time and memory and no more.
 */
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
import { SideThread, ThreadFault } from "../../base/side-thread.ts";
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

export class Compiler implements Closable {
  readonly #thread: SideThread<CompileJob, Said>;
  /** What a job may cost, in words. */
  readonly #limits: { readonly late: string; readonly memory: string };

  constructor({ clock, script = besideThis(), longest = LONGEST, memoryMib = MEMORY_MIB }: CompilerOptions) {
    this.#thread = new SideThread({ clock, script, longest, memoryMib });
    this.#limits = { late: `${longest / 1000} seconds`, memory: `${memoryMib} MiB` };
  }

  /** Throws UsageError `yang.*`, `models.too-costly`, BugError `models.compiler`. */
  readonly compile: CompileImage = async (job, log) => {
    const { lines, result } = await this.#thread.ask(() => job).catch((error: unknown) => this.#explain(error));
    for (const { level, event, facts } of lines) log[level](event, facts);
    if ("code" in result) throw refusal(result);
    return result;
  };

  close(): Promise<void> {
    return this.#thread.close();
  }

  #explain(error: unknown): never {
    const why = error instanceof ThreadFault ? error.why : "broken";
    if (why !== "late" && why !== "memory") throw broken(error);
    throw new UsageError("models.too-costly", { limit: this.#limits[why] }, { cause: error });
  }
}

/** From the sources as from the build. */
const besideThis = (): URL => new URL(import.meta.url.replace(/compiler(\.[jt]s)$/, "compiler-thread$1"));

const broken = (cause: unknown): Error =>
  new BugError("models.compiler", { reason: cause instanceof Error ? cause.message : String(cause) }, { cause });

/** The thread's error as an error of this one: code and facts are all that it consists of. */
function refusal({ code, facts }: Exclude<Said["result"], SchemaImage>): Error {
  if (ERRORS[code]?.blame !== "usage") return broken(`${code} ${JSON.stringify(facts)}`);
  return new UsageError(code as "models.set-file", facts as Facts<"models.set-file">);
}
