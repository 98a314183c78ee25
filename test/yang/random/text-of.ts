/** Random texts that patterns and lengths allow. */
import { openPattern, type Pattern } from "../../../gateway/yang/patterns/index.ts";
import { type Expression, parsePattern } from "../../../gateway/yang/patterns/syntax.ts";
import type { LeafType } from "../../../gateway/yang/schema.ts";
import type { Dice } from "../../fuzz/dice.ts";

const TRIES = 40;
const MORE = 3;
/** Most are ASCII, as in life. */
const POOL = [..."abcxyzABC0123456789 -_.:/@%+*#$,;=()[]{}'\"<>&|~^!?\\`", ..."éüλЖ中💡\u00a0"].map(
  (char) => char.codePointAt(0) ?? 0,
);

/** Typedefs that say in words only what their texts are. */
const SPEAKING: { readonly [typedef: string]: readonly string[] } = {
  "ietf-yang-types:xpath1.0": ["/", "1 = 2", "count(/*) > 3 or 'a'"],
  "ietf-netconf-acm:node-instance-identifier": ["/ietf-netconf-acm:nacm", "/ietf-netconf-acm:nacm/groups"],
};
export const speaks = ({ typedef = "" }: LeafType): boolean => SPEAKING[typedef] !== undefined;
/** IPv6 addresses that the patterns of RFC 6991 §4 take and inet_pton does not: leading zeros at the end, one colon at an end. */
const ODD_ADDRESS = /:.*(?:[:.]0\d+\.|\.0\d)|^:[^:]|[^:]:(?:%|\/|$)/;

interface Rule {
  readonly expression: Expression;
  readonly pattern: Pattern;
  readonly invert: boolean;
}

export class RandomTexts {
  readonly #dice: Dice;
  readonly #rules = new Map<string, Rule>();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** undefined: none was found in a reasonable number of tries. */
  of(type: LeafType): string | undefined {
    const speaking = SPEAKING[type.typedef ?? ""];
    if (speaking !== undefined) return this.#dice.pick(speaking);
    const rules = (type.patterns ?? []).map(({ source, invert }) => this.#ruleOf(source, invert));
    const positive = rules.filter(({ invert }) => !invert);
    for (let i = 0; i < TRIES; i++) {
      const text =
        positive.length === 0 ? this.#free(type) : this.matching(this.#dice.pick(positive).expression).join("");
      const fits = rules.every(({ pattern, invert }) => pattern.matches(text) !== invert);
      if (fits && !ODD_ADDRESS.test(text) && isWithin([...text].length, type.length)) return text;
    }
    return undefined;
  }

  /** The characters of a text that the expression matches. */
  matching(expression: Expression): string[] {
    const dice = this.#dice;
    switch (expression.kind) {
      case "set": {
        for (let i = 0; i < TRIES; i++) {
          const point = dice.chance(0.8) ? dice.pick(POOL) : 0x20 + dice.below(0x5f);
          if (expression.set.has(point)) return [String.fromCodePoint(point)];
        }
        for (let point = 0x09; point < 0x3000; point++) {
          if (expression.set.has(point)) return [String.fromCodePoint(point)];
        }
        return [];
      }
      case "sequence":
        return expression.parts.flatMap((part) => this.matching(part));
      case "choice":
        return this.matching(dice.pick(expression.parts));
      case "repeat": {
        const { part, min, max = Number.POSITIVE_INFINITY } = expression;
        const times = Math.min(max, min + dice.below(MORE + 1));
        return Array.from({ length: times }, () => this.matching(part)).flat();
      }
    }
  }

  #free(type: LeafType): string {
    const [low, high] = this.#dice.pick(type.length ?? [["0", "12"]]);
    const length = Number(low) + this.#dice.below(Math.min(Number(high) - Number(low), 12) + 1);
    return Array.from({ length }, () => String.fromCodePoint(this.#dice.pick(POOL))).join("");
  }

  #ruleOf(source: string, invert: boolean): Rule {
    const known = this.#rules.get(source);
    if (known !== undefined) return { ...known, invert };
    const rule = { expression: parsePattern(source), pattern: openPattern(source), invert };
    this.#rules.set(source, rule);
    return rule;
  }
}

const isWithin = (length: number, intervals: LeafType["length"]): boolean =>
  intervals === undefined || intervals.some(([low, high]) => Number(low) <= length && length <= Number(high));
