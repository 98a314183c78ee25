/** Runs one command line: output, one line (or JSON object) per error, exit code. */
import { type Command, CommanderError } from "commander";
import { explain, explanation, isCoded, UsageError } from "../../base/index.ts";
import { buildCli } from "./cli.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { GatewayRefusal } from "./gateway-client.ts";
import type { Programs } from "./programs.ts";
import { printable, printableJson } from "./table.ts";

/** An error that has more to say than its line: the details are printed first, a line each. */
export interface Detailed extends Error {
  readonly details: readonly string[];
}

const isDetailed = (error: unknown): error is Detailed =>
  error instanceof Error && "details" in error && Array.isArray(error.details);

export interface CliIo {
  readonly programs: Programs;
  readonly version: string;
  readonly stdout: { write(text: string | Uint8Array, written?: () => void): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** `args` without node and script. Resolves with the exit code, never rejects. */
export async function runCli(args: readonly string[], { programs, version, stdout, stderr }: CliIo): Promise<number> {
  let code: number = EXIT.ok;
  const json = asksForJson(args);
  const cli = buildCli({
    programs,
    version,
    print: (text) => void stdout.write(`${text}\n`),
    write: (bytes) => new Promise((written) => void stdout.write(bytes, () => written())),
    note: (text) => void stderr.write(`${text}\n`),
    exit: (given) => {
      code = given;
    },
  });
  for (const command of everyCommand(cli)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => !json && stderr.write(text), // the help, where a command is missing
      outputError: () => undefined, // told below, in our own form
    });
  }
  try {
    await cli.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok; // --help, --version
    const cause = error instanceof CommanderError ? usageError(error) : error;
    stderr.write(json ? jsonError(cause) : lines(cause));
    return exitCodeOf(cause);
  }
}

/** Looked for in the words themselves: a line that cannot be parsed must be refused in the form that it asks for. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
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

function lines(error: unknown): string {
  const details = isDetailed(error) ? error.details : [];
  const sentence = error instanceof GatewayRefusal ? explanation(error) : explain(error);
  return [...details, `sidgate: ${sentence}`].map((line) => `${printable(line)}\n`).join("");
}

/** One object on one line: the error as the API gives it, and the findings behind it if it has any. */
function jsonError(error: unknown): string {
  const details = isDetailed(error) ? { details: error.details } : {};
  return `${printableJson({ error: { ...told(error), ...details } })}\n`;
}

function told(error: unknown): { readonly code: string; readonly text: string; readonly hint: string } {
  if (error instanceof GatewayRefusal || isCoded(error)) {
    return { code: error.code, text: error.message, hint: error.hint };
  }
  // Not from our table: the operating system's word for it, e.g. EIO, or none at all.
  const code = error instanceof Error && "code" in error ? String(error.code) : "unexpected";
  return { code, text: explain(error), hint: "" };
}
