/** Quantities that carry their unit. */

/** A duration, or a moment as milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number & { readonly __unit: "ms" };

export const millis = (n: number): Millis => n as Millis;
export const seconds = (n: number): Millis => (n * 1000) as Millis;
export const minutes = (n: number): Millis => seconds(n * 60);
export const hours = (n: number): Millis => minutes(n * 60);
export const days = (n: number): Millis => hours(n * 24);

/** RFC 3339 in UTC, to the second: what MQTT and YANG leaves carry. */
export const rfc3339 = (at: Millis): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
