/** `sidgate sid`: numbers for the items of modules (RFC 9595), without a gateway. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Dialect, SidRange } from "../../yang/sid/index.ts";
import type { CliContext } from "./asking.ts";
import { OPTIONS } from "./options.ts";

interface Sources {
  /** Where imports are looked for, besides the folder of the module and the built-in models. */
  readonly path: readonly string[];
}

interface Output {
  /** `-` is standard output. */
  readonly out?: string;
  readonly force: boolean;
}

interface Ranges {
  readonly range: readonly SidRange[];
  /** File with the ranges of an organisation. */
  readonly registry?: string;
  /** How large a range to take from the registry. */
  readonly size?: number;
}

interface Numbers extends Sources, Output, Ranges {
  readonly dialect?: Dialect;
  readonly pyangQuirks: boolean;
  readonly finalise: boolean;
  /** Only say how many numbers are needed. */
  readonly count: boolean;
}

export interface SidGenerateOptions extends Numbers {
  readonly yang: string;
}

export interface SidUpdateOptions extends Numbers {
  readonly sid: string;
  readonly yang: string;
}

export interface SidCheckOptions extends Sources {
  /** .sid files, the older revision of a module before the newer, and at most one .yang file. */
  readonly files: readonly string[];
  readonly registry?: string;
  readonly json: boolean;
}

export interface SidDiffOptions {
  readonly old: string;
  readonly new: string;
  readonly json: boolean;
}

export interface SidHeaderOptions extends Sources, Output {
  readonly sid: string;
  readonly yang?: string;
  readonly prefix?: string;
}

/** Each resolves with the exit code. */
export interface SidPrograms {
  generate(options: SidGenerateOptions): Promise<number>;
  update(options: SidUpdateOptions): Promise<number>;
  check(options: SidCheckOptions): Promise<number>;
  diff(options: SidDiffOptions): Promise<number>;
  header(options: SidHeaderOptions): Promise<number>;
}

type Given<T, Arguments extends keyof T> = Omit<T, Arguments>;

/** `62000:200`: the first number, and how many. */
function range(text: string, before: readonly SidRange[] = []): readonly SidRange[] {
  const [, entry, size] = /^(\d{1,16}):(\d{1,16})$/.exec(text) ?? [];
  const added = { entryPoint: Number(entry), size: Number(size) };
  const last = added.entryPoint + added.size - 1;
  if (!(added.entryPoint >= 1 && added.size >= 1 && last <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidArgumentError("It must be the first number and how many, e.g. 62000:200.");
  }
  return [...before, added];
}

/** More than a range of any module, and few enough to look through. */
const MAX_SIZE = 1_000_000;

function size(text: string): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_SIZE) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_SIZE}.`);
  return value;
}

const NUMBER_OPTIONS = {
  range: () =>
    new Option("--range <entry:size>", "a range of numbers, e.g. 62000:200; may be repeated")
      .argParser(range)
      .default([], "none"),
  registry: (text: string) => new Option("--registry <file>", text),
  size: () => new Option("--size <count>", "take the next free range of this size from the registry").argParser(size),
  dialect: (text: string) =>
    new Option("--dialect <dialect>", text).choices(["rfc9595", "pyang-head"] satisfies Dialect[]),
  quirks: () =>
    new Option("--pyang-quirks", "byte for byte what pyang 2.7.1 makes, its broken paths included").default(false),
  finalise: () => new Option("--finalise", "the numbers hold for ever: nothing stays unstable").default(false),
  count: () => new Option("--count", "only say how many numbers are needed").default(false),
  out: (text: string) => new Option("--out <file>", text),
  force: () => new Option("--force", "replace the file if there is one").default(false),
} as const;

export function addSid(cli: Command, { programs, exit }: CliContext): void {
  const sid = cli.command("sid").description("SIDs of modules and the .sid files that hold them (RFC 9595)");
  const registry = "file of an organisation's ranges: other modules' are refused, this one's are noted";
  const numbering = (command: Command, dialect: string): Command =>
    command
      .addOption(NUMBER_OPTIONS.range())
      .addOption(NUMBER_OPTIONS.registry(registry))
      .addOption(NUMBER_OPTIONS.size())
      .addOption(NUMBER_OPTIONS.dialect(dialect))
      .addOption(NUMBER_OPTIONS.quirks())
      .addOption(NUMBER_OPTIONS.finalise())
      .addOption(NUMBER_OPTIONS.count())
      .addOption(OPTIONS.path())
      .addOption(NUMBER_OPTIONS.out("where to write, - for standard output (default: MODULE@REVISION.sid here)"))
      .addOption(NUMBER_OPTIONS.force());

  numbering(
    sid
      .command("generate")
      .description("number a module for the first time")
      .argument("<yang>", "the .yang file of the module"),
    "rfc9595 numbers data nodes; pyang-head choices and cases too (default: rfc9595)",
  ).action(async (yang: string, options: Given<SidGenerateOptions, "yang">) =>
    exit(await programs.sid.generate({ yang, ...options })),
  );
  numbering(
    sid
      .command("update")
      .description("number what a new revision of a module adds; what has a number keeps it")
      .argument("<sid>", "the .sid file that there is")
      .argument("<yang>", "the .yang file of the module as it is now"),
    "rfc9595 numbers data nodes; pyang-head choices and cases too (default: that of the file)",
  ).action(async (old: string, yang: string, options: Given<SidUpdateOptions, "sid" | "yang">) =>
    exit(await programs.sid.update({ sid: old, yang, ...options })),
  );
  sid
    .command("check")
    .description("say everything that is wrong with .sid files, by themselves and against their module")
    .argument("<files...>", ".sid files, older revisions first, and the .yang file of a module")
    .addOption(NUMBER_OPTIONS.registry("file of an organisation's ranges, which the files must keep"))
    .addOption(OPTIONS.path())
    .addOption(OPTIONS.json())
    .action(async (files: readonly string[], options: Given<SidCheckOptions, "files">) =>
      exit(await programs.sid.check({ files, ...options })),
    );
  sid
    .command("diff")
    .description("say what changed between two .sid files; a number that changed is an error")
    .argument("<old>", "the older file")
    .argument("<new>", "the newer file")
    .addOption(OPTIONS.json())
    .action(async (old: string, now: string, options: Given<SidDiffOptions, "old" | "new">) =>
      exit(await programs.sid.diff({ old, new: now, ...options })),
    );
  sid
    .command("header")
    .description("write the numbers as a C99 header, for those who write nodes")
    .argument("<sid>", "the .sid file")
    .argument("[yang]", "the .yang file of the module: deltas, enums, bits and keys are written too")
    .option("--prefix <prefix>", "what every macro begins with (default: the name of the module)")
    .addOption(OPTIONS.path())
    .addOption(NUMBER_OPTIONS.out("where to write (default: standard output)"))
    .addOption(NUMBER_OPTIONS.force())
    .action(async (file: string, yang: string | undefined, options: Given<SidHeaderOptions, "sid" | "yang">) =>
      exit(await programs.sid.header({ sid: file, ...(yang === undefined ? {} : { yang }), ...options })),
    );
}
