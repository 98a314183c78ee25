/** Reads the configuration: one YAML file, overridden by the environment, checked as a whole. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import { ConfigError, type Finding, nearest } from "./findings.ts";
import { type Environment, resolveSecret } from "./secret.ts";
import { type Config, nest, type RawValue, SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from "./settings.ts";

export interface ConfigSource {
  /** Default: `sidgate.yaml` in the working directory, if there is one. */
  readonly path?: string | undefined;
  readonly env: Environment;
}

/** A setting as it was given. */
export interface Given {
  readonly raw: unknown;
  readonly place: string;
  /** Place of an item of a list. */
  itemPlace(index: number): string;
}

export interface Examined {
  /** Everything that was given and stands at a known key, also where its value is wrong. */
  readonly given: ReadonlyMap<SettingKey, Given>;
  readonly findings: readonly Finding[];
  /** Undefined when there are findings. */
  readonly config: Config | undefined;
}

const DEFAULT_FILE = "sidgate.yaml";
const ENV_PREFIX = "SIDGATE_";

const isSetting = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);
const isSection = (key: string): boolean => SETTING_KEYS.some((known) => known.startsWith(`${key}.`));
const under = (section: string, key: string): string => (section === "" ? key : `${section}.${key}`);

/** Keys that may stand directly below a section. */
function children(section: string): readonly string[] {
  const prefix = section === "" ? "" : `${section}.`;
  const names = SETTING_KEYS.filter((key) => key.startsWith(prefix)).map(
    (key) => key.slice(prefix.length).split(".")[0]!,
  );
  return [...new Set(names)];
}

function unknownSetting(place: string, section: string, name: string): Finding {
  const sibling = nearest(name, children(section));
  // The right key in the wrong section is as common a slip as a typing error.
  const elsewhere = SETTING_KEYS.find((key) => key.endsWith(`.${name}`));
  const suggestion = sibling === undefined ? elsewhere : under(section, sibling);
  const finding = { place, key: under(section, name), problem: "unknown setting" };
  return suggestion === undefined ? finding : { ...finding, suggestion };
}

/** Where a key of the environment would stand: IMAGES__MAX_BYTES → images.max-bytes. */
const keyOfVariable = (name: string): string =>
  name.slice(ENV_PREFIX.length).toLowerCase().replaceAll("__", ".").replaceAll("_", "-");

const variableOf = (key: SettingKey): string =>
  ENV_PREFIX + key.replaceAll(".", "__").replaceAll("-", "_").toUpperCase();

/** Kubernetes puts these into every container, named after its services: SIDGATE_SERVICE_HOST, SIDGATE_PORT_5683_UDP_ADDR. */
const OF_KUBERNETES = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** A variable without "__" that is no setting: undefined when somebody else may have meant it. */
function unknownVariable(name: string): Finding | undefined {
  const variables = SETTING_KEYS.map(variableOf);
  const meant = variables.find((known) => known.replaceAll("__", "_") === name);
  if (meant === undefined && OF_KUBERNETES.test(name)) return undefined;
  const suggestion = meant ?? nearest(name, variables);
  const finding = { place: name, key: "", problem: "unknown setting" };
  return suggestion === undefined ? finding : { ...finding, suggestion };
}

class Reading {
  readonly given = new Map<SettingKey, Given>();
  readonly findings: Finding[] = [];

