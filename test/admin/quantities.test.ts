/** Quantities as people write and read them. */
import { describe, expect, test } from "@jest/globals";
import {
  formatDuration,
  formatMoment,
  formatSize,
  parseDuration,
  parsePercent,
  parseSize,
} from "../../gateway/admin/api/quantities.ts";
import { millis } from "../../gateway/base/index.ts";

test.each([
  ["90s", 90_000],
  ["500ms", 500],
  ["15m", 900_000],
  ["1.5h", 5_400_000],
  ["7d", 604_800_000],
  ["15 m", 900_000],
  ["900", undefined],
  ["-5s", undefined],
  ["5 weeks", undefined],
  ["5toString", undefined],
  ["", undefined],
])("the duration %j is %p ms", (text, value) => expect(parseDuration(text)).toBe(value));

test.each([
  ["16MiB", 16_777_216],
  ["64 KiB", 65_536],
  ["10MB", 10_000_000],
  ["4096", 4096],
  ["1.5KiB", 1536],
  ["16mib", undefined],
  ["99999999999GiB", undefined],
  ["-1", undefined],
])("the size %j is %p bytes", (text, value) => expect(parseSize(text)).toBe(value));

test.each([
  ["15%", 15],
  ["2.5", 2.5],
  ["0", 0],
  ["100%", 100],
  ["101", undefined],
  ["1e1", undefined],
])("the percentage %j is %p", (text, value) => expect(parsePercent(text)).toBe(value));

describe("for people", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1_500_000, "1.4 MiB"],
  ])("%i bytes are %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test.each([
    [400, "0 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h"],
    [100_000_000, "1 d 3 h"],
  ])("%i ms are %s", (duration, text) => expect(formatDuration(millis(duration))).toBe(text));

  test.each([
    [undefined, "never"],
    [1_000_000, "now"],
    [940_000, "1 min ago"],
    [1_005_000, "in 5 s"],
  ])("the moment %p at 1000000 is %s", (at, text) => {
    expect(formatMoment(at === undefined ? undefined : millis(at), millis(1_000_000))).toBe(text);
  });
});
