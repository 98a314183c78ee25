/** `sidgate release`: signed releases (SUIT) made, signed and looked at on the author's machine, without a gateway. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "./asking.ts";
import { OPTIONS } from "./options.ts";
import { addReleases } from "./releases.ts";

interface Output {
  /** `-` is standard output. */
  readonly out: string;
  readonly force: boolean;
}

export const KEY_ALGORITHMS = ["esp256", "ed25519", "ml-dsa-44"] as const;

export interface ReleaseKeygenOptions {
  readonly algorithm: (typeof KEY_ALGORITHMS)[number];
  /** Without its ending: `.pem` is the private half, `.pub` the public one. */
  readonly out: string;
  readonly force: boolean;
}

/** What an envelope is written in: draft -37, or -09 as RIOT reads it. */
export const RELEASE_DIALECTS = ["suit", "riot-09"] as const;

export interface ReleaseCreateOptions extends Output {
  readonly plan: string;
  /** Instead of what the plan says. */
  readonly dialect?: (typeof RELEASE_DIALECTS)[number];
  readonly json: boolean;
}

export interface ReleaseSignOptions extends Output {
  readonly envelope: string;
  readonly key: readonly string[];
  readonly legacy: boolean;
  /** `true` = that of the key, or its thumbprint. */
  readonly kid?: string | true;
}

export interface ReleaseVerifyOptions {
  readonly envelope: string;
  readonly key: readonly string[];
  readonly json: boolean;
}

export const SEVERABLE_NAMES = [
  "text",
  "install",
  "payload-fetch",
  "candidate-verification",
  "dependency-resolution",
  "coswid",
] as const;
export type SeverableName = (typeof SEVERABLE_NAMES)[number];

export interface ReleaseSeverOptions extends Output {
  readonly envelope: string;
  readonly keep: readonly SeverableName[];
}

export interface ReleaseInspectOptions {
  readonly envelope: string;
  readonly json: boolean;
}

export interface ReleaseDryRunOptions {
  readonly envelope: string;
  /** File that says what is known of a node. */
  readonly node?: string;
  readonly json: boolean;
}

export interface ReleaseReplayOptions {
  readonly envelope: string;
  /** Hex digits, or a file of them or of bytes. */
  readonly report: string;
  readonly json: boolean;
}

/** Each resolves with the exit code. */
export interface ReleasePrograms {
  keygen(options: ReleaseKeygenOptions): Promise<number>;
  create(options: ReleaseCreateOptions): Promise<number>;
  sign(options: ReleaseSignOptions): Promise<number>;
  verify(options: ReleaseVerifyOptions): Promise<number>;
  sever(options: ReleaseSeverOptions): Promise<number>;
  inspect(options: ReleaseInspectOptions): Promise<number>;
  dryRun(options: ReleaseDryRunOptions): Promise<number>;
  replay(options: ReleaseReplayOptions): Promise<number>;
}

type Given<T, Arguments extends keyof T> = Omit<T, Arguments>;

const severable = (text: string, before: readonly SeverableName[] = []): readonly SeverableName[] => [
  ...before,
  ...text.split(",").map((word) => {
    const name = SEVERABLE_NAMES.find((one) => one === word.trim());
    if (name === undefined) throw new InvalidArgumentError(`It must be of ${SEVERABLE_NAMES.join(", ")}.`);
    return name;
  }),
];

const ENVELOPE = ["<envelope>", "the envelope, a .suit file, or - for standard input"] as const;
const RELEASE_OPTIONS = {
  out: (text: string) => new Option("--out <file>", text).makeOptionMandatory(),
  key: (text: string) =>
    new Option("--key <file>", `${text}: PEM, JWK or COSE_Key; may be repeated`)
      .argParser((file: string, before: readonly string[] = []) => [...before, file])
      .makeOptionMandatory(),
  keep: () =>
    new Option("--keep <elements>", `what stays, separated by commas: ${SEVERABLE_NAMES.join(", ")}; may be repeated`)
      .argParser(severable)
      .default([], "none"),
} as const;

