/** A program that runs until it is told to stop, or cannot go on: what it says, how it ends, its exit code. */
import { printableLines } from "../admin/cli/index.ts";
import { type Closable, explain, type Logger, type Random, StoreError } from "../base/index.ts";

export const SYSTEM_RANDOM: Random = { next: Math.random };

/** A line for whoever started us. */
export const tell = (sentence: string): void => void process.stdout.write(`${printableLines(sentence)}\n`);

/** Something that runs until it is told to stop, or cannot go on. */
interface Running extends Closable {
  onFailure(listener: (error: StoreError) => void): void;
}

/** Resolves with the exit code after a signal; throws why it could not go on. */
export async function untilTold(running: Running, log: Logger): Promise<number> {
  const failed = new AbortController();
  const failure = new Promise<StoreError>((resolve) => running.onFailure(resolve)).then((error) => {
    failed.abort();
    return error;
  });
  const ended = await Promise.race([toldToStop(failed.signal), failure]);
  // The end may wait for a store that is away, and a wait alone does not keep a process.
  const hold = setInterval(() => undefined, 0x7fffffff);
  try {
    if (typeof ended === "string") {
      tell(`Stopping (${ended}): finishing what is under way.`);
      await closeOrTell(running, log);
      return 0;
    }
    await closeOrTell(running, log).catch(() => undefined); // told already, and no more than follows from the failure
    throw ended;
  } finally {
    clearInterval(hold);
  }
}

/**
 * Each part that fails to close is logged. Thrown is one of them for the last line and the exit code: a failure of the
 * store if there is one, since that may mean that something was not kept.
 */
export async function closeOrTell(part: Closable, log: Logger): Promise<void> {
  try {
    await part.close();
  } catch (error) {
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    for (const failure of failures) log.error("run.close-failed", { reason: explain(failure) });
    throw failures.find((failure) => failure instanceof StoreError) ?? failures[0];
  }
}

/** Never resolves once `noLonger` is aborted: then nobody waits for a signal any more. */
export function toldToStop(noLonger?: AbortSignal): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // The timer holds the process: sockets alone would, but not in a trial that closes them early.
    const hold = setInterval(() => undefined, 0x7fffffff);
    const letGo = (): void => {
      clearInterval(hold);
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    };
    const stop = (signal: NodeJS.Signals): void => {
      letGo();
      resolve(signal);
    };
    noLonger?.addEventListener("abort", letGo, { once: true });
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}
