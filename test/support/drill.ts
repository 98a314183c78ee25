/** `npm run drill [-- PATH]`: the suites, or those whose path has this in it, in their long form. */
import { test } from "@jest/globals";

const IS_DRILL = process.env["DRILL"] !== undefined;

export const inDrill = <T>(usual: T, drill: T): T => (IS_DRILL ? drill : usual);

/** A test that takes too long for every day. */
export function drill(name: string, run: () => Promise<void>, timeoutMs?: number): void {
  if (IS_DRILL) test(name, run, timeoutMs);
}
