/** Quantities as people write and read them: `90s`, `16MiB`, `15%`. Configuration, command line and console share them. */
import { type Millis, millis } from "../../base/index.ts";

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)$/.exec(text.trim()) ?? [];
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** `500ms`, `90s`, `15m`, `12h`, `7d`; a bare number has no unit and is refused. */
export function parseDuration(text: string): Millis | undefined {
  const value = parseWithUnit(text, DURATION_UNITS);
  return value === undefined ? undefined : millis(Math.round(value));
}

/** `16MiB`, `64KiB`, `10MB`; a bare number counts bytes. */
export function parseSize(text: string): number | undefined {
  const bytes = /^\d+$/.test(text.trim()) ? Number(text) : parseWithUnit(text, SIZE_UNITS);
  return bytes === undefined || !Number.isSafeInteger(Math.round(bytes)) ? undefined : Math.round(bytes);
}

/** `15%` or `15`, from 0 to 100. */
export function parsePercent(text: string): number | undefined {
  const digits = /^(\d+(?:\.\d+)?) ?%?$/.exec(text.trim())?.[1];
  const value = Number(digits);
  return digits === undefined || value > 100 ? undefined : value;
}

export function parseInteger(text: string, min: number, max: number): number | undefined {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Bytes with a binary unit, for people. */
export function formatSize(bytes: number): string {
  const scales = [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const;
  for (const [unit, factor] of scales) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(bytes % factor === 0 ? 0 : 1)} ${unit}`;
  }
  return `${bytes} B`;
}

/** The two largest units: `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(duration: Millis): string {
  const total = Math.max(0, Math.round(duration / 1000));
  const steps = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = steps.findIndex(([, size]) => total >= size);
  if (first < 0) return "0 s";
  let rest = total;
  const words: string[] = [];
  for (const [unit, size] of steps.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}

/** A moment against now: `12 s ago`, `in 3 min`, `now`. */
export function formatMoment(at: Millis | undefined, now: Millis): string {
  if (at === undefined) return "never";
  const distance = at - now;
  if (Math.abs(distance) < 1000) return "now";
  return distance < 0 ? `${formatDuration(millis(-distance))} ago` : `in ${formatDuration(millis(distance))}`;
}
