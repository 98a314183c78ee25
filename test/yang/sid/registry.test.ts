/** RFC 9595 §6.3.2 — an organisation's ranges: the next free one, and none twice. And ours, against the page for people. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { nextRange, readRegistry, registryText, withRange } from "../../../gateway/yang/sid/registry.ts";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { refusal } from "../compile/inline.ts";

type Range = readonly [module: string, entry: number, size: number];
const text = (ranges: readonly Range[], blocks: ReadonlyArray<readonly [number, number]> = [[60_000, 500]]): string =>
  JSON.stringify({
    blocks: blocks.map(([entry, size]) => ({ "entry-point": entry, size })),
    ranges: ranges.map(([module, entry, size]) => ({ module, "entry-point": entry, size })),
  });
const registry = (...ranges: readonly Range[]) => readRegistry(text(ranges), "ranges.json");

describe("the next free range", () => {
  const ROWS: ReadonlyArray<readonly [name: string, ranges: readonly Range[], size: number, entry: number]> = [
    ["the first of an empty block", [], 100, 60_000],
    ["behind the others", [["a", 60_000, 100]], 100, 60_100],
    [
      "in a gap that is wide enough",
      [
        ["a", 60_000, 100],
        ["b", 60_200, 100],
      ],
      100,
      60_100,
    ],
    [
      "past a gap that is too narrow",
      [
        ["a", 60_000, 100],
        ["b", 60_150, 100],
      ],
      100,
      60_250,
    ],
    ["at a multiple of 50", [["a", 60_000, 110]], 50, 60_150],
    ["up to the last number of the block", [["a", 60_000, 400]], 100, 60_400],
  ];
  test.each(ROWS)("%s", (_name, ranges, size, entry) => {
    expect(nextRange(registry(...ranges), size)).toEqual({ entryPoint: entry, size });
  });

  test("CC-SID-10: in the next block, when one is full", () => {
    const two = readRegistry(
      text(
        [["a", 60_000, 500]],
        [
          [70_000, 100],
          [60_000, 500],
        ],
      ),
      "ranges.json",
    );
    expect(nextRange(two, 100)).toEqual({ entryPoint: 70_000, size: 100 });
  });
});

const REFUSED: ReadonlyArray<readonly [name: string, run: () => unknown, refused: object]> = [
  ["no room", () => nextRange(registry(["a", 60_000, 450]), 100), { code: "yang.sid-no-room", size: 100 }],
  [
    "a range into another's",
    () => withRange(registry(["a", 60_000, 100]), { module: "b", entryPoint: 60_050, size: 100 }),
    { code: "yang.sid-taken", module: "b", range: "60050-60149", other: "a", otherRange: "60000-60099" },
  ],
  [
    "a range outside the blocks",
    () => withRange(registry(), { module: "b", entryPoint: 60_450, size: 100 }),
    { code: "yang.sid-registry" },
  ],
  ["a file in which two overlap", () => registry(["a", 60_000, 100], ["b", 60_099, 10]), { code: "yang.sid-taken" }],
  [
    "a file that is no JSON",
    () => readRegistry("{", "ranges.json"),
    { code: "yang.sid-registry", file: "ranges.json" },
  ],
  ["a member that is misspelt", () => readRegistry('{"block":[],"ranges":[]}', "r"), { code: "yang.sid-registry" }],
  ["an entry point of 0", () => registry(["a", 0, 10]), { code: "yang.sid-registry" }],
];
test.each(REFUSED)("CC-SID-10: %s is refused", (_name, run, refused) => {
  expect(refusal(run)).toMatchObject(refused);
});

describe("our own", () => {
  const MODELS = new URL("../../../yang-models/", import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, MODELS), "utf8");
  const ours = readRegistry(read("ranges.json"), "ranges.json");

  test("is written as it stands", () => {
    expect(registryText(ours)).toBe(read("ranges.json"));
  });

  test("is the table of yang-models/README.md", () => {
    const rows = [...read("README.md").matchAll(/^\| `([\w-]+)` \| (\d+)-(\d+) \| (.+?) \|$/gm)];
    expect(rows.map(([, module, low, high, comment]) => [module, Number(low), Number(high), comment])).toEqual(
      ours.ranges.map(({ module, entryPoint, size, comment }) => [module, entryPoint, entryPoint + size - 1, comment]),
    );
  });

  test("CC-SID-10: holds the ranges of our .sid files, and no others", () => {
    const files = readdirSync(MODELS).filter((name) => name.endsWith(".sid"));
    const found = files.flatMap((name) => {
      const { module, ranges } = readSidFile(read(name), name);
      return ranges.map(({ entryPoint, size }) => [module, entryPoint, size]);
    });
    expect(found.sort()).toEqual(ours.ranges.map(({ module, entryPoint, size }) => [module, entryPoint, size]).sort());
  });
});
