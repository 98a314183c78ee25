/** decimal64: RFC 7950 §9.3, RFC 9254 §6.3. The value is the mantissa at the type's own fraction-digits, a bigint. */
import { type CborReader, MAJOR, YANG_TAG } from "../../../wire/cbor/index.ts";
import type { Intervals } from "../../schema.ts";
import { Fault } from "../fault.ts";
import { bigRangeTest, rangeTest } from "../intervals.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

const FORM = /^([+-]?)(\d+)(?:\.(\d+))?$/;
/** Reading a number takes longer than its digits are many. */
const LONGEST = 100;
/** Powers beyond this leave the 64 bits for every mantissa but 0. */
const MAX_SHIFT = 18;
const ALL: Intervals = [[String(-(1n << 63n)), String((1n << 63n) - 1n)]];

const tooFine = (digits: number): Fault => new Fault("yang.invalid-datatype", `more than ${digits} fraction digits`);

export const decimal64: LeafFactory = (type) => {
  const digits = type.fractionDigits ?? 1;
  const unit = 10n ** BigInt(digits);
  const decimal = (value: bigint): string => {
    const absolute = value < 0n ? -value : value;
    const fraction = String(absolute % unit)
      .padStart(digits, "0")
      .replace(/0+$/, "");
    return `${value < 0n ? "-" : ""}${absolute / unit}.${fraction === "" ? "0" : fraction}`;
  };
  const intervals = type.range ?? ALL;
  const shown: Intervals = intervals.map(([low, high]) => [decimal(BigInt(low)), decimal(BigInt(high))]);
  const inRange = bigRangeTest(intervals);
  const inSmallRange = rangeTest(intervals);

  /** The number test is exact for safe integers and much cheaper. */
  const checked = (value: number | bigint): bigint => {
    try {
      if (typeof value === "number") inSmallRange(value);
      else inRange(value);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const bounds = shown.map(([low, high]) => `${low}..${high}`).join(" | ");
      throw new Fault("yang.not-in-range", `${decimal(BigInt(value))} is not in ${bounds}`).said(type.boundsSay);
    }
    return BigInt(value);
  };
  const parse = (text: string): bigint => {
    const match = text.length > LONGEST ? null : FORM.exec(text);
    const whole = match?.[2];
    if (match === null || whole === undefined) throw wrongType("a decimal number");
    const fraction = (match[3] ?? "").replace(/0+$/, "");
    if (fraction.length > digits) throw tooFine(digits);
    const scaled = BigInt(whole) * unit + BigInt(fraction.padEnd(digits, "0"));
    return checked(match[1] === "-" ? -scaled : scaled);
  };
  return {
    read(reader) {
      if (reader.major() !== MAJOR.tag || reader.tag() !== YANG_TAG.decimalFraction)
        throw wrongType("a decimal fraction (tag 4)");
      const [exponent, mantissa] = readPair(reader);
      if (exponent === -digits) return checked(mantissa);
      return checked(rescale(BigInt(mantissa), Number(exponent) + digits, digits));
    },
    write(writer, value) {
      if (typeof value !== "bigint") throw misfit("decimal64", value);
      writer.tag(YANG_TAG.decimalFraction);
      writer.array(2);
      writer.integer(-digits);
      writer.integer(value);
    },
    parse,
    format: (value) => decimal(BigInt(value as bigint)),
    fromJson: (json) => parse(jsonText(json, "a decimal number")),
    toJson: (value) => decimal(BigInt(value as bigint)),
  };
};

function readPair(reader: CborReader): [exponent: number | bigint, mantissa: number | bigint] {
  if (reader.major() !== MAJOR.array) throw wrongType("[exponent, mantissa] after tag 4");
  let left = reader.next(reader.array());
  if (left < 0) throw wrongType("[exponent, mantissa] after tag 4");
  const exponent = readInteger(reader);
  left = reader.next(left);
  if (left < 0) throw wrongType("[exponent, mantissa] after tag 4");
  const mantissa = readInteger(reader);
  if (reader.next(left) >= 0) throw wrongType("[exponent, mantissa] after tag 4");
  return [exponent, mantissa];
}

function readInteger(reader: CborReader): number | bigint {
  if (reader.major() > MAJOR.negative) throw wrongType("integers inside tag 4");
  return reader.integer();
}

/** Any exponent may arrive; what it says must be exact at our scale. */
function rescale(mantissa: bigint, shift: number, digits: number): bigint {
  if (mantissa === 0n) return 0n;
  if (shift >= 0) {
    if (shift > MAX_SHIFT) throw new Fault("yang.not-in-range", "the number does not fit into 64 bits");
    return mantissa * 10n ** BigInt(shift);
  }
  if (shift < -MAX_SHIFT - 1) throw tooFine(digits);
  const divisor = 10n ** BigInt(-shift);
  if (mantissa % divisor !== 0n) throw tooFine(digits);
  return mantissa / divisor;
}
