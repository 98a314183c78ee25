/** `sidgate run` and `sidgate gateway`: the gateway, with its MQTT half or without, until it is told to stop. */

import type { Status } from "../admin/api/index.ts";
import { type GatewayOptions, printableLines } from "../admin/cli/index.ts";
import { type Clock, systemStopwatch, UsageError, wallClock } from "../base/index.ts";
import { followParent, machineTime, PacedClock, thisMachine } from "./clock/index.ts";
import { type Config, configOf, portableConfig } from "./config/index.ts";
import { openGateway } from "./gateway.ts";
import { openLogger } from "./logger.ts";
import { SYSTEM_RANDOM, tell, untilTold } from "./until-told.ts";
import { softwareVersion } from "./version.ts";

/** Everything in one process. Resolves with the exit code after SIGINT or SIGTERM. Throws what `openGateway` throws. */
export const run = (options: GatewayOptions): Promise<number> => serve(options, configOf(options, process.env), true);

/** Without the MQTT half. Throws UsageError `store.redis-needed` too. */
export async function gateway(options: GatewayOptions): Promise<number> {
  const config = configOf(options, process.env);
  if (config.store.redis === undefined) throw new UsageError("store.redis-needed", { program: "gateway" });
  return serve(options, config, false);
}

async function serve(options: GatewayOptions, config: Config, bridge: boolean): Promise<number> {
  const log = openLogger(config.log.level);
  const isTrial = config.clock.rate !== 1;
  const clock = isTrial ? trialClock(config.clock.rate) : wallClock;
  const time = isTrial ? undefined : { stopwatch: systemStopwatch, source: machineTime(thisMachine()) };
  const ports = { clock, time, random: SYSTEM_RANDOM, log, version: softwareVersion() };
  const { newSiteKey = false, restored = false } = options;
  const configuration = portableConfig({ path: options.config, env: process.env });
  const opened = await openGateway(config, ports, { bridge, newSiteKey, restored, configuration, note: tell });
  const copy = restored ? "said" : opened.restored ? "found" : undefined;
  process.stdout.write(`${banner(opened.source.status(), copy)}\n`);
  return untilTold(opened, log);
}

/** As fast as it is set, or as the trial says that has started this gateway. */
function trialClock(rate: number): Clock {
  const clock = new PacedClock(rate);
  followParent(clock);
  return clock;
}

/** The data was put back: as the command line said, or as the folder says itself. */
const OF_COPY = {
  said: " Leave --restored out next time.",
  found: " It was restored from a backup; this is said once.",
} as const;

/** What a person reads at the start: what listens where, what is open, what to try next. */
export function banner(status: Status, copy?: keyof typeof OF_COPY): string {
  const lines = [
    `Sidgate ${status.version}, site ${status.site}${status.name === undefined ? "" : ` (${status.name})`}`,
    "",
  ];
  for (const { what, address, note } of status.listening) {
    lines.push(`  ${what.padEnd(12)} ${address}${note === undefined ? "" : `  (${note})`}`);
  }
  lines.push(`  ${"MQTT broker".padEnd(12)} ${brokerLine(status.broker)}`, "");
  if (status.warnings.length > 0) {
    lines.push("LAB MODE, for trying only:", ...status.warnings.map((warning) => `  - ${warning}`), "");
  }
  if (copy !== undefined) {
    lines.push(`Put back from a copy: events and data carry epoch ${status.epoch} now.${OF_COPY[copy]}`, "");
  }
  if (status.notices.length > 0) lines.push("TO DO:", ...status.notices.map((notice) => `  - ${notice}`), "");
  lines.push("Try next, in another terminal:");
  const width = Math.max(...status.tryNext.map(({ command }) => command.length));
  for (const { command, what } of status.tryNext) lines.push(`  ${command.padEnd(width)}  # ${what}`);
  return printableLines(lines.join("\n"));
}

function brokerLine({ kind, url, process }: Status["broker"]): string {
  if (kind === "none") return "(of the bridge: 'sidgate bridge' with the same configuration)";
  const where = process === undefined ? "" : `  (by the bridge ${process})`;
  return `${url}${where}${kind === "configured" ? "" : "  (embedded, for trying: set mqtt.url for a real broker)"}`;
}