  yaml(path: string): void {
    const source = readSource(path);
    const lines = new LineCounter();
    const document = parseDocument(source, { lineCounter: lines });
    const file = basename(path);
    const placeAt = (offset: number): string => {
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col}`;
    };
    if (document.errors.length > 0) {
      for (const error of document.errors) {
        this.findings.push({ place: placeAt(error.pos[0]), key: "", problem: error.message.split(" at line ")[0]! });
      }
      return; // what YAML itself cannot read has no settings to check
    }
    const place = (node: Node | undefined): string => placeAt(node?.range?.[0] ?? 0);
    const descend = (section: string, node: unknown): void => {
      if (!isNode(node) || (isScalar(node) && node.value === null)) return; // an empty section gives nothing
      if (!isMap(node)) {
        const key = section === "" ? "" : section;
        this.findings.push({ place: place(node), key, problem: `must hold settings: ${children(section).join(", ")}` });
        return;
      }
      for (const { key: keyNode, value } of node.items) {
        const name = isScalar(keyNode) ? String(keyNode.value) : String(keyNode);
        const key = under(section, name);
        if (isSetting(key)) {
          if (!isNode(value) || (isScalar(value) && value.value === null)) continue; // `key:` alone means the default
          const items = isSeq(value) ? value.items : [];
          this.given.set(key, {
            raw: value.toJS(document),
            place: place(value),
            itemPlace: (index) => {
              const item = items[index];
              return place(isNode(item) ? item : value);
            },
          });
        } else if (isSection(key)) {
          descend(key, value);
        } else {
          this.findings.push(unknownSetting(place(isNode(keyNode) ? keyNode : undefined), section, name));
        }
      }
    };
    descend("", document.contents);
  }

  environment(env: Environment): void {
    for (const [name, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!name.startsWith(ENV_PREFIX) || value === undefined) continue;
      const key = keyOfVariable(name);
      if (isSetting(key)) {
        this.given.set(key, { raw: fromVariable(value, SETTINGS[key].fallback), place: name, itemPlace: () => name });
      } else if (!key.includes(".")) {
        const finding = unknownVariable(name);
        if (finding !== undefined) this.findings.push(finding);
      } else {
        const split = key.lastIndexOf(".");
        this.findings.push(unknownSetting(name, key.slice(0, split), key.slice(split + 1)));
      }
    }
  }

  /** The value of one setting; undefined when it is unset or wrong. */
  value(key: SettingKey, env: Environment): unknown {
    const setting: Setting = SETTINGS[key];
    const given = this.given.get(key);
    if (given === undefined) return setting.fallback === undefined ? undefined : setting.kind.parse(setting.fallback);
    const result = setting.kind.safeParse(given.raw);
    if (!result.success) {
      for (const issue of result.error.issues) this.findings.push(findingOf(key, given, issue));
      return undefined;
    }
    if (!setting.secret) return result.data;
    const secret = resolveSecret(String(result.data), env);
    if (typeof secret !== "string") return secret;
    this.findings.push({ place: given.place, key, problem: secret });
    return undefined;
  }
}

/** A variable holds text; the default tells whether it stands for a list or a number. An entry with commas is a line of a list. */
function fromVariable(text: string, fallback: RawValue | undefined): RawValue {
  if (Array.isArray(fallback))
    return text
      .split(text.includes("\n") ? "\n" : ",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  return typeof fallback === "number" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function findingOf(key: SettingKey, given: Given, issue: z.core.$ZodIssue): Finding {
  const index = issue.path[0];
  const finding =
    typeof index === "number"
      ? { place: given.itemPlace(index), key: `${key}[${index}]`, problem: issue.message }
      : { place: given.place, key, problem: issue.message };
  const kind: z.ZodType = SETTINGS[key].kind;
  const suggestion = kind instanceof z.ZodEnum ? meantWord(String(given.raw), kind.options.map(String)) : undefined;
  return suggestion === undefined ? finding : { ...finding, suggestion };
}

/** Whoever closes a thing may say so in another word; to open one nobody is led. */
const meantWord = (given: string, words: readonly string[]): string | undefined =>
  /^(false|no)$/i.test(given) && words.includes("off") ? "off" : nearest(given, words);

function readSource(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new UsageError("config.unreadable", { path, reason }, { cause: error });
  }
}

/** Everything that there is to say about a configuration, without throwing on what is wrong in it. */
export function examineConfig({ path, env }: ConfigSource): Examined {
  const reading = new Reading();
  const file = path ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  if (file !== undefined) reading.yaml(file);
  reading.environment(env);
  const values = new Map(SETTING_KEYS.map((key) => [key, reading.value(key, env)] as const));
  const { given, findings } = reading;
  return { given, findings, config: findings.length === 0 ? nest(values) : undefined };
}

/** The checked configuration; throws ConfigError with every finding. */
export function readConfig(source: ConfigSource): Config {
  const { config, findings } = examineConfig(source);
  if (config === undefined) throw new ConfigError(findings);
  return config;
}
