/** Quantities that carry their unit. */

/** A duration, or a moment as milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number & { readonly __unit: "ms" };

export const millis = (n: number): Millis => n as Millis;
export const seconds = (n: number): Millis => (n * 1000) as Millis;
export const minutes = (n: number): Millis => seconds(n * 60);
export const hours = (n: number): Millis => minutes(n * 60);
export const days = (n: number): Millis => hours(n * 24);

const SECONDS_OF_DAY = 86_400;
/** From 0000-03-01, where years of the calculation begin, to 1970-01-01; and of the 400 years after which all repeats. */
const DAYS_BEFORE_1970 = 719_468;
const DAYS_OF_ERA = 146_097;
const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

/**
 * RFC 3339 in UTC, to the second: what MQTT and YANG leaves carry. Reckoned here, since a Date that writes itself takes
 * five times as long, and a look at a large fleet writes some ten thousands of them.
 */
export function rfc3339(at: Millis): string {
  const total = Math.floor(at / 1000);
  const day = Math.floor(total / SECONDS_OF_DAY);
  const time = total - day * SECONDS_OF_DAY;
  const since = day + DAYS_BEFORE_1970;
  const era = Math.floor(since / DAYS_OF_ERA);
  const ofEra = since - era * DAYS_OF_ERA;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * ofYear + 2) / 153); // from March on
  const year = era * 400 + yearOfEra + (month < 10 ? 0 : 1);
  if (!(year >= 1000 && year <= 9999)) return `${new Date(at).toISOString().slice(0, 19)}Z`;
  const date = `${year}-${two(month < 10 ? month + 3 : month - 9)}-${two(ofYear - Math.floor((153 * month + 2) / 5) + 1)}`;
  return `${date}T${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)}Z`;
}
