/** Values on the command line: each parser takes the text or says, as commander wants it, what would be right. */
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Millis } from "../../base/index.ts";
import { formatDuration, parseDuration, parseInteger, parsePercent } from "../api/quantities.ts";
import { CREDENTIAL_FORMATS } from "./credential-formats.ts";
import { SERVICE_PROGRAMS } from "./programs.ts";
import { cborForm, formsExplained } from "./yang-forms.ts";

function required<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new InvalidArgumentError(problem);
  return value;
}

const integer = (min: number, max: number) => (text: string) =>
  required(parseInteger(text, min, max), `It must be a whole number from ${min} to ${max}.`);
const percent = (text: string): number => required(parsePercent(text), "It must be a percentage, e.g. 5%.");
const threshold = (text: string): number =>
  required(percent(text) || undefined, "It must be a percentage above 0, e.g. 5%.");
const share = (text: string): number => percent(text) / 100;
/** `5,25`: something has to be left for the wave after them. */
function waveShares(text: string): readonly number[] {
  const shares = list(text).map(threshold);
  const sum = shares.reduce((total, one) => total + one, 0);
  return required(sum < 100 ? shares : undefined, "The waves before the last one must have less than 100 % together.");
}
const duration = (text: string): Millis => required(parseDuration(text), "It must be a duration, e.g. 90s or 15m.");
/** Refused here, the command line is named, and not the command of the inbox behind it. */
const words = (max: number) => (text: string) =>
  required(text.length >= 1 && text.length <= max ? text : undefined, `It must be 1 to ${max} characters.`);
const listed = (text: string): readonly string[] =>
  required(list(text).length > 0 ? list(text) : undefined, "It must name at least one.");
const list = (text: string): readonly string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
const digest = (text: string): string =>
  required(/^(?:sha256:)?([0-9a-fA-F]{64})$/.exec(text)?.[1]?.toLowerCase(), "It must be 64 hex digits of SHA-256.");

/** An option that may stand several times: all it is given, in one list. */
const folders = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...listed(text)];

/** `/module:container/leaf=value`. */
function reportedLeaf(text: string, before: ReadonlyArray<{ path: string; value: string }> = []) {
  const [, path, value] = /^(\/[^=\s]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like /acme-air:air/pm10=17.");
  }
  return [...before, { path, value }];
}

