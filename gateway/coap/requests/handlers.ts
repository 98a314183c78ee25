/** Calls into the handlers above the engine: whatever goes wrong there becomes 5.00 without a word of ours, and a log line. */
import { isCoded, type Logger } from "../../base/index.ts";
import type { Response } from "../request-port.ts";
import type { EngineStats } from "../stats.ts";

type Answer = Response | Promise<Response>;

export class Handlers {
  readonly #log: Logger;
  readonly #stats: EngineStats;

  constructor(log: Logger, stats: EngineStats) {
    this.#log = log;
    this.#stats = stats;
  }

  /** Runs `call` and hands its response to `done`, within this event when it is there at once; true = it is not. */
  run(call: () => Answer, done: (response: Response) => void): boolean {
    let answer: Answer;
    try {
      answer = call();
    } catch (error) {
      answer = this.failed("coap.handler-failed", error);
    }
    if (!isPromise(answer)) {
      done(answer);
      return false;
    }
    const settle = (response: Response): void => {
      try {
        done(response);
      } catch (error) {
        this.failed("coap.answer-failed", error);
      }
    };
    void answer.then(settle, (error: unknown) => settle(this.failed("coap.handler-failed", error)));
    return true;
  }

  failed(event: string, error: unknown): Response {
    this.#stats.failures += 1;
    this.#log.error(event, { error: describe(error) });
    return { code: "5.00" };
  }
}

const isPromise = (value: Answer): value is Promise<Response> => value instanceof Promise;

const describe = (error: unknown): string =>
  isCoded(error) ? error.code : error instanceof Error ? (error.stack ?? error.message) : String(error);
