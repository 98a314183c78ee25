/** RFC 7950 §9.2.4, §9.4.4 — the expressions of `range` and `length`, joined with those of the type below. */
import type { Statement } from "../../parse/statement.ts";
import { argument, refuse } from "../finding.ts";

type Interval = readonly [low: bigint, high: bigint];
export type Bounds = readonly Interval[];

const INTEGERS = {
  int8: 7n,
  int16: 15n,
  int32: 31n,
  int64: 63n,
  uint8: 8n,
  uint16: 16n,
  uint32: 32n,
  uint64: 64n,
} as const;
const isInteger = (base: string): base is keyof typeof INTEGERS => Object.hasOwn(INTEGERS, base);

/** What the values (or, for strings and binaries, the lengths) of a built-in type can be. */
export function boundsOf(base: string): Bounds | undefined {
  if (base === "string" || base === "binary") return [[0n, (1n << 64n) - 1n]];
  if (base === "decimal64") return [[-(1n << 63n), (1n << 63n) - 1n]];
  if (!isInteger(base)) return undefined;
  const size = 1n << INTEGERS[base];
  return [base.startsWith("u") ? [0n, size - 1n] : [-size, size - 1n]];
}

/** RFC 7950 §14: hexadecimal and octal numbers are for values, not for bounds. */
const BOUND = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** `1..4 | 8` → intervals; each must lie within `outer`, which `min` and `max` stand for. */
export function parseBounds(statement: Statement, outer: Bounds, fractionDigits: number): Bounds {
  const lowest = outer[0]?.[0] ?? 0n;
  const highest = outer.at(-1)?.[1] ?? 0n;
  const parse = (text: string): bigint => {
    if (text === "min") return lowest;
    if (text === "max") return highest;
    const value = BOUND.test(text) ? parseScaled(text, fractionDigits) : undefined;
    return value ?? refuse(statement, `'${text}' is not a bound of this type`);
  };
  const intervals = argument(statement)
    .split("|")
    .map((part): Interval => {
      const ends = part.split("..").map((end) => end.trim());
      const [low, high = low] = ends;
      if (low === undefined || high === undefined || ends.length > 2)
        refuse(statement, `'${part.trim()}' is not an interval`);
      return [parse(low), parse(high)];
    });
  for (const [index, [low, high]] of intervals.entries()) {
    const before = intervals[index - 1]?.[1];
    if (low > high || (before !== undefined && low <= before)) refuse(statement, "the intervals must ascend");
    if (!outer.some(([from, to]) => low >= from && high <= to))
      refuse(statement, "this is wider than the type it restricts");
  }
  return intervals;
}

/** An integer, also hexadecimal or octal (RFC 7950 §9.2.1), or a decimal scaled by 10^fractionDigits. */
export function parseScaled(text: string, fractionDigits: number): bigint | undefined {
  if (fractionDigits === 0) {
    const [, minus, digits = ""] = /^([+-]?)(0x[0-9a-fA-F]+|\d+)$/.exec(text) ?? [];
    if (minus === undefined) return undefined;
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    return minus === "-" ? -BigInt(octal) : BigInt(octal);
  }
  const [, minus, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > fractionDigits) return undefined;
  const scaled = BigInt(whole + fraction.padEnd(fractionDigits, "0"));
  return minus === "-" ? -scaled : scaled;
}

/** Is the value in one of the intervals? */
export const covers = (bounds: Bounds, value: bigint): boolean =>
  bounds.some(([low, high]) => value >= low && value <= high);
