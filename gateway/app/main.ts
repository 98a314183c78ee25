/** The program `sidgate`: command line, programs, exit code. Each program is loaded when it is asked for. */
import { resolve } from "node:path";
import { type Programs, runCli } from "../admin/cli/index.ts";
import { controlSocketPath } from "../store/index.ts";
import { configCheck, configOf, configShow } from "./config/index.ts";
import { softwareVersion } from "./version.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`sidgate: ${text}\n`);
const io = { env: process.env, print };
const tool = { print, write: (bytes: Uint8Array): void => void process.stdout.write(bytes), stdin: process.stdin };

const PROGRAMS: Programs = {
  run: async (options) => (await import("./run.ts")).run(options),
  try: async (options) => (await import("./try/index.ts")).tryOut(options),
  sim: async (options) => (await import("./simulate.ts")).simulate(options),
  ask: async (options) => (await import("./ask/index.ts")).ask(options, print, note),
  configCheck: (options) => configCheck(options, io),
  configShow: (options) => configShow(options, io),
  yang: {
    compile: async (options) => (await import("./tools/yang-compile.ts")).yangCompile(options, tool),
    tree: async (options) => (await import("./tools/yang-tree.ts")).yangTree(options, tool),
    validate: async (options) => (await import("./tools/yang-validate.ts")).yangValidate(options, tool),
    convert: async (options) => (await import("./tools/yang-convert.ts")).convert(options, tool),
  },
  controlSocket: (options) => controlSocketPath(resolve(configOf(options, process.env).data)),
};

const code = await runCli(process.argv.slice(2), {
  programs: PROGRAMS,
  version: softwareVersion(),
  stdout: process.stdout,
  stderr: process.stderr,
});
// A trial may leave sockets of its nodes behind, so the exit is explicit.
process.exit(code);
