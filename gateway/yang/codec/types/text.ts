/** string and binary: RFC 7950 §9.4 and §9.8, RFC 9254 §6.4 and §6.8. */
import { MAJOR } from "../../../wire/cbor/index.ts";
import { openPattern } from "../../patterns/index.ts";
import { Fault } from "../fault.ts";
import { lengthTest } from "../intervals.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

/** RFC 7950 §9.4: no control characters but tab and line ends, no noncharacters. Terminals and logs are glad of it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is there to find them
const ILLEGAL = /[\0-\x08\x0b\x0c\x0e-\x1f\p{Noncharacter_Code_Point}]/u;
/** A JSON string can hold half a character, UTF-8 cannot. */
const HALF = /\p{Surrogate}/u;
const SURROGATE = /[\ud800-\udbff][\udc00-\udfff]/g;
/** RFC 7950 §9.4.4: a length counts characters, not UTF-16 units. */
const characters = (text: string): number => text.length - (text.match(SURROGATE)?.length ?? 0);

export const string: LeafFactory = (type) => {
  const testLength = lengthTest(type.length, type.boundsSay);
  const patterns = (type.patterns ?? []).map((rule) => ({ rule, pattern: openPattern(rule.source) }));
  const checked = (text: string): string => {
    if (ILLEGAL.test(text)) throw new Fault("yang.invalid-datatype", "a character that YANG strings cannot hold");
    if (testLength !== undefined) testLength(characters(text));
    for (const { rule, pattern } of patterns) {
      if (pattern.matches(text) === rule.invert) {
        const verb = rule.invert ? "matches" : "does not match";
        throw new Fault("yang.pattern-test-failed", `the value ${verb} the pattern ${rule.source}`).said(rule);
      }
    }
    return text;
  };
  return {
    read(reader) {
      if (reader.major() !== MAJOR.text) throw wrongType("a text string");
      return checked(reader.text());
    },
    write(writer, value) {
      if (typeof value !== "string") throw misfit("a string", value);
      writer.text(value);
    },
    parse: checked,
    format: String,
    fromJson(json) {
      const text = jsonText(json, "text");
      if (HALF.test(text)) throw new Fault("yang.invalid-datatype", "half a character (a lone surrogate)");
      return checked(text);
    },
    toJson: String,
  };
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const binary: LeafFactory = (type) => {
  const testLength = lengthTest(type.length, type.boundsSay);
  const checked = (bytes: Uint8Array): Uint8Array => {
    testLength?.(bytes.length);
    return bytes;
  };
  const parse = (text: string): Uint8Array => {
    const compact = text.replace(/\s+/g, "");
    if (!BASE64.test(compact)) throw wrongType("base64");
    return checked(new Uint8Array(Buffer.from(compact, "base64")));
  };
  const format = (value: unknown): string => {
    if (!(value instanceof Uint8Array)) throw misfit("binary", value);
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  };
  return {
    read(reader) {
      if (reader.major() !== MAJOR.bytes) throw wrongType("a byte string");
      return checked(reader.byteString());
    },
    write(writer, value) {
      if (!(value instanceof Uint8Array)) throw misfit("binary", value);
      writer.byteString(value);
    },
    parse,
    format,
    fromJson: (json) => parse(jsonText(json, "base64")),
    toJson: format,
  };
};