export function addRelease(cli: Command, context: CliContext): void {
  const { programs, exit } = context;
  const release = cli.command("release").description("signed releases (SUIT): made without a gateway, believed by one");
  release
    .command("keygen")
    .description("make an author's key: the private half for signing, the public half for gateways and nodes")
    .addOption(new Option("--algorithm <algorithm>", "what it signs with").choices(KEY_ALGORITHMS).default("esp256"))
    .addOption(RELEASE_OPTIONS.out("name of both files, without .pem (private) and .pub (public)"))
    .addOption(OPTIONS.force())
    .action(async (options: ReleaseKeygenOptions) => exit(await programs.release.keygen(options)));
  release
    .command("create")
    .description("make an envelope of a plan and its images; unsigned")
    .argument("<plan>", "the plan, a YAML file; images are named relative to it")
    .addOption(RELEASE_OPTIONS.out("where to write the envelope, - for standard output"))
    .addOption(
      new Option("--dialect <dialect>", "riot-09 for nodes that run RIOT, whatever the plan says").choices(
        RELEASE_DIALECTS,
      ),
    )
    .addOption(OPTIONS.force())
    .addOption(OPTIONS.json())
    .action(async (plan: string, options: Given<ReleaseCreateOptions, "plan">) =>
      exit(await programs.release.create({ plan, ...options })),
    );
  release
    .command("sign")
    .description("add a signature of each key, after checking again what is signed")
    .argument(...ENVELOPE)
    .addOption(RELEASE_OPTIONS.key("private key"))
    .option("--legacy", "as ES256 and EdDSA instead of ESP256 and Ed25519, for recipients that know no others", false)
    .option(
      "--kid [kid]",
      "say whose signature it is, so that fewer keys are tried: by the kid or thumbprint of the key",
    )
    .addOption(RELEASE_OPTIONS.out("where to write the envelope, - for standard output"))
    .addOption(OPTIONS.force())
    .action(async (envelope: string, options: Given<ReleaseSignOptions, "envelope">) =>
      exit(await programs.release.sign({ envelope, ...options })),
    );
  release
    .command("verify")
    .description("say step by step whether an envelope is what the owners of these keys signed")
    .argument(...ENVELOPE)
    .addOption(RELEASE_OPTIONS.key("public key that must have signed"))
    .addOption(OPTIONS.json())
    .action(async (envelope: string, options: Given<ReleaseVerifyOptions, "envelope">) =>
      exit(await programs.release.verify({ envelope, ...options })),
    );
  release
    .command("sever")
    .description("take out what a recipient does not need; its digests stay, and so does every signature")
    .argument(...ENVELOPE)
    .addOption(RELEASE_OPTIONS.keep())
    .addOption(RELEASE_OPTIONS.out("where to write the envelope, - for standard output"))
    .addOption(OPTIONS.force())
    .action(async (envelope: string, options: Given<ReleaseSeverOptions, "envelope">) =>
      exit(await programs.release.sever({ envelope, ...options })),
    );
  release
    .command("inspect")
    .description("show every element and command of an envelope; nothing is verified")
    .argument(...ENVELOPE)
    .addOption(OPTIONS.json())
    .action(async (envelope: string, options: Given<ReleaseInspectOptions, "envelope">) =>
      exit(await programs.release.inspect({ envelope, ...options })),
    );
  addReleases(release, context);
  release
    .command("dry-run")
    .description("say what an envelope will do to a node: applies, will fail where, depends on what")
    .argument(...ENVELOPE)
    .option("--node <file>", "what is known of the node, a YAML file (default: nothing)")
    .addOption(OPTIONS.json())
    .action(async (envelope: string, options: Given<ReleaseDryRunOptions, "envelope">) =>
      exit(await programs.release.dryRun({ envelope, ...options })),
    );
  release
    .command("replay")
    .description("say in plain words what a node's SUIT report tells, and what in it cannot be true")
    .argument(...ENVELOPE)
    .argument(
      "<report>",
      "the report: hex digits, or a file of them or of bytes; a COSE message around it is taken off",
    )
    .addOption(OPTIONS.json())
    .action(async (envelope: string, report: string, options: Given<ReleaseReplayOptions, "envelope" | "report">) =>
      exit(await programs.release.replay({ envelope, report, ...options })),
    );
}
