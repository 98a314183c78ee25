/** `sidgate yang`: modules and data on this machine, without a gateway. */
import type { Command } from "commander";
import type { CliContext } from "./asking.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";
import type { DataForm } from "./yang-forms.ts";

/** Per module the features that are on; all of them in a module that is not named. */
export type FeatureLists = ReadonlyMap<string, readonly string[]>;

interface Models {
  /** Further folders of .yang and .sid files. */
  readonly models: readonly string[];
}

export interface YangCompileOptions extends Models {
  /** Files, and folders of files. */
  readonly paths: readonly string[];
  readonly features: FeatureLists;
  readonly json: boolean;
}

export interface YangTreeOptions extends Models {
  /** Files, and folders of files; without any the models that a gateway would load. */
  readonly paths: readonly string[];
  readonly features: FeatureLists;
  readonly module?: string;
  /** Path of the schema node below which to print. */
  readonly path?: string;
  readonly depth?: number;
  readonly sids: boolean;
  readonly format: "text" | "json";
}

export interface YangValidateOptions extends Models {
  readonly data: string;
  /** By default as it looks. */
  readonly format?: DataForm;
  /** Path of the rpc, action, notification or container whose contents the data is. */
  readonly scope?: string;
  /** The output of an rpc or action instead of its input. */
  readonly output: boolean;
  /** State (config false) is left out. */
  readonly configOnly: boolean;
  readonly json: boolean;
}

/** From one form to another, checked by the schema. */
export interface YangConvertOptions extends Models {
  /** File, `-` for standard input, or the bytes as hex digits. */
  readonly input: string;
  /** By default as it looks. */
  readonly from?: DataForm;
  /** By default CBOR keyed by SIDs. */
  readonly to?: DataForm | "diag";
  /** CBOR as it is instead of hex digits. */
  readonly binary: boolean;
}

/** Each resolves with the exit code. */
export interface YangPrograms {
  compile(options: YangCompileOptions): Promise<number>;
  tree(options: YangTreeOptions): Promise<number>;
  validate(options: YangValidateOptions): Promise<number>;
  convert(options: YangConvertOptions): Promise<number>;
}

type Given<T, Arguments extends keyof T> = Omit<T, Arguments>;

export function addYang(cli: Command, { programs, exit }: CliContext): void {
  const yang = cli.command("yang").description("YANG modules and data on this machine, without a gateway");
  yang
    .command("compile")
    .description("compile modules, and say what is in them and everything that is wrong")
    .argument("<files...>", ".yang and .sid files, and folders of them")
    .addOption(OPTIONS.features())
    .addOption(OPTIONS.models())
    .addOption(OPTIONS.json())
    .action(async (paths: readonly string[], options: Given<YangCompileOptions, "paths">) =>
      exit(await programs.yang.compile({ paths, ...options })),
    );
  yang
    .command("tree")
    .description("print modules as a tree diagram (RFC 8340)")
    .argument("[files...]", ".yang and .sid files, and folders of them (default: the models that a gateway loads)")
    .option("--module <name>", "only this module")
    .option("--path <path>", "only this node and what is below it, e.g. /sidgate-building:room")
    .addOption(OPTIONS.depth())
    .option(
      "--sids",
      "begin each line with the node's SID, and with the delta by which its parent's map names it",
      false,
    )
    .addOption(OPTIONS.treeFormat())
    .addOption(OPTIONS.features())
    .addOption(OPTIONS.models())
    .action(async (paths: readonly string[], options: Given<YangTreeOptions, "paths">) =>
      exit(await programs.yang.tree({ paths, ...options })),
    );
  yang
    .command("validate")
    .description("say everything that is wrong with data")
    .addArgument(ARGUMENTS.data())
    .addOption(OPTIONS.dataForm("--format <form>", "form of the data (default: as it looks)", ["json"]))
    .option("--scope <path>", "the data is the contents of this node, e.g. the input of /sidgate-node:check-in")
    .option("--output", "with --scope: the output of the rpc or action instead of its input", false)
    .option("--config-only", "leave state (config false) out", false)
    .addOption(OPTIONS.models())
    .addOption(OPTIONS.json())
    .action(async (data: string, options: Given<YangValidateOptions, "data">) =>
      exit(await programs.yang.validate({ data, ...options })),
    );
  yang
    .command("encode")
    .description("JSON (RFC 7951) as CBOR (RFC 9254), in hex digits")
    .addArgument(ARGUMENTS.input("a file of JSON, or - for standard input"))
    .addOption(OPTIONS.dataForm("--to <form>", "form of the CBOR, or 'diag': explained (default: by SIDs)", ["diag"]))
    .option("--binary", "the bytes themselves instead of hex digits", false)
    .addOption(OPTIONS.models())
    .action(async (input: string, options: Given<YangConvertOptions, "input" | "from">) =>
      exit(await programs.yang.convert({ input, from: "json", ...options })),
    );
  yang
    .command("decode")
    .description("CBOR as JSON, explained, or in another form")
    .addArgument(ARGUMENTS.input("hex digits, a file of them or of bytes, or - for standard input"))
    .addOption(OPTIONS.dataForm("--from <form>", "form of the CBOR (default: as it looks)"))
    .addOption(
      OPTIONS.dataForm("--to <form>", "form of the result, or 'diag': explained", ["json", "diag"]).default("json"),
    )
    .option("--binary", "the bytes themselves instead of hex digits, where the result is CBOR", false)
    .addOption(OPTIONS.models())
    .action(async (input: string, options: Given<YangConvertOptions, "input">) =>
      exit(await programs.yang.convert({ input, ...options })),
    );
}
