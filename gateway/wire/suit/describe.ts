/** An envelope for people, line by line: names from the tables, offsets, digests as hex, UUIDs as UUIDs. */
import { isCoded, toHex } from "../../base/index.ts";
import { decodeItem, formatItem, HEADER } from "../cbor/index.ts";
import { algorithmOf, decodeMessage, kidOf } from "../cose/index.ts";
import { digestRow, matches } from "./digest.ts";
import { elementName, type Whole } from "./envelope/belonging.ts";
import { COMMANDS, COMPARISON, PARAMETERS, REPORTING, SEQUENCES, WAIT } from "./labels.ts";
import { componentTextName, readText, type SuitText, shownText, textName } from "./text.ts";
import type {
  Argument,
  ComponentId,
  Envelope,
  Manifest,
  Parameters,
  ParameterValue,
  Sequence,
  Severable,
  SuitDigest,
} from "./types.ts";

export interface DescribedLine {
  /** How far it is indented. */
  readonly depth: number;
  /** Of an element in the envelope, or of a command in its section. */
  readonly offset: number | undefined;
  readonly name: string;
  readonly value: string;
}

/** Without `manifest` only what anybody may read before the signature was verified. */
export function describeEnvelope(envelope: Envelope, manifest?: Manifest, whole?: Whole): readonly DescribedLine[] {
  const lines = [...envelopeLines(envelope)];
  if (manifest === undefined) return lines;
  return [...lines, ...manifestLines(manifest, whole)];
}

const line = (depth: number, name: string, value = "", offset?: number): DescribedLine => ({
  depth,
  offset,
  name,
  value,
});
const bytes = (count: number): string => `${count} bytes`;

function* envelopeLines(envelope: Envelope): Generator<DescribedLine, void> {
  const { authentication, manifest, severable, integrated } = envelope;
  yield line(0, "envelope", envelope.tagged ? "tag 107" : "no tag");
  const verdict = matches(manifest, authentication.digest) ? "" : ", of another manifest";
  yield line(1, "digest", `${digestText(authentication.digest)}${verdict}`);
  for (const block of authentication.blocks) yield line(1, "authentication", blockText(block));
  yield line(1, "manifest", bytes(manifest.content.length), manifest.offset);
  for (const [label, { content, offset }] of severable) {
    yield line(1, `${elementName(label)} (severable)`, bytes(content.length), offset);
  }
  for (const [uri, payload] of integrated) yield line(1, `payload ${shownText(uri)}`, bytes(payload.length));
}

/** What a block claims; whether it is true says wire/cose. */
function blockText(block: Uint8Array): string {
  const message = orCode(() => {
    const { kind, headers } = decodeMessage(block);
    return { kind, algorithm: algorithmOf(headers), kid: kidOf(headers) };
  });
  if (typeof message === "string") return `${bytes(block.length)} that are no message we know [${message}]`;
  const { kind, algorithm, kid } = message;
  return `${kind} ${algorithm.name}${kid === undefined ? "" : `, key ${toHex(kid)}`}`;
}

/** What is read, or the code of the error: a fault in one part does not hide the others from people. */
function orCode<T extends object>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (isCoded(error)) return error.code;
    throw error;
  }
}

function* manifestLines(manifest: Manifest, whole: Whole | undefined): Generator<DescribedLine, void> {
  const { common, referenceUri, componentId, setVersion } = manifest;
  yield line(0, "manifest", `sequence number ${manifest.sequenceNumber}`);
  if (referenceUri !== undefined) yield line(1, "reference URI", shownText(referenceUri));
  if (componentId !== undefined) yield line(1, "kept at", componentText(componentId));
  if (setVersion !== undefined) yield line(1, "set version", setVersion.join("."));
  for (const [index, id] of common.components.entries()) {
    const prefix = common.dependencies.get(index)?.prefix;
    const role = common.dependencies.has(index) ? ", a dependency" : "";
    yield line(
      1,
      `component ${index}`,
      `${componentText(id)}${role}${prefix ? ` under ${componentText(prefix)}` : ""}`,
    );
  }
  if (common.shared.commands.length > 0) yield* sequenceLines("shared sequence", common.shared);
  for (const [name, value] of manifest.sequences) {
    const sequence = value.here ?? whole?.sequences.get(name);
    if (sequence !== undefined) yield* sequenceLines(`${name} (${SEQUENCES[name]})`, sequence);
    else yield line(1, `${name} (${SEQUENCES[name]})`, severedText(value));
  }
  if (manifest.coswid !== undefined) {
    yield line(1, "coswid", whole?.coswid === undefined ? severedText(manifest.coswid) : bytes(whole.coswid.length));
  }
  yield* textLines(manifest, whole);
}

const severedText = ({ digest }: Severable<unknown>): string =>
  digest === undefined ? "" : `severed, ${digestText(digest)}`;

