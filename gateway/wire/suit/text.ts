/**
 * suit-manifest-37 §8.4.4, update-management "suit-text-…" — what the author says to people: element 23, both ways, and as
 * lines that are safe to show. It comes from outside even when it is signed: nothing acts on it.
 */
import { toHex, WireError } from "../../base/index.ts";
import { type CborReader, type CborWriter, keysOf, MAJOR } from "../cbor/index.ts";
import { TEXT, TEXT_COMPONENT } from "./labels.ts";
import { checkLimit } from "./limits.ts";
import {
  encode,
  malformed,
  readComponentId,
  readSmall,
  readWhole,
  writeComponentId,
  writeLabelled,
  writeSorted,
} from "./strict.ts";
import type { ComponentId } from "./types.ts";

/** By the labels of `TEXT` or `TEXT_COMPONENT`; later documents may add some. */
export type Texts = ReadonlyMap<number, string>;
export interface ComponentText {
  readonly id: ComponentId;
  readonly texts: Texts;
}
export interface LanguageText {
  readonly manifest: Texts;
  /** By `componentKey`: an array cannot be the key of a map here. */
  readonly components: ReadonlyMap<string, ComponentText>;
}
/** By language tag (RFC 5646). */
export type SuitText = ReadonlyMap<string, LanguageText>;

const WHERE = "the text";
const LANGUAGE = /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/;

/** Hex of the encoded identifier. */
export const componentKey = (id: ComponentId): string => toHex(encode((writer) => writeComponentId(writer, id)));

/** The content of element 23. */
export const readText = (content: Uint8Array): SuitText => readWhole(content, readLanguages);

function readLanguages(reader: CborReader): SuitText {
  const languages = new Map<string, LanguageText>();
  for (const language of keysOf(reader, (keys) => keys.text())) {
    if (!LANGUAGE.test(language)) throw malformed(WHERE, "a key is no language tag");
    checkLimit("languages", languages.size + 1);
    languages.set(language, readLanguage(reader));
  }
  if (languages.size === 0) throw new WireError("suit.missing", { where: WHERE, element: "language" });
  return languages;
}

function readLanguage(reader: CborReader): LanguageText {
  const manifest = new Map<number, string>();
  const components = new Map<string, ComponentText>();
  let count = 0;
  const readOne = (): string => {
    count += 1;
    checkLimit("texts", count);
    const start = reader.offset;
    const text = reader.text();
    checkLimit("text", reader.offset - start);
    return text;
  };
  for (const key of keysOf(reader, (keys) =>
    keys.major() === MAJOR.array ? readComponentId(keys) : readSmall(keys),
  )) {
    if (typeof key === "number") manifest.set(key, readOne());
    else {
      const texts = new Map<number, string>();
      for (const label of keysOf(reader, readSmall)) texts.set(label, readOne());
      components.set(componentKey(key), { id: key, texts });
    }
  }
  return { manifest, components };
}

export const encodeText = (text: SuitText): Uint8Array =>
  encode((writer) =>
    writeSorted(
      writer,
      [...text].map(([language, value]) => [
        (key: CborWriter) => key.text(language),
        (inner: CborWriter) => writeLanguage(inner, value),
      ]),
    ),
  );

const writeLanguage = (writer: CborWriter, { manifest, components }: LanguageText): void =>
  writeSorted(writer, [
    ...[...manifest].map(
      ([label, text]) => [(key: CborWriter) => key.integer(label), (inner: CborWriter) => inner.text(text)] as const,
    ),
    ...[...components.values()].map(
      ({ id, texts }) =>
        [(key: CborWriter) => writeComponentId(key, id), (inner: CborWriter) => writeTexts(inner, texts)] as const,
    ),
  ]);

const writeTexts = (writer: CborWriter, texts: Texts): void =>
  writeLabelled(
    writer,
    [...texts].map(([label, text]) => [label, (inner: CborWriter) => inner.text(text)]),
  );

const SHOWN = 400;
const LINES = /[\t\r\n]+/g;
const DANGEROUS = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** On one line, of bounded length; what steers terminals, directions of writing or logs is spelt out. */
export function shownText(text: string, length = SHOWN): string {
  // By characters: a cut must not leave half of one.
  const start = [...text.slice(0, 2 * length)].slice(0, length).join("");
  const safe = start.replace(LINES, " ").replace(DANGEROUS, spelt);
  return start.length < text.length ? `${safe}…` : safe;
}

const spelt = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** The language that fits best: itself, the same without its region, English, whatever there is. */
export function inLanguage(
  text: SuitText,
  wanted: string,
): readonly [language: string, text: LanguageText] | undefined {
  const primary = (tag: string): string => tag.split("-", 1)[0]?.toLowerCase() ?? "";
  const choices: ReadonlyArray<(tag: string) => boolean> = [
    (tag) => tag.toLowerCase() === wanted.toLowerCase(),
    (tag) => primary(tag) === primary(wanted),
    (tag) => primary(tag) === "en",
    () => true,
  ];
  for (const choice of choices) {
    const found = [...text].find(([tag]) => choice(tag));
    if (found !== undefined) return found;
  }
  return undefined;
}

const nameIn = (labels: Readonly<Record<string, number>>, label: number): string =>
  Object.entries(labels).find(([, number]) => number === label)?.[0] ?? `text ${label}`;
export const textName = (label: number): string => nameIn(TEXT, label);
export const componentTextName = (label: number): string => nameIn(TEXT_COMPONENT, label);
