/**
 * The pages of docs/ that are tables in the code: errors, settings, commands. `npx tsx scripts/docs.ts` writes them, and
 * test/docs.test.ts fails while one of them differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Argument, Command, Option } from "commander";
import {
  asyncApi,
  CONTRACT_BLOCKS,
  fillBlocks,
  memberTables,
  schemas,
  typeDeclarations,
} from "../cloud-bridge/mqtt/contract/index.ts";
import { buildCli, EXIT, EXIT_MEANINGS, type Programs } from "../gateway/admin/cli/index.ts";
import { SETTING_KEYS, SETTINGS } from "../gateway/app/config/index.ts";
import { ERRORS, type ErrorRow } from "../gateway/base/index.ts";
import { COMMANDS, DIGESTS, PARAMETERS, SUIT_LIMITS } from "../gateway/wire/suit/index.ts";
import { campaignConformancePage } from "../test/support/conformance/campaign-page.ts";
import { coreconfConformancePage } from "../test/support/conformance/coreconf-page.ts";
import { suitConformancePage } from "../test/support/conformance/suit-page.ts";
import { yangConformancePage } from "../test/support/conformance/yang-page.ts";

const DOCS = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs");
const MADE = "<!-- Written by scripts/docs.ts from the tables in the code; test/docs.test.ts compares. -->";
const MADE_OF_TESTS = "<!-- Written by scripts/docs.ts from the titles of the tests; test/docs.test.ts compares. -->";

/** Safe inside a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const head = (...titles: readonly string[]): string => `${row(...titles)}\n${row(...titles.map(() => "---"))}`;

export function errorsPage(errors: Readonly<Record<string, ErrorRow>> = ERRORS): string {
  const rows = Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { blame, text, hint }]) => row(`\`${code}\``, blame, cell(text), cell(hint)));
  return `# Errors

${MADE}

Every error has a code that never changes its meaning, a sentence and a hint. On the command line it is one line,
\`sidgate: sentence. hint [code]\`; over HTTP and MQTT it is an object with \`code\`, \`text\` and \`hint\`. Words in braces
are the facts of the case.

The blame says whose turn it is: **wire** the bytes of the peer are wrong, **trust** they are right and not believed,
**usage** the caller or the configuration asks for what cannot be, **store** the disk or the database fails us,
**bug** we are wrong.

${head("Code", "Blame", "Sentence", "Hint")}
${rows.join("\n")}
`;
}

function settingRow(key: (typeof SETTING_KEYS)[number]): string {
  const { fallback, meaning } = SETTINGS[key];
  return row(
    `\`${key}\``,
    fallback === undefined ? "unset" : `\`${JSON.stringify(fallback).replaceAll('"', "")}\``,
    cell(meaning),
  );
}

export function configurationPage(): string {
  const rows = SETTING_KEYS.map(settingRow);
  return `# Configuration

${MADE}

One YAML file, \`sidgate.yaml\` in the working directory or the one named with \`--config\`. Every key is optional, an
unknown key is an error. A dot below is a level in YAML:

\`\`\`yaml
coap:
  listen: [127.0.0.1:5683, "[::1]:5683"]
mqtt:
  url: mqtts://broker.example:8883
  username: s-5kq2
  password: file:/run/secrets/mqtt
nodes:
  wake-interval: 15m
\`\`\`

- **Durations** carry a unit: \`500ms\`, \`90s\`, \`15m\`, \`12h\`, \`7d\`. **Sizes** are bytes, or \`512KiB\`, \`16MiB\`, \`1GiB\`
  (also \`kB\`, \`MB\`, \`GB\`).
- **Environment**: each key can be set by a variable, \`mqtt.url\` by \`SIDGATE_MQTT__URL\`, \`nodes.wake-interval\` by
  \`SIDGATE_NODES__WAKE_INTERVAL\`, a list with commas, or, where an entry has one itself (\`mqtt.rights\`, a filter of
  \`mqtt.push\`), as lines, each with its newline. It wins over the file, and is checked like the file; a variable with this
  beginning that is no setting is an error, but for those that Kubernetes makes of services.
- **Secrets** are best given as references: \`file:PATH\` or \`env:NAME\`. They are never shown or logged.
- **Paths** start at the working directory.
- \`sidgate config check\` says everything that is wrong, each as \`file:line:column key: what is wrong\`, and ends with
  exit code ${EXIT.config}; \`sidgate config show --origin\` prints what is in force and where it comes from.

${head("Key", "Default", "Meaning")}
${rows.join("\n")}
`;
}

const optionRow = (option: Option): string => {
  const { defaultValue, defaultValueDescription, mandatory } = option;
  const value = defaultValueDescription ?? (typeof defaultValue === "boolean" ? undefined : defaultValue);
  const note = mandatory ? "required" : value === undefined ? "" : `\`${String(value)}\``;
  return row(`\`${option.flags}\``, cell(option.description), note);
};
const argumentName = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

function* leaves(command: Command, words: readonly string[]): Iterable<readonly [words: readonly string[], Command]> {
  const here = [...words, command.name()];
  if (command.commands.length === 0) yield [here, command];
  for (const child of command.commands) yield* leaves(child, here);
}

function section([words, command]: readonly [readonly string[], Command]): string {
  const usage = [...words, ...command.registeredArguments.map(argumentName)].join(" ");
  const text = command.description();
  return `## \`${usage}\`

${text[0]?.toUpperCase()}${text.slice(1)}.

${head("Option", "Meaning", "Default")}
${command.options.map(optionRow).join("\n")}
`;
}

/** Describing the commands starts none of them. */
const IDLE: Programs = {
  run: async () => 0,
  gateway: async () => 0,
  bridge: async () => 0,
  try: async () => 0,
  sim: async () => 0,
  ask: async () => 0,
  configCheck: async () => 0,
  configShow: async () => 0,
  serviceInstall: async () => 0,
  doctor: async () => 0,
  backUpStopped: async (): Promise<never> => {
    throw new Error("idle");
  },
  restore: async () => 0,
  campaignPlan: async () => ({}),
  controlSocket: () => "",
  yang: { compile: async () => 0, tree: async () => 0, validate: async () => 0, convert: async () => 0 },
  sid: {
    generate: async () => 0,
    update: async () => 0,
    check: async () => 0,
    diff: async () => 0,
    header: async () => 0,
  },
  release: {
    keygen: async () => 0,
    create: async () => 0,
    sign: async () => 0,
    verify: async () => 0,
    sever: async () => 0,
    inspect: async () => 0,
    dryRun: async () => 0,
    replay: async () => 0,
  },
};

