/** Names and numbers as C99 wants them: macros that never collide, literals of the right type, comments that stay closed. */

/** `/m:room/max-temp` below `room` → `ROOM_MAX_TEMP`. */
export const macroName = (words: readonly string[]): string =>
  words.map((word) => word.toUpperCase().replace(/[^A-Z0-9]/g, "_")).join("_");

/** A prefix that no C implementation keeps for itself (C99 §7.1.3: names that begin with '_'). */
export const usualPrefix = (module: string): string => macroName([module]).replace(/^(?=_)/, "M");
export const isMacroName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(text);

/** C99 §6.4.4.1: as short as it may be, and 64 bits wide where it must be. */
export const unsigned = (value: number): string => `${value}${value > 0xffff_ffff ? "ull" : "u"}`;

export function signed(value: number): string {
  if (value >= 0) return value > 0x7fff_ffff ? `${value}ll` : String(value);
  // The lowest int has no literal of its own.
  if (value === -0x8000_0000) return "(-2147483647 - 1)";
  return value < -0x8000_0000 ? `(${value}ll)` : `(${value})`;
}

/** Units and names come from a module: what would end a comment, or make a trigraph of it, is left out. */
export const comment = (text: string): string => `/* ${text.replace(/[^ -~]|\\|\?|\*(?=\/)|\/(?=\*)/g, "")} */`;

/** Macros in the order in which they are defined, each name once: the second of a name gets its node's SID behind it. */
export class Macros {
  readonly #taken = new Set<string>();
  readonly #lines: string[] = [];

  /** Gives the name that was free. */
  claim(name: string, suffixes: readonly string[], distinct: number): string {
    let own = name;
    for (let nth = 1; suffixes.some((suffix) => this.#taken.has(own + suffix)); nth++) {
      own = `${name}_${distinct}${nth === 1 ? "" : `_${nth}`}`;
    }
    for (const suffix of suffixes) this.#taken.add(own + suffix);
    return own;
  }

  define(name: string, value: string, note?: string): void {
    this.#lines.push(`#define ${name} ${value}${note === undefined ? "" : ` ${comment(note)}`}`);
  }

  say(text: string): void {
    this.#lines.push(text === "" ? "" : comment(text));
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}
