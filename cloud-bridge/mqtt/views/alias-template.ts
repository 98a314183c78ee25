/**
 * docs/mqtt.md, "Alias" — `mqtt.alias`: a topic with placeholders, e.g. `uns/{model}/{endpoint}`. What fills them is somebody's text, so
 * whatever means something to MQTT (5.0 §4.7) is written as `%` and two digits, and no two texts become one.
 */
import { UsageError } from "../../../gateway/base/index.ts";
import { MAX_TOPIC } from "../outbox/topics.ts";

/** What is known of every node, as its `birth` calls it; `unique`: no two nodes have the same. */
const PLACEHOLDERS = {
  site: { unique: false },
  node: { unique: true },
  endpoint: { unique: true },
  name: { unique: false },
  models: { unique: false },
  model: { unique: false },
  hw: { unique: false },
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;
export type AliasValues = Readonly<Record<Placeholder, string | undefined>>;

/** Stands for what a node has not told. */
const NOT_KNOWN = "_";
const LITERAL = /^[A-Za-z0-9_.:~@=/-]*$/;
/** Where the site and others tell and take other things. */
const TAKEN = /^(sidgate|spBv1\.0|homeassistant)\//;
const isPlaceholder = (name: string): name is Placeholder => Object.hasOwn(PLACEHOLDERS, name);

/** Text and names of placeholders by turns. */
const piecesOf = (template: string): readonly string[] => template.split(/\{([^{}]*)\}/);

/** What is wrong with a template, completing "mqtt.alias: …". */
export function aliasProblem(template: string): string | undefined {
  const pieces = piecesOf(template);
  const [texts, names] = [pieces.filter((_piece, at) => at % 2 === 0), pieces.filter((_piece, at) => at % 2 === 1)];
  const unknown = names.find((name) => !isPlaceholder(name));
  if (unknown !== undefined) {
    const known = Object.keys(PLACEHOLDERS).map((name) => `{${name}}`);
    return `has {${unknown}}, which is not known of a node: use ${known.join(", ")}`;
  }
  if (texts.some((text) => /[{}]/.test(text))) return "has a brace that belongs to no placeholder";
  if (!texts.every((text) => LITERAL.test(text)))
    return "may have letters, digits, '_.:~@=-' and levels between '/' only";
  if (/^\/|\/\/|\/$/.test(template)) return "must not have an empty level";
  if (!/^[^/{]+\//.test(template)) return "must begin with a level without placeholders, for the broker's access list";
  if (TAKEN.test(template)) return "must not begin where other things are told";
  if (!names.some((name) => isPlaceholder(name) && PLACEHOLDERS[name].unique)) {
    return "must have {node} or {endpoint}, or two nodes could have one topic";
  }
  return template.length > MAX_TOPIC / 2 ? `must have at most ${MAX_TOPIC / 2} characters` : undefined;
}

/** Throws UsageError `mqtt.alias`. */
export function parseAlias(template: string): (values: AliasValues) => string {
  const what = aliasProblem(template);
  if (what !== undefined) throw new UsageError("mqtt.alias", { template, what });
  const pieces = piecesOf(template);
  return (values) =>
    pieces.map((piece, at) => (at % 2 === 1 && isPlaceholder(piece) ? levelText(values[piece]) : piece)).join("");
}

/** What all topics of a template begin with, e.g. `uns/`. */
export const aliasRoot = (template: string): string => template.replace(/[^/]*\{.*$/s, "");

/** Half of a surrogate pair, which UTF-8 cannot say, becomes U+FFFD. */
const levelText = (value = ""): string =>
  value === ""
    ? NOT_KNOWN
    : Buffer.from(value)
        .toString()
        .replace(/[\p{C}\p{Zl}\p{Zp}/+#$%]/gu, percentEncoded);

const percentEncoded = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
