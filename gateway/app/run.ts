/** `sidgate run`: the gateway until it is told to stop. */

import type { Status } from "../admin/api/index.ts";
import { type GatewayOptions, printableLines } from "../admin/cli/index.ts";
import {
  type Clock,
  type Closable,
  explain,
  type Logger,
  type Random,
  StoreError,
  systemStopwatch,
  wallClock,
} from "../base/index.ts";
import { followParent, machineTime, PacedClock, thisMachine } from "./clock/index.ts";
import { configOf } from "./config/index.ts";
import { openGateway } from "./gateway.ts";
import { openLogger } from "./logger.ts";
import { softwareVersion } from "./version.ts";

const SYSTEM_RANDOM: Random = { next: Math.random };

/** Resolves with the exit code after SIGINT or SIGTERM. Throws what `openGateway` throws. */
export async function run(options: GatewayOptions): Promise<number> {
  const config = configOf(options, process.env);
  const log = openLogger(config.log.level);
  const isTrial = config.clock.rate !== 1;
  const clock = isTrial ? trialClock(config.clock.rate) : wallClock;
  const time = isTrial ? undefined : { stopwatch: systemStopwatch, source: machineTime(thisMachine()) };
  const ports = { clock, time, random: SYSTEM_RANDOM, log, version: softwareVersion() };
  const { newSiteKey = false, restored = false } = options;
  const gateway = await openGateway(config, ports, { bridge: true, newSiteKey, restored });
  process.stdout.write(`${banner(gateway.source.status(), restored)}\n`);
  const signal = await toldToStop();
  process.stdout.write(`Stopping (${signal}): finishing what is under way.\n`);
  await closeOrTell(gateway, log);
  return 0;
}

/** As fast as it is set, or as the trial says that has started this gateway. */
function trialClock(rate: number): Clock {
  const clock = new PacedClock(rate);
  followParent(clock);
  return clock;
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

/** What a person reads at the start: what listens where, what is open, what to try next. */
export function banner(status: Status, restored = false): string {
  const lines = [
    `Sidgate ${status.version}, site ${status.site}${status.name === undefined ? "" : ` (${status.name})`}`,
    "",
  ];
  for (const { what, address, note } of status.listening) {
    lines.push(`  ${what.padEnd(12)} ${address}${note === undefined ? "" : `  (${note})`}`);
  }
  const broker = status.broker.kind === "configured" ? "" : "  (embedded, for trying: set mqtt.url for a real broker)";
  lines.push(`  ${"MQTT broker".padEnd(12)} ${status.broker.url}${broker}`, "");
  if (status.warnings.length > 0) {
    lines.push("LAB MODE, for trying only:", ...status.warnings.map((warning) => `  - ${warning}`), "");
  }
  if (restored) {
    lines.push(
      `Put back from a copy: events and data carry epoch ${status.epoch} now. Leave --restored out next time.`,
      "",
    );
  }
  if (status.notices.length > 0) lines.push("TO DO:", ...status.notices.map((notice) => `  - ${notice}`), "");
  lines.push("Try next, in another terminal:");
  const width = Math.max(...status.tryNext.map(({ command }) => command.length));
  for (const { command, what } of status.tryNext) lines.push(`  ${command.padEnd(width)}  # ${what}`);
  return printableLines(lines.join("\n"));
}
