/** What the machine's time services say, by their files and by the words of their own programs. */
import { describe, expect, test } from "@jest/globals";
import { machineTime } from "../../gateway/app/clock/index.ts";

const TRACKING = "C0A80001,192.168.0.1,3,1763726400.1,0.000011,0.000004,0.00002,-8.1,0.001,0.02,0.001,0.0005,64.3";
const FOLDER = "/run/systemd/timesync";

interface Seen {
  readonly files?: readonly string[];
  readonly chronyc?: string;
  readonly timedatectl?: string;
}

const ROWS: ReadonlyArray<readonly [name: string, seen: Seen, told: string]> = [
  ["nothing is there", {}, "nothing tells"],
  ["timesyncd has not yet set the clock", { files: [FOLDER] }, "systemd-timesyncd: no"],
  ["timesyncd has set the clock", { files: [FOLDER, `${FOLDER}/synchronized`] }, "systemd-timesyncd: yes"],
  ["chrony follows a server", { chronyc: `${TRACKING},Normal\n` }, "chrony: yes"],
  ["chrony in the hours before a leap second", { chronyc: `${TRACKING},Insert second\n` }, "chrony: yes"],
  ["chrony has found no server yet", { chronyc: `${TRACKING},Not synchronised\n` }, "chrony: no"],
  ["chrony without a reference", { chronyc: `00000000,,0,0,0,0,0,0,0,0,0,0,0,Normal\n` }, "chrony: no"],
  ["chrony follows its own clock", { chronyc: `7F7F0101,,10,0,0,0,0,0,0,0,0,0,0,Normal\n` }, "nothing tells"],
  ["chrony answers in another form", { chronyc: "506 Cannot talk to daemon\n" }, "nothing tells"],
  ["another service has set the clock", { timedatectl: "NTP=yes\nNTPSynchronized=yes\n" }, "systemd: yes"],
  ["another service has not", { timedatectl: "NTP=yes\nNTPSynchronized=no\n" }, "systemd: no"],
  [
    "no service is there, as where a host keeps the time",
    { timedatectl: "NTP=no\nNTPSynchronized=no\n" },
    "nothing tells",
  ],
  ["chrony outranks what systemd knows", { chronyc: `${TRACKING},Normal\n`, timedatectl: "NTP=yes\n" }, "chrony: yes"],
];

describe("time: the machine's time service", () => {
  test.each(ROWS)("%s", async (_name, { files = [], ...programs }, expected) => {
    const told = await machineTime({
      exists: (path) => Promise.resolve(files.includes(path)),
      run: (program) => Promise.resolve(programs[program as keyof typeof programs]),
    })();
    expect(told === undefined ? "nothing tells" : `${told.by}: ${told.synchronised ? "yes" : "no"}`).toBe(expected);
  });
});
