/** The C header of a .sid file: what it says, that a C99 compiler takes it, and that a node can speak by it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { fromHex } from "../../../gateway/base/index.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import { decodeTree, toJson } from "../../../gateway/yang/index.ts";
import { bindSids } from "../../../gateway/yang/sid/bind.ts";
import { cHeader } from "../../../gateway/yang/sid/c-header.ts";
import { isMacroName, signed, unsigned, usualPrefix } from "../../../gateway/yang/sid/c-names.ts";
import { generate } from "../../../gateway/yang/sid/generate.ts";
import { readSidFile, type SidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { compileTexts } from "../compile/inline.ts";
import { fileOf, moduleM, moduleNamed, treeOf } from "./modules.ts";

const GCC = ["/usr/bin/gcc", "/usr/bin/cc"].find(existsSync);
const folder = mkdtempSync(join(tmpdir(), "sidgate-header-"));
afterAll(() => rmSync(folder, { recursive: true }));

const defined = (header: string): Map<string, string> =>
  new Map(
    [...header.matchAll(/^#define (\w+)(?: (.*?))?(?: \/\*.*)?$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );

const ROOM = moduleM(
  `identity kind; identity office { base kind; } feature heating;
   container room {
     leaf temperature { type decimal64 { fraction-digits 2; } units "°C */ ??/"; }
     leaf mode { type enumeration { enum off; enum "on"; enum trial { value -3; } enum a-b; enum a_b; } }
     leaf flags { type bits { bit open; bit hot { position 9; } } }
     leaf kind { type identityref { base kind; } }
     leaf either { type union { type enumeration { enum x { value 7; } } type enumeration { enum x; } type int8; } }
     leaf same { type leafref { path "../mode"; } }
     choice k { leaf a-b { type int8; } container a { leaf b { type int8; } } }
     list slot { key "to from"; leaf from { type uint8; } leaf to { type uint8; } }
   }
   rpc open { input { leaf for { type uint16; } } }`,
);
const FILE = generate(treeOf(ROOM), [{ entryPoint: 60_000, size: 50 }], { dialect: "rfc9595", finalise: true });
const SCHEMA = openSchema(bindSids(compileTexts([ROOM]), [FILE]));
const HEADER = cHeader(FILE, { schema: SCHEMA });

describe("what it says", () => {
  const macros = defined(HEADER);
  const sid = (identifier: string): number => FILE.items.find((item) => item.identifier === identifier)?.sid ?? 0;

  test.each<readonly [string, () => string]>([
    ["M_MODULE_SID", () => "60000u"],
    ["M_IDENTITY_OFFICE_SID", () => `${sid("office")}u`],
    ["M_FEATURE_HEATING_SID", () => `${sid("heating")}u`],
    ["M_ROOM_SID", () => `${sid("/m:room")}u`],
    ["M_ROOM_DELTA", () => String(sid("/m:room"))],
    ["M_ROOM_TEMPERATURE_DELTA", () => String(sid("/m:room/temperature") - sid("/m:room"))],
    ["M_ROOM_TEMPERATURE_EXPONENT", () => "(-2)"],
    ["M_ROOM_MODE_ENUM_OFF", () => "0"],
    ["M_ROOM_MODE_ENUM_TRIAL", () => "(-3)"],
    ["M_ROOM_SAME_ENUM_TRIAL", () => "(-3)"],
    ["M_ROOM_FLAGS_BIT_HOT", () => "9"],
    ["M_ROOM_SLOT_FROM_DELTA", () => String(sid("/m:room/slot/from") - sid("/m:room/slot"))],
    ["M_OPEN_INPUT_FOR_DELTA", () => String(sid("/m:open/input/for") - sid("/m:open"))],
  ])("CC-SID-11: %s", (name, value) => {
    expect(macros.get(name)).toBe(value());
  });

  test("keys in the order of the key statement", () => {
    expect(HEADER).toContain("/m:room/slot: list, keys in this order: to, from");
  });

  test("CC-SID-11: names that C cannot tell apart get the number of the node behind them", () => {
    const both = ["/m:room/a-b", "/m:room/a/b"].map(sid);
    const named = [...macros].filter(([name]) => /^M_ROOM_A_B(_\d+)?_SID$/.test(name)).map(([, value]) => value);
    expect(named.sort()).toEqual(both.map((each) => `${each}u`).sort());
    expect([...macros.keys()].filter((name) => name.startsWith("M_ROOM_EITHER_ENUM_X"))).toHaveLength(2);
    expect([...macros.keys()].filter((name) => name.startsWith("M_ROOM_MODE_ENUM_A_B"))).toHaveLength(2);
  });

  test("input and output are no key of a map", () => {
    expect(macros.has("M_OPEN_INPUT_SID")).toBe(true);
    expect(macros.has("M_OPEN_INPUT_DELTA")).toBe(false);
  });

  test("without the module there are the numbers alone, obsolete ones as a comment", () => {
    const bare = cHeader(
      fileOf([
        ["data", "/m:room/t:x", 101],
        ["data", "/m:gone", 102, "obsolete"],
      ]),
      { prefix: "P" },
    );
    expect([...defined(bare).keys()]).toEqual(["P_SID_H", "P_ROOM_X_SID"]);
    expect(bare).toContain("/* 102 was data /m:gone */");
  });

  test("a delta needs the number of the node around it, whoever gives it", () => {
    const target = moduleNamed("t", "container top;");
    const source = moduleM("augment /p:top { leaf b { type int8; } }", { head: "import t { prefix p; }" });
    const own = fileOf([["data", "/t:top/m:b", 101]]);
    const theirs = fileOf([["data", "/t:top", 205]], { module: "t", ranges: [[200, 50]] });
    const headerWith = (...files: readonly SidFile[]): string =>
      cHeader(own, { schema: openSchema(bindSids(compileTexts([source, target]), files)) });
    expect(defined(headerWith(own, theirs)).get("M_TOP_B_DELTA")).toBe("(-104)");
    expect(headerWith(own)).toContain("no delta");
  });
});

test.each<readonly [number, string, string]>([
  [60_001, "60001u", "60001"],
  [0xffff_ffff, "4294967295u", "4294967295ll"],
  [0x1_0000_0000, "4294967296ull", "4294967296ll"],
])("%i is %s or %s", (value, bare, plain) => {
  expect([unsigned(value), signed(value)]).toEqual([bare, plain]);
});
test("numbers below zero stand in brackets, and the lowest int is made of two", () => {
  expect([signed(-1), signed(-0x8000_0000), signed(-0x8000_0001)]).toEqual([
    "(-1)",
    "(-2147483647 - 1)",
    "(-2147483649ll)",
  ]);
});
test("prefixes are what C leaves to programs", () => {
  expect([usualPrefix("sidgate-node"), usualPrefix("_x.y")]).toEqual(["SIDGATE_NODE", "M_X_Y"]);
  expect(["A1_", "_A", "1A", "", "A-B"].map(isMacroName)).toEqual([true, false, false, false, false]);
});

/** A node that writes a room: a map in a map, keys by their deltas. */
const NODE = `#include <stdio.h>
#include "m.h"

