/**
 * Asks this machine whether its clock is right: systemd-timesyncd by its files, chrony and whatever systemd knows of by their
 * own programs. Nothing is asked over the network, and whoever cannot tell is passed over.
 */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { TimeSource, Told } from "../../service/timekeeping/index.ts";

export interface Machine {
  exists(path: string): Promise<boolean>;
  /** What the program prints; undefined when it is not there, fails or takes too long. */
  run(program: string, args: readonly string[]): Promise<string | undefined>;
}

/** One after the other: the first that can tell is believed. */
export function machineTime(machine: Machine): TimeSource {
  return async () => (await timesyncd(machine)) ?? (await chrony(machine)) ?? (await systemd(machine));
}

/** systemd-timesyncd(8), "Files": the folder is there while it runs, the file once it has set the clock in this boot. */
const TIMESYNC = "/run/systemd/timesync";

async function timesyncd({ exists }: Machine): Promise<Told | undefined> {
  if (!(await exists(TIMESYNC))) return undefined;
  return { by: "systemd-timesyncd", synchronised: await exists(join(TIMESYNC, "synchronized")) };
}

/** chronyc(1), "tracking" with -c: reference, name, stratum, ..., leap status as the last of 14. */
const COLUMNS = 14;
/** 127.127.1.1: chronyd takes its own clock for the reference, so it knows nothing of others. */
const OWN_CLOCK = "7F7F0101";

async function chrony({ run }: Machine): Promise<Told | undefined> {
  const columns = (await run("chronyc", ["-n", "-c", "tracking"]))?.trim().split(",") ?? [];
  const [reference, , stratum] = columns;
  if (columns.length < COLUMNS || reference === OWN_CLOCK) return undefined;
  const leap = columns[COLUMNS - 1];
  return { by: "chrony", synchronised: stratum !== "0" && leap !== "Not synchronised" };
}

/** timedatectl(1): NTPSynchronized is the kernel's flag (adjtimex), whoever keeps it; NTP = a time service is enabled. */
async function systemd({ run }: Machine): Promise<Told | undefined> {
  const said = await run("timedatectl", ["show", "--property=NTP", "--property=NTPSynchronized"]);
  const lines = new Set(said?.split("\n"));
  if (lines.has("NTPSynchronized=yes")) return { by: "systemd", synchronised: true };
  // Without a service the flag says nothing: the clock may be that of a host, or one with a battery.
  return lines.has("NTP=yes") && lines.has("NTPSynchronized=no") ? { by: "systemd", synchronised: false } : undefined;
}

const PATIENCE_MS = 2000;

/** The machine that this runs on. A program that is not installed is not looked for again. */
export function thisMachine(): Machine {
  const missing = new Set<string>();
  return {
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    run: (program, args) =>
      missing.has(program)
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            const env = { ...process.env, LC_ALL: "C" };
            execFile(program, args, { env, timeout: PATIENCE_MS, windowsHide: true }, (error, stdout) => {
              if (error?.code === "ENOENT") missing.add(program);
              resolve(error === null ? stdout : undefined);
            });
          }),
  };
}
