/** RFC 9595 §3, §6.5.2 — what changed between two .sid files, and which of it must not. */
import { expect, test } from "@jest/globals";
import { changeText, diff, isBroken } from "../../../gateway/yang/sid/diff.ts";
import { fileOf, type Row } from "./modules.ts";

const BASE: readonly Row[] = [
  ["module", "m", 100],
  ["data", "/m:a", 101],
  ["data", "/m:b", 102, "unstable"],
];

const CHANGES: ReadonlyArray<readonly [name: string, now: readonly Row[], lines: readonly string[], broken: boolean]> =
  [
    ["nothing", BASE, [], false],
    ["a new item", [...BASE, ["data", "/m:c", 103, "unstable"]], ["+ 103 data /m:c (unstable)"], false],
    ["a stable item that is gone", [BASE[0]!, BASE[2]!], ["- 101 data /m:a"], true],
    ["an unstable item that is gone", [BASE[0]!, BASE[1]!], ["- 102 data /m:b (unstable)"], false],
    ["a stable number that changed", [BASE[0]!, ["data", "/m:a", 110], BASE[2]!], ["! 110 data /m:a was 101"], true],
    [
      "an unstable number that changed",
      [BASE[0]!, BASE[1]!, ["data", "/m:b", 110]],
      ["! 110 data /m:b was 102"],
      false,
    ],
    [
      "two items that changed places",
      [BASE[0]!, ["data", "/m:b", 101], ["data", "/m:a", 102]],
      ["! 101 data /m:b was 102", "! 102 data /m:a was 101"],
      true,
    ],
    [
      "an old number under a new name",
      [BASE[0]!, ["data", "/m:z", 101], BASE[2]!],
      ["~ 101 data /m:z was data /m:a"],
      false,
    ],
    [
      "an item that became obsolete",
      [BASE[0]!, ["data", "/m:a", 101, "obsolete"], BASE[2]!],
      ["~ 101 data /m:a was stable, is obsolete"],
      false,
    ],
    [
      "a stable item that became unstable",
      [BASE[0]!, ["data", "/m:a", 101, "unstable"], BASE[2]!],
      ["~ 101 data /m:a was stable, is unstable"],
      true,
    ],
  ];

test.each(CHANGES)("CC-9595-3: between two files: %s", (_name, now, lines, broken) => {
  const changes = diff(fileOf(BASE), fileOf(now));
  expect(changes.map(changeText)).toEqual(lines);
  expect(changes.some(isBroken)).toBe(broken);
});

test("CC-9595-3: ranges come, but never go", () => {
  const old = fileOf([], { ranges: [[100, 50]] });
  const now = fileOf([], {
    ranges: [
      [100, 50],
      [200, 50],
    ],
  });
  expect(diff(old, now).map(changeText)).toEqual(["+ range 200-249"]);
  expect(diff(old, now).some(isBroken)).toBe(false);
  expect(diff(now, old).map(changeText)).toEqual(["- range 200-249"]);
  expect(diff(now, old).some(isBroken)).toBe(true);
});