function* textLines({ text }: Manifest, whole: Whole | undefined): Generator<DescribedLine, void> {
  if (text === undefined) return;
  const content = text.here ?? whole?.text;
  if (content === undefined) {
    yield line(1, "text", severedText(text));
    return;
  }
  const languages = orCode(() => readText(content));
  if (typeof languages === "string") yield line(1, "text", `${bytes(content.length)} that are no text [${languages}]`);
  else yield* languageLines(languages);
}

function* languageLines(languages: SuitText): Generator<DescribedLine, void> {
  for (const [language, { manifest, components }] of languages) {
    yield line(1, "text", language);
    for (const [label, words] of manifest) yield line(2, textName(label), shownText(words));
    for (const { id, texts } of components.values()) {
      yield line(2, "component", componentText(id));
      for (const [label, words] of texts) yield line(3, componentTextName(label), shownText(words));
    }
  }
}

function* sequenceLines(name: string, { commands }: Sequence, depth = 1): Generator<DescribedLine, void> {
  yield line(depth, name);
  for (const { offset, code, argument } of commands) {
    yield line(depth + 1, commandName(code), argumentText(argument), offset);
    if (argument.kind === "parameters") yield* parameterLines(argument.parameters, depth + 2);
    else if (argument.kind === "sequence") yield* sequenceLines("sequence", argument.sequence, depth + 2);
    else if (argument.kind === "multiple") {
      for (const [index, parameters] of argument.byIndex) {
        yield line(depth + 2, `component ${index}`);
        yield* parameterLines(parameters, depth + 3);
      }
    } else if (argument.kind === "try-each") {
      for (const [index, arm] of argument.arms.entries()) {
        if (arm === undefined) yield line(depth + 2, `arm ${index + 1}`, "nothing");
        else yield* sequenceLines(`arm ${index + 1}`, arm, depth + 2);
      }
    }
  }
}

const parameterLines = (parameters: Parameters, depth: number): DescribedLine[] =>
  [...parameters].map(([key, value]) => line(depth, parameterName(key), parameterText(value)));

export const commandName = (code: number): string => COMMANDS.get(code)?.name ?? `private command ${code}`;
export const parameterName = (key: number): string => PARAMETERS.get(key)?.name ?? `private parameter ${key}`;

function argumentText(argument: Argument): string {
  switch (argument.kind) {
    case "policy":
      return policyText(argument.policy);
    case "index":
      if (argument.index === true) return "all components";
      return typeof argument.index === "number" ? String(argument.index) : argument.index.join(", ");
    case "copy-params":
      return [...argument.bySource]
        .map(([source, keys]) => `${keys.map(parameterName).join(", ")} of component ${source}`)
        .join("; ");
    case "custom":
      return itemText(argument.bytes);
    default:
      return "";
  }
}

const policyText = (policy: number): string => {
  const told = Object.entries(REPORTING).filter(([, bit]) => (policy & bit) !== 0);
  return told.length === 0 ? "reports nothing" : `reports ${told.map(([name]) => name).join(", ")}`;
};

/** A parameter's value in one line. */
export function parameterText(value: ParameterValue): string {
  switch (value.form) {
    case "identifier":
      return value.tagged ? `enterprise number ${toHex(value.bytes)}` : uuidText(value.bytes);
    case "digest":
      return digestText(value.digest);
    case "uint":
    case "int":
    case "bool":
      return String(value.value);
    case "text":
      return shownText(value.text);
    case "version":
      return `${nameOf(COMPARISON, value.comparison)} ${value.version.join(".")}`;
    case "wait":
      return [...value.events].map(([event, argument]) => `${nameOf(WAIT, event)} ${itemText(argument)}`).join(", ");
    case "bytes":
    case "metadata":
      return shownText(toHex(value.bytes));
    case "custom":
      return itemText(value.bytes);
  }
}

const nameOf = (labels: Readonly<Record<string, number>>, label: number): string =>
  Object.entries(labels).find(([, number]) => number === label)?.[0] ?? String(label);

/** CBOR of a shape that we do not know. */
const itemText = (item: Uint8Array): string => shownText(formatItem(decodeItem(item, HEADER)));

export const digestText = ({ algorithm, bytes: digest }: SuitDigest): string =>
  `${digestRow(algorithm)?.name ?? algorithm} ${toHex(digest)}`;

/** RFC 9562 §4; what is not of its length stays hex. */
export function uuidText(uuid: Uint8Array): string {
  const hex = toHex(uuid);
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : hex;
}

const PRINTABLE = /^[\x20-\x7e]+$/;

/** `fw/0x00`: its parts as text where they are text. */
export const componentText = (id: ComponentId): string =>
  id
    .map((part) => {
      const text = Buffer.from(part).toString("latin1");
      return PRINTABLE.test(text) ? text : `0x${toHex(part)}`;
    })
    .join("/");
