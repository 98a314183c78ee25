/** The program `sidgate`: command line, programs, exit code. Each program is loaded when it is asked for. */
import { resolve } from "node:path";
import { EXIT, type Programs, runCli } from "../admin/cli/index.ts";
import { explain, UsageError } from "../base/index.ts";
import { softwareVersion } from "./version.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`sidgate: ${text}\n`);
const io = { env: process.env, print };
const write = (bytes: Uint8Array): void => void process.stdout.write(bytes);
const tool = { print, write, note, stdin: process.stdin };

const PROGRAMS: Programs = {
  run: async (options) => (await import("./run.ts")).run(options),
  gateway: async (options) => (await import("./run.ts")).gateway(options),
  bridge: async (options) => (await import("./cloud/bridge-process.ts")).bridge(options),
  try: async (options) => (await import("./try/index.ts")).tryOut(options),
  sim: async (options) => (await import("./sim/simulate.ts")).simulate(options),
  ask: async (options) => (await import("./ask/index.ts")).ask(options, print, note),
  configCheck: async (options) => (await import("./config/index.ts")).configCheck(options, io),
  configShow: async (options) => (await import("./config/index.ts")).configShow(options, io),
  serviceInstall: async (options) => (await import("./service-unit/install.ts")).serviceInstall(options, print),
  doctor: async (options) => (await import("./doctor/index.ts")).doctor(options, io),
  backUpStopped: async (options) => (await import("./backup/programs.ts")).backUpStopped(options, process.env),
  restore: async (options) => (await import("./backup/programs.ts")).restore(options, io),
  yang: {
    compile: async (options) => (await import("./tools/yang-compile.ts")).yangCompile(options, tool),
    tree: async (options) => (await import("./tools/yang-tree.ts")).yangTree(options, tool),
    validate: async (options) => (await import("./tools/yang-validate.ts")).yangValidate(options, tool),
    convert: async (options) => (await import("./tools/yang-convert.ts")).convert(options, tool),
  },
  sid: {
    generate: async (options) => (await import("./tools/sid-generate.ts")).sidGenerate(options, print),
    update: async (options) => (await import("./tools/sid-update.ts")).sidUpdate(options, print),
    check: async (options) => (await import("./tools/sid-check.ts")).sidCheck(options, print),
    diff: async (options) => (await import("./tools/sid-check.ts")).sidDiff(options, print),
    header: async (options) => (await import("./tools/sid-header.ts")).sidHeader(options, print),
  },
  release: {
    keygen: async (options) => (await import("./tools/release-keygen.ts")).releaseKeygen(options, tool),
    create: async (options) => (await import("./tools/release-create.ts")).releaseCreate(options, tool),
    sign: async (options) => (await import("./tools/release-sign.ts")).releaseSign(options, tool),
    verify: async (options) => (await import("./tools/release-verify.ts")).releaseVerify(options, tool),
    sever: async (options) => (await import("./tools/release-sever.ts")).releaseSever(options, tool),
    inspect: async (options) => (await import("./tools/release-inspect.ts")).releaseInspect(options, tool),
    dryRun: async (options) => (await import("./tools/release-dry-run.ts")).releaseDryRun(options, tool),
    replay: async (options) => (await import("./tools/release-replay.ts")).releaseReplay(options, tool),
  },
  campaignPlan: async (file) => (await import("./tools/campaign-plan.ts")).campaignPlan(file),
  controlSocket: async (options) => {
    const [{ configOf }, { controlSocketPath }] = await Promise.all([
      import("./config/index.ts"),
      import("../store/index.ts"),
    ]);
    return controlSocketPath(resolve(configOf(options, process.env).data));
  },
};

// A full disk is no success; a reader who has seen enough, as in "| head", is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  note(explain(new UsageError("cli.file-write", { path: "standard output", reason: error.code ?? error.message })));
  process.exit(EXIT.io);
});

const code = await runCli(process.argv.slice(2), {
  programs: PROGRAMS,
  version: softwareVersion(),
  stdout: process.stdout,
  stderr: process.stderr,
});
await new Promise((written) => process.stdout.write("", written));
// A trial may leave sockets of its nodes behind, so the exit is explicit.
process.exit(code);
