/** `sidgate release …` in this process, in a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "@jest/globals";
import { type Programs, type ReleasePrograms, runCli } from "../../gateway/admin/cli/index.ts";
import { releaseCreate } from "../../gateway/app/tools/release-create.ts";
import { releaseDryRun } from "../../gateway/app/tools/release-dry-run.ts";
import { releaseInspect } from "../../gateway/app/tools/release-inspect.ts";
import { releaseKeygen } from "../../gateway/app/tools/release-keygen.ts";
import { releaseReplay } from "../../gateway/app/tools/release-replay.ts";
import { releaseSever } from "../../gateway/app/tools/release-sever.ts";
import { releaseSign } from "../../gateway/app/tools/release-sign.ts";
import { releaseVerify } from "../../gateway/app/tools/release-verify.ts";
import type { ToolIo } from "../../gateway/app/tools/tool-io.ts";

/** Makes each test run in an empty folder, which is gone afterwards. */
export function inOwnFolder(): void {
  const home = process.cwd();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sidgate-release-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
}

export interface Said {
  readonly code: number;
  /** Both channels, as a terminal shows them. */
  readonly said: string;
  readonly out: string;
  /** Bytes that went to standard output as they are. */
  readonly bytes: Uint8Array;
}

const unused = (): never => {
  throw new Error("no other program is asked");
};

export const programs = (io: ToolIo): Programs => {
  const release: ReleasePrograms = {
    keygen: (options) => releaseKeygen(options, io),
    create: (options) => releaseCreate(options, io),
    sign: (options) => releaseSign(options, io),
    verify: (options) => releaseVerify(options, io),
    sever: (options) => releaseSever(options, io),
    inspect: (options) => releaseInspect(options, io),
    dryRun: (options) => releaseDryRun(options, io),
    replay: (options) => releaseReplay(options, io),
  };
  return {
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
    sid: { generate: unused, update: unused, check: unused, diff: unused, header: unused },
    release,
  };
};

/** Runs a command line of words without blanks, after `sidgate release`. */
export async function release(line: string, stdin: Uint8Array = new Uint8Array()): Promise<Said> {
  let said = "";
  let out = "";
  const written: Uint8Array[] = [];
  const note = (text: string): void => {
    said += text;
  };
  const print = (text: string): void => {
    said += text;
    out += text;
  };
  const io: ToolIo = {
    print: (text) => print(`${text}\n`),
    note: (text) => note(`sidgate: ${text}\n`),
    write: (bytes) => void written.push(bytes),
    stdin: (async function* () {
      yield stdin;
    })(),
  };
  const cli = { programs: programs(io), version: "0", stdout: { write: print }, stderr: { write: note } };
  const code = await runCli(["release", ...line.split(" ")], cli);
  return { code, said, out, bytes: Buffer.concat(written) };
}

/** The code of the error that the last line names. */
export const codeOf = (said: string): string | undefined => /\[([\w.-]+)\]\n$/.exec(said)?.[1];
