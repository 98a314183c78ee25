/** `sidgate sid`: the conversations of docs/sid.md as they are printed there, and what the command line refuses. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Programs, runCli } from "../../gateway/admin/cli/index.ts";
import { sidCheck, sidDiff } from "../../gateway/app/tools/sid-check.ts";
import { sidGenerate } from "../../gateway/app/tools/sid-generate.ts";
import { sidHeader } from "../../gateway/app/tools/sid-header.ts";
import { sidUpdate } from "../../gateway/app/tools/sid-update.ts";

const PAGE = readFileSync(new URL("../../docs/sid.md", import.meta.url), "utf8");

/** The file names of the page are relative, as are those that the commands choose. */
const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidgate-sid-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const unused = (): never => {
  throw new Error("no other program is asked");
};

/** Runs a command line of words without blanks; what it says, on both channels. */
async function sidgate(line: string): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  const write = (text: string): void => {
    said += text;
  };
  const print = (text: string): void => write(`${text}\n`);
  const programs: Programs = {
    run: unused,
    gateway: unused,
    bridge: unused,
    try: unused,
    sim: unused,
    ask: unused,
    configCheck: unused,
    configShow: unused,
    serviceInstall: unused,
    doctor: unused,
    backUpStopped: unused,
    restore: unused,
    campaignPlan: unused,
    controlSocket: unused,
    yang: { compile: unused, tree: unused, validate: unused, convert: unused },
    sid: {
      generate: (options) => sidGenerate(options, print),
      update: (options) => sidUpdate(options, print),
      check: (options) => sidCheck(options, print),
      diff: (options) => sidDiff(options, print),
      header: (options) => sidHeader(options, print),
    },
    release: {
      keygen: unused,
      create: unused,
      sign: unused,
      verify: unused,
      sever: unused,
      inspect: unused,
      dryRun: unused,
      replay: unused,
    },
  };
  const io = { programs, version: "0", stdout: { write }, stderr: { write } };
  return { code: await runCli(line.split(" "), io), said };
}

test("CC-tools-sid: the page says what the commands say", async () => {
  for (const [, name = "", text = ""] of PAGE.matchAll(/^`([\w@.-]+)`:\n\n```\w+\n([\s\S]*?)```/gm)) {
    writeFileSync(name, text);
  }
  const blocks = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  expect(blocks).toHaveLength(3);
  for (const block of blocks) {
    let printed = "";
    for (const [, line = ""] of block.matchAll(/^\$ sidgate (.*)$/gm)) {
      printed += `$ sidgate ${line}\n${(await sidgate(line)).said}`;
    }
    expect(printed).toBe(block);
  }
  expect(JSON.parse(readFileSync("ranges.json", "utf8")).ranges).toHaveLength(2);
});

const MODULE = (body: string, revision = "2026-01-01"): string =>
  `module m { yang-version 1.1; namespace "urn:m"; prefix m; revision ${revision}; ${body} }`;
const RANGES = JSON.stringify({ blocks: [{ "entry-point": 100, size: 100 }], ranges: [] });

