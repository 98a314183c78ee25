/** A gateway that `sidgate try` has started follows the trial's clock, and ends with it. */
import type { ChildProcess } from "node:child_process";
import { millis } from "../../base/index.ts";
import type { Pace, PacedClock } from "./paced-clock.ts";

/** In the gateway. Does nothing where no parent process holds a channel to it. */
export function followParent(clock: PacedClock): void {
  if (process.channel === undefined) return;
  process.on("message", (message) => {
    const pace = paceIn(message);
    if (pace !== undefined) clock.pace(pace);
  });
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref(); // it does not hold a gateway that has been told to stop
}

/** In the trial. Once the gateway has ended there is nobody to tell. */
export function tell(child: ChildProcess, pace: Pace): void {
  if (child.connected) child.send(pace, () => undefined);
}

function paceIn(message: unknown): Pace | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { now, rate, until } = message as Readonly<Record<string, unknown>>;
  if (typeof now !== "number" || typeof rate !== "number" || typeof until !== "number") return undefined;
  return { now: millis(now), rate, until: millis(until) };
}