export function cliPage(): string {
  const cli = buildCli({
    programs: IDLE,
    version: "0",
    print: () => undefined,
    write: async () => undefined,
    note: () => undefined,
    exit: () => undefined,
  });
  const codes = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => row(`${EXIT[name]}`, EXIT_MEANINGS[name]));
  return `# The command line

${MADE}

From a clone: \`npm run -s sidgate -- node list\`. One process owns a data folder; \`node\`, \`manager\`, \`image\`, \`campaign\` and \`models\` talk to
it through the Unix socket in that folder, and their commands enter by the same inbox as those from MQTT. \`<node>\` is the id of a node or its endpoint.

An error is one line, \`sidgate: sentence. hint [code]\`, and an exit code:

${head("Exit code", "Meaning")}
${codes.join("\n")}

${[...leaves(cli, [])].map(section).join("\n")}`;
}

/** Abbreviations of the documents in the tables of wire/suit. */
const SUIT_SOURCES: Readonly<Record<string, string>> = {
  um: "suit-update-management",
  td: "suit-trust-domains",
  fe: "suit-firmware-encryption",
};
const suitSource = (source: string): string => SUIT_SOURCES[source] ?? `suit-manifest ${source}`;

function suitLabelsPage(): string {
  const commands = [...COMMANDS.values()].map(({ code, name, argument, needs, shared, source }) =>
    row(String(code), `\`${name}\``, argument, needs.join(", "), shared ? "yes" : "", suitSource(source)),
  );
  const parameters = [...PARAMETERS.values()].map(({ key, name, form, source }) =>
    row(String(key), `\`${name}\``, form, suitSource(source)),
  );
  const digests = DIGESTS.map(({ algorithm, name, length }) => row(String(algorithm), name, String(length)));
  const limits = Object.entries(SUIT_LIMITS).map(([name, limit]) => row(`\`${name}\``, String(limit)));
  return `# SUIT: labels and limits

${MADE}

What Sidgate reads and writes of draft-ietf-suit-manifest-37 and its extensions; [suit.md](suit.md) says why it is so.

## Commands

A command whose parameters are not set cannot run. Only those marked "shared" may stand in the shared sequence. Private
commands have codes below -256.

${head("Code", "Command", "Argument", "Parameters it needs", "Shared", "Document")}
${commands.join("\n")}

## Parameters

Private parameters have keys below -255.

${head("Key", "Parameter", "Form", "Document")}
${parameters.join("\n")}

## Digests

${head("Algorithm", "Name", "Bytes")}
${digests.join("\n")}

## Limits

What is more is refused with \`suit.limit\`.

${head("What", "At most")}
${limits.join("\n")}
`;
}

const mqttSettings = (): string =>
  `${head("Key", "Default", "Meaning")}\n${SETTING_KEYS.filter((key) => key.startsWith("mqtt."))
    .map(settingRow)
    .join("\n")}`;

/** The page as it is, with the blocks between its markers written anew. */
const mqttPage = (): string =>
  fillBlocks(readFileSync(join(DOCS, "mqtt.md"), "utf8"), { ...CONTRACT_BLOCKS, settings: mqttSettings });

const membersPage = (): string => `# MQTT: every member

${MADE}

Each message of [the contract](../mqtt.md) with all of its members. \`?\` marks what may be left out, a dot is a level of JSON, \`[]\` a list,
braces are names that are data. The same as JSON Schema 2020-12 lies in [schemas](schemas), as AsyncAPI 3 in
[asyncapi.json](../asyncapi.json), and as TypeScript in [sidgate-mqtt.d.ts](sidgate-mqtt.d.ts).

${memberTables()}
`;

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const PAGES: ReadonlyArray<readonly [name: string, make: () => string]> = [
  ["errors.md", () => errorsPage()],
  ["configuration.md", configurationPage],
  ["cli.md", cliPage],
  ["suit-labels.md", suitLabelsPage],
  ["mqtt.md", mqttPage],
  ["mqtt/members.md", membersPage],
  ["asyncapi.json", () => jsonText(asyncApi())],
  ["mqtt/sidgate-mqtt.d.ts", typeDeclarations],
  ...[...schemas()].map(([name, schema]) => [`mqtt/schemas/${name}.json`, () => jsonText(schema)] as const),
  ["yang-conformance.md", () => yangConformancePage(dirname(DOCS), MADE_OF_TESTS)],
  ["suit-conformance.md", () => suitConformancePage(dirname(DOCS), MADE_OF_TESTS)],
  ["campaign-conformance.md", () => campaignConformancePage(dirname(DOCS), MADE_OF_TESTS)],
  ["coreconf-conformance.md", () => coreconfConformancePage(dirname(DOCS), MADE_OF_TESTS)],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, make] of PAGES) {
    mkdirSync(dirname(join(DOCS, name)), { recursive: true });
    writeFileSync(join(DOCS, name), make());
  }
}
