/** Random values of a YANG type in RFC 7951 JSON. */
import type { Json } from "../../../gateway/yang/api.ts";
import type { BuiltIn, Intervals, LeafType, Schema } from "../../../gateway/yang/schema.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { RandomTexts } from "./text-of.ts";

/** What a value may refer to: the leaves that exist already, and the paths of what exists. */
export interface Surroundings {
  /** Values of leaves by name, without the module. */
  readonly leaves: ReadonlyMap<string, readonly Json[]>;
  readonly paths: readonly string[];
}

const BOUNDS: { readonly [base in BuiltIn]?: Intervals[number] } = {
  int8: ["-128", "127"],
  int16: ["-32768", "32767"],
  int32: ["-2147483648", "2147483647"],
  int64: ["-9223372036854775808", "9223372036854775807"],
  uint8: ["0", "255"],
  uint16: ["0", "65535"],
  uint32: ["0", "4294967295"],
  uint64: ["0", "18446744073709551615"],
  decimal64: ["-9223372036854775808", "9223372036854775807"],
};

export class RandomValues {
  readonly #schema: Schema;
  readonly #dice: Dice;
  readonly #texts: RandomTexts;

  constructor(schema: Schema, dice: Dice) {
    this.#schema = schema;
    this.#dice = dice;
    this.#texts = new RandomTexts(dice);
  }

  /** undefined: no value was found. */
  of(type: LeafType, around: Surroundings): Json | undefined {
    const dice = this.#dice;
    switch (type.base) {
      case "int64":
      case "uint64":
        return String(this.#number(type));
      case "int8":
      case "int16":
      case "int32":
      case "uint8":
      case "uint16":
      case "uint32":
        return Number(this.#number(type));
      case "decimal64":
        return formatDecimal(this.#number(type), type.fractionDigits ?? 1);
      case "string":
        return this.#texts.of(type);
      case "boolean":
        return dice.chance(0.5);
      case "enumeration":
        return type.enums && type.enums.length > 0 ? dice.pick(type.enums).name : undefined;
      case "bits":
        return (type.bits ?? [])
          .filter(() => dice.chance(0.4))
          .map(({ name }) => name)
          .join(" ");
      case "binary": {
        const [low, high] = dice.pick(type.length ?? [["0", "9"]]);
        const length = Number(low) + dice.below(Math.min(9, Number(high) - Number(low)) + 1);
        return Buffer.from(Array.from({ length }, () => dice.below(256))).toString("base64");
      }
      case "empty":
        return [null];
      case "identityref": {
        const fitting = [...this.#schema.identities.keys()].filter((name) =>
          (type.identityBases ?? []).every((base) => name !== base && this.#schema.derivedFrom(name, base)),
        );
        return fitting.length === 0 ? undefined : dice.pick(fitting);
      }
      case "leafref": {
        const name = (type.path ?? "").replace(/^.*[/:]/s, "").trim();
        const values = around.leaves.get(name);
        if (values !== undefined && dice.chance(0.95)) return dice.pick(values);
        return type.target && this.of(type.target, around);
      }
      case "instance-identifier":
        return around.paths.length === 0 ? undefined : dice.pick(around.paths);
      case "union": {
        const member = type.members && type.members.length > 0 ? dice.pick(type.members) : undefined;
        return member && this.of(member, around);
      }
    }
  }

  /** Often one of the ends, where mistakes are. */
  #number(type: LeafType): bigint {
    const dice = this.#dice;
    const bounds = BOUNDS[type.base] ?? ["0", "0"];
    const [low, high] = dice.pick(type.range ?? [bounds]).map(BigInt) as [bigint, bigint];
    if (dice.chance(0.2)) return dice.chance(0.5) ? low : high;
    const span = high - low + 1n;
    const step = span > 1_000_000n && dice.chance(0.5) ? 1_000n : span;
    const roll = (BigInt(dice.below(2 ** 31)) << 31n) + BigInt(dice.below(2 ** 31));
    return low + (((roll % step) + span) % span);
  }
}

/** RFC 7950 §9.3.2: canonical, at least one digit on each side of the point. */
export function formatDecimal(scaled: bigint, digits: number): string {
  const sign = scaled < 0n ? "-" : "";
  const all = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, "0");
  const fraction = all.slice(-digits).replace(/0+$/, "");
  return `${sign}${all.slice(0, -digits)}.${fraction === "" ? "0" : fraction}`;
}
