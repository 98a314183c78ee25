/**
 * Maintenance windows (UX-R13): `Mo-Fr 22:00-05:00 Europe/Berlin`, `Sa,Su 00:00-24:00`, `03:00-04:00`. A window that ends
 * before it begins ends on the next day; days are those on which it begins. Times are those on the wall: what the clocks skip in
 * spring is skipped, what they repeat in autumn comes twice. Pure.
 */
import { type Millis, millis, UsageError } from "../../base/index.ts";
import { ALWAYS_OPEN, type WindowState } from "./turn.ts";

export interface Window {
  /** 0 = Monday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since midnight; `to` at most 1440. */
  readonly from: number;
  readonly to: number;
  /** Shows what the clock on the wall shows: made once, since it costs more than all else. */
  readonly wall: Intl.DateTimeFormat;
}

const DAYS: readonly string[] = ["mo", "tu", "we", "th", "fr", "sa", "su"];
const SHAPE = /^(?:([a-z,-]+)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})(?:\s+(\S+))?$/i;
const DAY_MINUTES = 1440;
const MINUTE = 60_000;
const STEP = 15 * MINUTE;
const AROUND = 120 * MINUTE;
const SHOWN = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** `zone`: that of the site, for windows that name none. Throws UsageError `campaign.window`. */
export function parseWindow(text: string, zone: string): Window {
  const parts = SHAPE.exec(text.trim());
  if (parts === null) throw unreadable(text, "expected e.g. Mo-Fr 22:00-05:00 Europe/Berlin");
  const [, days, fromHour, fromMinute, toHour, toMinute, named] = parts;
  const from = minutes(fromHour!, fromMinute!, text);
  const to = minutes(toHour!, toMinute!, text);
  if (from === DAY_MINUTES || from === to) throw unreadable(text, "it has no length");
  return { days: parseDays(days, text), from, to, wall: wallOf(named ?? zone, text) };
}

function minutes(hour: string, minute: string, text: string): number {
  const time = Number(hour) * 60 + Number(minute);
  if (Number(minute) > 59 || time > DAY_MINUTES) throw unreadable(text, `${hour}:${minute} is no time of day`);
  return time;
}

function parseDays(text: string | undefined, whole: string): ReadonlySet<number> {
  if (text === undefined || text.toLowerCase() === "daily") return new Set(DAYS.keys());
  const dayOf = (name: string): number => {
    const day = DAYS.indexOf(name.toLowerCase());
    if (day === -1) throw unreadable(whole, `'${name}' is no day; days are Mo Tu We Th Fr Sa Su`);
    return day;
  };
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [first = "", last = first, ...more] = part.split("-");
    if (more.length > 0) throw unreadable(whole, `'${part}' is no range of days`);
    const [start, end] = [dayOf(first), dayOf(last)];
    for (let day = start; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === end) break;
    }
  }
  return found;
}

function wallOf(timeZone: string, text: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en", { timeZone, ...SHOWN });
  } catch {
    throw unreadable(text, `'${timeZone}' is no time zone`);
  }
}

const unreadable = (window: string, what: string): UsageError => new UsageError("campaign.window", { window, what });

/** Of several windows: open when one is. None at all leave everything open. */
export function windowState(windows: readonly Window[], now: Millis): WindowState {
  if (windows.length === 0 || windows.some((window) => isOpen(window, now))) return ALWAYS_OPEN;
  return { open: false, next: millis(Math.min(...windows.map((window) => nextOpening(window, now)))) };
}

function isOpen({ days, from, to, wall }: Window, now: number): boolean {
  const { day, minute } = onTheWall(now, wall);
  if (from < to) return days.has(day) && minute >= from && minute < to;
  return (days.has(day) && minute >= from) || (days.has((day + 6) % 7) && minute < to);
}

/** The first moment after `now` at which it opens: at most eight days off, since one of the days is named. */
function nextOpening(window: Window, now: number): number {
  const start = Math.ceil((now + 1) / MINUTE) * MINUTE;
  for (let ahead = 0; ahead <= 8; ahead++) {
    const near = start + ahead * DAY_MINUTES * MINUTE;
    const at = near + (window.from - onTheWall(near, window.wall).minute) * MINUTE;
    // Where the clocks change that day it opens up to two hours beside that.
    for (let off = -AROUND; off <= AROUND; off += STEP) {
      if (at + off >= start && isOpen(window, at + off)) return at + off;
    }
  }
  return now + 8 * DAY_MINUTES * MINUTE;
}

function onTheWall(at: number, wall: Intl.DateTimeFormat): { readonly day: number; readonly minute: number } {
  const parts = wall.formatToParts(at);
  const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  const day = DAYS.findIndex((known) => value("weekday").toLowerCase().startsWith(known));
  return { day, minute: Number(value("hour")) * 60 + Number(value("minute")) };
}
