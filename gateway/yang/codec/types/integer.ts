/** Integers: RFC 7950 §9.2, RFC 9254 §6.1-6.2, RFC 7951 §6.1. Up to 32 bits a number, with 64 bits a bigint. */
import { MAJOR } from "../../../wire/cbor/index.ts";
import type { Intervals } from "../../schema.ts";
import { bigRangeTest, rangeTest } from "../intervals.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

const FORM = /^([+-]?)(0x[0-9a-fA-F]+|0[0-7]+|0|[1-9][0-9]*)$/;

/** Reading a number takes longer than its digits are many. */
const LONGEST = 100;
const DECIMAL = /^[+-]?[0-9]+$/;

/** In data there is no other base. */
function parseDecimal(text: string): bigint {
  if (text.length > LONGEST || !DECIMAL.test(text)) throw wrongType("an integer");
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

/** Decimal, or hexadecimal and octal as schemas may write defaults (RFC 7950 §9.2.1). */
function parseBig(text: string): bigint {
  const match = text.length > LONGEST ? null : FORM.exec(text);
  const digits = match?.[2];
  if (match === null || digits === undefined) throw wrongType("an integer");
  const octal = digits.length > 1 && digits[0] === "0" && digits[1] !== "x";
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return match[1] === "-" ? -value : value;
}

const limits = (bits: number, signed: boolean): Intervals => {
  const size = 1n << BigInt(bits);
  return signed ? [[String(-size / 2n), String(size / 2n - 1n)]] : [["0", String(size - 1n)]];
};

export const smallInteger =
  (bits: 8 | 16 | 32, signed: boolean): LeafFactory =>
  (type) => {
    const intervals = type.range ?? limits(bits, signed);
    const test = rangeTest(intervals, type.boundsSay);
    const lastMajor = signed ? MAJOR.negative : MAJOR.uint;
    const checked = (value: number): number => {
      test(value);
      return value;
    };
    return {
      read(reader) {
        if (reader.major() > lastMajor) throw wrongType(signed ? "an integer" : "an unsigned integer");
        return checked(Number(reader.integer()));
      },
      write(writer, value) {
        if (typeof value !== "number") throw misfit(type.base, value);
        writer.integer(value);
      },
      parse: (text) => checked(Number(parseBig(text))),
      format: String,
      fromJson(json) {
        if (typeof json !== "number" || !Number.isInteger(json)) throw wrongType("an integer");
        return checked(json === 0 ? 0 : json);
      },
      toJson: (value) => Number(value),
    };
  };

export const wideInteger =
  (signed: boolean): LeafFactory =>
  (type) => {
    const test = bigRangeTest(type.range ?? limits(64, signed), type.boundsSay);
    const lastMajor = signed ? MAJOR.negative : MAJOR.uint;
    const checked = (value: bigint): bigint => {
      test(value);
      return value;
    };
    return {
      read(reader) {
        if (reader.major() > lastMajor) throw wrongType(signed ? "an integer" : "an unsigned integer");
        return checked(BigInt(reader.integer()));
      },
      write(writer, value) {
        if (typeof value !== "bigint") throw misfit(type.base, value);
        writer.integer(value);
      },
      parse: (text) => checked(parseBig(text)),
      format: String,
      fromJson: (json) => checked(parseDecimal(jsonText(json, "a 64-bit integer"))),
      toJson: String,
    };
  };