describe("on the command line", () => {
  beforeEach(() => {
    writeFileSync("m.yang", MODULE("leaf a { type int8; } leaf b { type int8; }"));
    writeFileSync("n.yang", MODULE("leaf b { type int8; } leaf c { type int8; }", "2026-02-01"));
    writeFileSync("ranges.json", RANGES);
  });

  test("a file goes to standard output, or under its own name", async () => {
    const { said } = await sidgate("sid generate m.yang --range 100:50 --out -");
    await sidgate("sid generate m.yang --range 100:50");
    expect(said).toBe(`${readFileSync("m@2026-01-01.sid", "utf8")}\n`);
  });

  test("an update may replace the file that it goes on from, but no other", async () => {
    await sidgate("sid generate m.yang --range 100:50 --out n.sid");
    writeFileSync("other.sid", "");
    expect((await sidgate("sid update n.sid n.yang --out other.sid")).said).toContain("[cli.file-exists]");
    expect((await sidgate("sid update n.sid n.yang --out n.sid")).code).toBe(0);
    expect((await sidgate("sid update n.sid n.yang --out n.sid")).said).toContain("up to date");
  });

  test("CC-tools-sid: an update says how many numbers it needs, and whether there is room", async () => {
    await sidgate("sid generate m.yang --range 100:3");
    expect((await sidgate("sid update m@2026-01-01.sid n.yang --count")).said).toBe(
      "1 more SID is needed; the ranges lack 1.\n",
    );
    expect((await sidgate("sid update m@2026-01-01.sid n.yang")).said).toContain("[yang.sid-exhausted]");
    expect((await sidgate("sid update m@2026-01-01.sid n.yang --range 200:50")).code).toBe(0);
  });

  test("nothing is noted in the registry when no file comes of it", async () => {
    expect((await sidgate("sid generate m.yang --registry ranges.json --size 2")).said).toContain(
      "[yang.sid-exhausted]",
    );
    expect(readFileSync("ranges.json", "utf8")).toBe(RANGES);
  });

  test("a module that has its range takes it again", async () => {
    await sidgate("sid generate m.yang --registry ranges.json --size 50");
    expect((await sidgate("sid generate m.yang --registry ranges.json --force")).said).toContain(
      "3 of 50 SIDs of 100-149",
    );
  });

  test("CC-tools-sid: a stable number that vanished is an error of diff and of check", async () => {
    await sidgate("sid generate m.yang --range 100:50 --finalise");
    await sidgate("sid generate n.yang --range 100:50 --finalise");
    for (const verb of ["diff", "check"]) {
      expect((await sidgate(`sid ${verb} m@2026-01-01.sid n@x.sid`)).said).toContain("[cli.file]");
    }
    await sidgate("sid generate n.yang --range 100:50 --finalise --out n.sid --force");
    const told = await sidgate("sid diff m@2026-01-01.sid n.sid");
    expect(told).toMatchObject({ code: 1 });
    expect(told.said).toContain("! 101 data /m:b was 102  <- must not be (RFC 9595 §3)");
    expect((await sidgate("sid check m@2026-01-01.sid n.sid")).said).toContain("[number-changed]");
    const { valid, changes } = JSON.parse((await sidgate("sid diff m@2026-01-01.sid n.sid --json")).said);
    expect([valid, changes.length]).toEqual([false, 3]);
  });

  test("CC-tools-sid: a header is made of the numbers and the source of one module", async () => {
    await sidgate("sid generate m.yang --range 100:50");
    writeFileSync("other.yang", 'module other { namespace "urn:other"; prefix o; leaf a { type int8; } }');
    const { said, code } = await sidgate("sid header m@2026-01-01.sid other.yang");
    expect([code, said]).toEqual([1, expect.stringContaining("[yang.sid-other-module]")]);
  });

  test("findings as JSON", async () => {
    await sidgate("sid generate m.yang --range 100:50");
    const { said, code } = await sidgate("sid check m@2026-01-01.sid n.yang --json");
    expect(code).toBe(1);
    const { valid, findings } = JSON.parse(said);
    expect(valid).toBe(false);
    expect(findings[0]).toMatchObject({ file: "m@2026-01-01.sid", level: "error", rule: "other-revision" });
  });

  test.each<readonly [line: string, code: number, told: string]>([
    ["sid generate m.yang", 64, "[cli.usage]"],
    ["sid generate m.yang --size 50", 64, "[cli.usage]"],
    ["sid generate m.yang --range 100", 64, "[cli.usage]"],
    ["sid generate m.yang --range 0:50", 64, "[cli.usage]"],
    ["sid generate m.yang --range 9007199254740990:50", 64, "[cli.usage]"],
    ["sid generate m.yang --range 100:50 --dialect pyang", 64, "[cli.usage]"],
    ["sid generate m.yang --registry ranges.json --size 0", 64, "[cli.usage]"],
    ["sid generate x.yang --range 100:50", 74, "[cli.file]"],
    ["sid generate ranges.json --range 100:50", 1, "[yang.parse]"],
    ["sid generate m.yang --range 100:50 --out x/y.sid", 74, "[cli.file-write]"],
    ["sid generate m.yang --range 100:50 --registry m.yang", 1, "[yang.sid-registry]"],
    ["sid check m.yang", 64, "[cli.usage]"],
    ["sid check a.sid m.yang n.yang", 64, "[cli.usage]"],
    ["sid check m.yang ranges.json", 1, "[yang.sid-file]"],
    ["sid header ranges.json --prefix 1", 64, "[cli.usage]"],
    ["sid header ranges.json", 1, "[yang.sid-file]"],
  ])("%s ends with %i", async (line, code, told) => {
    const answer = await sidgate(line);
    expect(answer.said).toContain(told);
    expect(answer.code).toBe(code);
    expect(existsSync("m@2026-01-01.sid")).toBe(false);
  });
});