static void put(long value, unsigned major) {
  if (major == 0 && value < 0) { value = -1 - value; major = 1; }
  if (value < 24) { printf("%02lx", ((unsigned long)major << 5) | (unsigned long)value); }
  else if (value < 256) { printf("%02x%02lx", (major << 5) | 24u, (unsigned long)value); }
  else { printf("%02x%04lx", (major << 5) | 25u, (unsigned long)value); }
}

int main(void) {
  put(1, 5); put(M_ROOM_DELTA, 0); put(5, 5);
  put(M_ROOM_TEMPERATURE_DELTA, 0); put(4, 6); put(2, 4); put(M_ROOM_TEMPERATURE_EXPONENT, 0); put(2150, 0);
  put(M_ROOM_MODE_DELTA, 0); put(M_ROOM_MODE_ENUM_TRIAL, 0);
  put(M_ROOM_FLAGS_DELTA, 0); put(2, 2); printf("%02x%02x", 1u << M_ROOM_FLAGS_BIT_OPEN, 1u << (M_ROOM_FLAGS_BIT_HOT - 8));
  put(M_ROOM_KIND_DELTA, 0); put(M_IDENTITY_OFFICE_SID, 0);
  put(M_ROOM_SLOT_DELTA, 0); put(1, 4); put(2, 5);
  put(M_ROOM_SLOT_FROM_DELTA, 0); put(8, 0); put(M_ROOM_SLOT_TO_DELTA, 0); put(17, 0);
  return 0;
}
`;
const FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];

(GCC ? describe : describe.skip)("in C99 (needs gcc)", () => {
  const gcc = (...args: readonly string[]): unknown => execFileSync(GCC ?? "", args, { cwd: folder, stdio: "pipe" });

  test("CC-SID-11 CC-V1 CC-V11 CC-V13 CC-V14 CC-V16: what a node writes by it is what the codec reads", () => {
    writeFileSync(join(folder, "m.h"), HEADER);
    writeFileSync(join(folder, "node.c"), NODE);
    gcc(...FLAGS, "-o", "node", "node.c");
    const bytes = fromHex(execFileSync(join(folder, "node"), { encoding: "utf8" }));
    const room = {
      temperature: "21.5",
      mode: "trial",
      flags: "open hot",
      kind: "m:office",
      slot: [{ from: 8, to: 17 }],
    };
    expect(toJson(decodeTree(bytes!, SCHEMA), SCHEMA)).toEqual({ "m:room": room });
  });

  test("CC-SID-11: the headers of our own modules compile side by side, and again when included twice", () => {
    const models = new URL("../../../yang-models/", import.meta.url);
    const names = readdirSync(models).filter((name) => name.endsWith(".sid"));
    const text = (name: string): string => readFileSync(new URL(name, models), "utf8");
    for (const name of names) writeFileSync(join(folder, `${name}.h`), cHeader(readSidFile(text(name), name), {}));
    const includes = [...names, ...names].map((name) => `#include "${name}.h"\n`);
    writeFileSync(join(folder, "all.c"), `${includes.join("")}long last = SIDGATE_GATEWAY_MODULE_SID;\n`);
    gcc(...FLAGS, "-c", "all.c");
  });
});
