/** One machine for devices that answer at once and for those that take their time: a generator that waits where it must. */
import { BugError } from "../../../../base/index.ts";
import type { Answer } from "../device.ts";

/** Gives up control only for a promise, and goes on when that has settled. */
export type Steps<R> = Generator<Promise<void>, R, void>;

export function* ask<T>(answer: Answer<T>): Steps<T> {
  if (!(answer instanceof Promise)) return answer;
  const given: T[] = [];
  yield answer.then((value) => {
    given.push(value);
  });
  for (const value of given) return value;
  throw new BugError("service.bug", { what: "a machine went on before its device had answered" });
}

/** With a device that answers at once. */
export function finishNow<R>(steps: Steps<R>): R {
  const { done, value } = steps.next();
  if (done !== true) throw new BugError("service.bug", { what: "a synchronous device answered with a promise" });
  return value;
}

export async function finish<R>(steps: Steps<R>, signal?: AbortSignal): Promise<R> {
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done === true) return next.value;
    await next.value;
    signal?.throwIfAborted();
  }
}
