/** Is the clock right? Every row of the decision, and that nothing but what it is told decides. */
import { describe, expect, test } from "@jest/globals";
import { type Millis, millis, minutes, seconds } from "../../../gateway/base/index.ts";
import { type ClockReason, type ClockSetting, judge, type Told } from "../../../gateway/service/timekeeping/index.ts";

const NOW = millis(Date.parse("2026-11-21T12:00:00Z"));
const BOOT_1970 = millis(12_000);
const yes: Told = { by: "chrony", synchronised: true };
const no: Told = { by: "chrony", synchronised: false };

interface Row {
  readonly setting?: ClockSetting;
  readonly reads?: Millis;
  readonly newest?: Millis;
  readonly told?: Told;
}

const ROWS: ReadonlyArray<readonly [name: string, seen: Row, synchronised: boolean, why: ClockReason]> = [
  ["nothing tells and nothing speaks against it", {}, true, "plausible"],
  ["the time service says that it is right", { told: yes }, true, "told"],
  ["the time service says that it is not", { told: no }, false, "not-synchronised"],
  ["it starts in 1970", { reads: BOOT_1970 }, false, "before-release"],
  [
    "it starts in 1970, and something claims that this is right",
    { reads: BOOT_1970, told: yes },
    false,
    "before-release",
  ],
  ["its battery is empty and it comes up in 2099", { reads: millis(Date.UTC(2099, 0)) }, false, "far-future"],
  ["it starts where it was last shut down", { newest: millis(NOW + minutes(2)) }, false, "before-journal"],
  ["it was put back by seconds between two starts", { newest: millis(NOW + seconds(30)) }, true, "plausible"],
  ["it goes on after the journal's last entry", { newest: millis(NOW - minutes(2)) }, true, "plausible"],
  [
    "the time service outranks a journal from the future",
    { newest: millis(NOW + minutes(2)), told: yes },
    true,
    "told",
  ],
  ["a person says that it is right", { setting: "yes", told: no, reads: BOOT_1970 }, true, "set-by-hand"],
  ["a person tries what happens without", { setting: "no", told: yes }, false, "switched-off"],
];

describe("time: the clock is judged by what can be seen of it", () => {
  test.each(ROWS)("%s", (_name, { setting = "auto", reads = NOW, newest, told }, synchronised, why) => {
    expect(judge(setting, { reads, newest, told })).toEqual({ synchronised, why });
  });
});