/** The same, also with predicates: `/module:list[key='a b=c']/leaf=value`. */
function assignment(text: string, before: ReadonlyArray<{ path: string; value: string }> = []) {
  const [, path, value] = /^(\/(?:\[(?:'[^']*'|"[^"]*"|[^\]'"])*\]|[^=[\]])+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like /sidgate-building:room/set-point=21.5.");
  }
  return [...before, { path, value }];
}

/** `module:feature,feature`: without features, none of the module is on. */
function features(text: string, before: ReadonlyMap<string, readonly string[]> = new Map()) {
  const [, module = "", on = ""] = /^([\w.-]+):([\w.,\s-]*)$/.exec(text) ?? [];
  if (module === "") throw new InvalidArgumentError("It must look like ietf-system:radius,ntp.");
  return new Map([...before, [module, [...(before.get(module) ?? []), ...list(on)]]]);
}

/** One of the words, or a form of CBOR by its name or content format. */
const dataForm =
  (words: readonly string[]) =>
  (text: string): string =>
    required(
      words.find((word) => word === text) ?? cborForm(text),
      `It must be ${[...words, ""].join(", ")}sid, name, any, instances or identifiers, or the number of a content format.`,
    );

/** RFC 7252 §5.8, RFC 8132. */
const METHODS = ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"] as const;

/** As long as the commands of the inbox take them. */
const NAME_LENGTH = 64;

export const ARGUMENTS = {
  endpoint: () => new Argument("<endpoint>", "the name with which it announces itself").argParser(words(NAME_LENGTH)),
  node: () => new Argument("<node>", "its id, or its endpoint"),
  assignments: () =>
    new Argument("<path=value...>", "e.g. /sidgate-building:room/set-point=21.5").argParser(assignment),
  method: () =>
    new Argument("<method>", "GET, POST, PUT, DELETE, FETCH, PATCH or iPATCH").argParser((text) =>
      required(
        METHODS.find((method) => method.toLowerCase() === text.toLowerCase()),
        `It must be one of ${METHODS.join(", ")}.`,
      ),
    ),
  manager: () => new Argument("<name>", "name of the manager").argParser(words(NAME_LENGTH)),
  input: (text: string) => new Argument("[input]", text).default("-", "standard input"),
  cbor: () => new Argument("<hex>", "the bytes as hex digits, or a file of them"),
  data: () => new Argument("[data]", "a file, or - for standard input").default("-", "standard input"),
} as const;

export const OPTIONS = {
  confirm: () =>
    new Option(
      "--confirm <wakes>",
      "take it back unless this many wakes after the node applied it are healthy ones",
    ).argParser(integer(1, 100)),
  expireAfter: () =>
    new Option(
      "--expire-after <duration>",
      "how long it may wait for the node, e.g. 12h (default: mailbox.expire-after)",
    ).argParser(duration),
  name: (text = "name for people") => new Option("--name <name>", text).argParser(words(NAME_LENGTH)),
  comment: () => new Option("--comment <text>", "why, for people").argParser(words(255)),
  groups: () =>
    new Option(
      "--group <groups>",
      "its groups, separated by commas: admin, operator, viewer or your own (default: viewer)",
    ).argParser(listed),
  model: () =>
    new Option("--model <model>", "model of the nodes that can run it")
      .argParser(words(NAME_LENGTH))
      .makeOptionMandatory(),
  version: () =>
    new Option("--version <version>", "version that a node reports when it runs it")
      .argParser(words(NAME_LENGTH))
      .makeOptionMandatory(),
  image: () =>
    new Option("--image <id>", "short id or SHA-256 of the image").argParser(words(128)).makeOptionMandatory(),
  set: (text: string) => new Option("--models <set>", text).argParser(words(NAME_LENGTH)),
  config: () => new Option("-c, --config <file>", "configuration file (default: sidgate.yaml here, if there is one)"),
  data: (text = "data folder (default: from the configuration)") => new Option("-d, --data <folder>", text),
  json: () => new Option("--json", "print JSON; an error too, as {error: {code, text, hint}} on stderr").default(false),
  nodes: (count: number) =>
    new Option("--nodes <count>", "number of simulated nodes").argParser(integer(1, 100_000)).default(count),
  share: (flag: string, text: string, value: number) =>
    new Option(`--${flag} <percent>`, text).argParser(share).default(value, `${value * 100}%`),
  seed: () =>
    new Option("--seed <number>", "seed of chance: the same seed, the same run")
      .argParser(integer(0, 0xffffffff))
      .default(1),
  interval: (value: Millis) =>
    new Option("--wake-interval <duration>", "how often a node wakes")
      .argParser(duration)
      .default(value, formatDuration(value)),
  print: () =>
    new Option("--print", "print its credentials: whoever has them is this peer").conflicts("out").default(false),
  out: () => new Option("--out <file>", "write its credentials into this file, which only its owner may read"),
  force: () => new Option("--force", "replace the file if there is one").default(false),
  as: () => new Option("--as <file>", "credentials as 'node credentials --out' writes them: who asks, under OSCORE"),
  payload: () => new Option("--payload <bytes>", "hex digits, or @FILE"),
  contentFormat: () =>
    new Option(
      "--format <number>",
      "content format of the payload (default: 141 for FETCH, 142 for iPATCH and POST)",
    ).argParser(integer(0, 65_535)),
  accept: () =>
    new Option("--accept <number>", "content format that the answer shall have").argParser(integer(0, 65_535)),
  observe: () => new Option("--observe", "go on showing what changes, until Ctrl-C").default(false),
  timeout: (value: Millis) =>
    new Option("--timeout <duration>", "how long to wait for an answer")
      .argParser(duration)
      .default(value, formatDuration(value)),
  report: () =>
    new Option("--report <path=value>", "one more leaf that the nodes report, by its schema path; may be repeated")
      .argParser(reportedLeaf)
      .default([], "none"),
  anchors: () =>
    new Option(
      "--trust <file>",
      "the public half of an author's key (PEM, JWK or COSE_Key): the nodes verify what they install; may be repeated",
    )
      .argParser((file: string, before: readonly string[]) => [...before, file])
      .default([], "none"),
  vendorDomain: () =>
    new Option("--vendor <domain>", "who made the nodes, as the releases for them say it").argParser(words(253)),
  nodeModel: () => new Option("--model <name>", "model of the nodes (default: room-sensor)").argParser(words(64)),
  className: () =>
    new Option("--class <name>", "class of the nodes, as the releases for them say it (default: the model)").argParser(
      words(128),
    ),
  waves: () =>
    new Option(
      "--waves <percent>",
      "shares of the waves before the last one, separated by commas (default: 5,25 for 100 nodes or more, else none)",
    ).argParser(waveShares),
  label: () => new Option("--label <text>", "what the backup says of itself").argParser(words(64)),
  serviceProgram: () =>
    new Option("--program <name>", "what runs: everything in one process, or one half of it over Redis")
      .choices(SERVICE_PROGRAMS)
      .default("run"),
  plainTrial: () =>
    new Option("--plain", "without OSCORE and without signatures, as in lab mode: for comparison").default(false),
  plain: () => new Option("--plain", "without OSCORE, which only lab mode hears: for comparison").default(false),
  serve: () =>
    new Option(
      "--serve",
      "nodes that are always on and serve their datastore: they register, the gateway asks",
    ).default(false),
  credentials: () =>
    new Option(
      "--credentials <file>",
      "credentials as 'node credentials --out' writes them, or several of them, a line each: these nodes are simulated",
    ),
  credentialFormat: () =>
    new Option(
      "--format <format>",
      "form of the credentials: a label, or what a program reads (default: text, json into a file); implies --print",
    ).choices(Object.keys(CREDENTIAL_FORMATS)),
  models: () =>
    new Option("--models <folders>", "further folders of .yang and .sid files, separated by commas; may be repeated")
      .argParser(folders)
      .default([], "none"),
  path: () =>
    new Option("--path <folders>", "where else imported modules are, separated by commas; may be repeated")
      .argParser(folders)
      .default([], "none"),
  features: () =>
    new Option(
      "--features <module:features>",
      "the features of a module that are on, separated by commas; may be repeated (default: all of every module)",
    )
      .argParser(features)
      .default(new Map(), "all"),
  depth: () => new Option("--depth <levels>", "no deeper than this").argParser(integer(1, 1000)),
  treeFormat: () => new Option("--format <format>", "text or JSON").choices(["text", "json"]).default("text"),
  dataForm: (flags: string, text: string, words: readonly string[] = []) =>
    new Option(
      flags,
      `${text}: ${[...words.filter((word) => !text.includes(`'${word}'`)), formsExplained()].join(", ")}`,
    ).argParser(dataForm(words)),
  digest: () => new Option("--digest <hex>", "expected SHA-256; another one is refused").argParser(digest),
  from: () => new Option("--from <uri>", "fetch it from its author instead: a coap:// or https:// URI"),
  format: () =>
    new Option("--format <format>", "what the image is, where its first bytes say something else").choices([
      "plain",
      "mcuboot",
    ]),
  size: () =>
    new Option(
      "--size <bytes>",
      "length of the image that is fetched (default: what comes, up to images.max-bytes)",
    ).argParser(integer(1, 0xffff_ffff)),
  listed: (flags: string, text: string) => new Option(flags, text).argParser(listed),
  counted: (flags: string, text: string, max: number) => new Option(flags, text).argParser(integer(1, max)),
  threshold: (flags: string, text: string) => new Option(flags, text).argParser(threshold),
  span: (flags: string, text: string) => new Option(flags, text).argParser(duration),
  repeated: (flags: string, text: string) =>
    new Option(flags, text).argParser((value: string, before: readonly string[] = []) => [...before, value]),
  stopAt: () =>
    new Option("--stop-at <percent>", "stop when this part has failed or fallen silent").argParser(threshold),
  silentAfter: () =>
    new Option("--silent-after <wakes>", "missed wakes that make a node silent").argParser(integer(1, 1000)),
  targets: () =>
    new Option("--nodes <nodes>", "only these nodes, by id or endpoint, separated by commas").argParser(listed),
} as const;
