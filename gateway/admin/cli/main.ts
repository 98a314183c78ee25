/** Runs one command line: output, one line per error, exit code. */
import { type Command, CommanderError } from "commander";
import { explain, explanation, UsageError } from "../../base/index.ts";
import { buildCli } from "./cli.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { GatewayRefusal } from "./gateway-client.ts";
import type { Programs } from "./programs.ts";
import { printable } from "./table.ts";

/** An error that has more to say than its line: the details are printed first, a line each. */
export interface Detailed extends Error {
  readonly details: readonly string[];
}

const isDetailed = (error: unknown): error is Detailed =>
  error instanceof Error && "details" in error && Array.isArray(error.details);

export interface CliIo {
  readonly programs: Programs;
  readonly version: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** `args` without node and script. Resolves with the exit code, never rejects. */
export async function runCli(args: readonly string[], { programs, version, stdout, stderr }: CliIo): Promise<number> {
  let code: number = EXIT.ok;
  const cli = buildCli({
    programs,
    version,
    print: (text) => void stdout.write(`${text}\n`),
    exit: (given) => {
      code = given;
    },
  });
  for (const command of everyCommand(cli)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => undefined, // told below, in our own form
    });
  }
  try {
    await cli.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok; // --help, --version
    const cause = error instanceof CommanderError ? usageError(error) : error;
    if (isDetailed(cause)) for (const line of cause.details) stderr.write(`${printable(line)}\n`);
    stderr.write(`sidgate: ${printable(sentence(cause))}\n`);
    return exitCodeOf(cause);
  }
}

function* everyCommand(command: Command): Iterable<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

function usageError(error: CommanderError): UsageError {
  if (error.code === "commander.help") return new UsageError("cli.usage", { what: "a command is missing" });
  // "error: unknown option '--lsos'\n(Did you mean --loss?)" → one line
  return new UsageError("cli.usage", {
    what: error.message
      .replace(/^error: /, "")
      .replaceAll("\n", " ")
      .replace(/\.$/, ""),
  });
}

function sentence(error: unknown): string {
  return error instanceof GatewayRefusal ? explanation(error) : explain(error);
}
