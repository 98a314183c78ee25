/** RFC 7252 §5.10 and the documents named per row — CoAP options, and what their number alone says (§5.4.6). */

export const COAP_OPTIONS = [
  { number: 1, name: "ifMatch", format: "opaque", minLength: 0, maxLength: 8, repeatable: true },
  { number: 3, name: "uriHost", format: "string", minLength: 1, maxLength: 255, repeatable: false },
  { number: 4, name: "etag", format: "opaque", minLength: 1, maxLength: 8, repeatable: true },
  { number: 5, name: "ifNoneMatch", format: "empty", minLength: 0, maxLength: 0, repeatable: false },
  { number: 6, name: "observe", format: "uint", minLength: 0, maxLength: 3, repeatable: false }, // RFC 7641
  { number: 7, name: "uriPort", format: "uint", minLength: 0, maxLength: 2, repeatable: false },
  { number: 8, name: "locationPath", format: "string", minLength: 0, maxLength: 255, repeatable: true },
  { number: 9, name: "oscore", format: "opaque", minLength: 0, maxLength: 255, repeatable: false }, // RFC 8613
  { number: 11, name: "uriPath", format: "string", minLength: 0, maxLength: 255, repeatable: true },
  { number: 12, name: "contentFormat", format: "uint", minLength: 0, maxLength: 2, repeatable: false },
  { number: 14, name: "maxAge", format: "uint", minLength: 0, maxLength: 4, repeatable: false },
  { number: 15, name: "uriQuery", format: "string", minLength: 0, maxLength: 255, repeatable: true },
  { number: 16, name: "hopLimit", format: "uint", minLength: 1, maxLength: 1, repeatable: false }, // RFC 8768
  { number: 17, name: "accept", format: "uint", minLength: 0, maxLength: 2, repeatable: false },
  { number: 19, name: "qBlock1", format: "block", minLength: 0, maxLength: 3, repeatable: false }, // RFC 9177
  { number: 20, name: "locationQuery", format: "string", minLength: 0, maxLength: 255, repeatable: true },
  { number: 23, name: "block2", format: "block", minLength: 0, maxLength: 3, repeatable: false }, // RFC 7959
  { number: 27, name: "block1", format: "block", minLength: 0, maxLength: 3, repeatable: false }, // RFC 7959
  { number: 28, name: "size2", format: "uint", minLength: 0, maxLength: 4, repeatable: false }, // RFC 7959
  { number: 31, name: "qBlock2", format: "block", minLength: 0, maxLength: 3, repeatable: true }, // RFC 9177
  { number: 35, name: "proxyUri", format: "string", minLength: 1, maxLength: 1034, repeatable: false },
  { number: 39, name: "proxyScheme", format: "string", minLength: 1, maxLength: 255, repeatable: false },
  { number: 60, name: "size1", format: "uint", minLength: 0, maxLength: 4, repeatable: false },
  { number: 252, name: "echo", format: "opaque", minLength: 1, maxLength: 40, repeatable: false }, // RFC 9175
  { number: 258, name: "noResponse", format: "uint", minLength: 0, maxLength: 1, repeatable: false }, // RFC 7967
  { number: 292, name: "requestTag", format: "opaque", minLength: 0, maxLength: 8, repeatable: true }, // RFC 9175
  // Experimental (RFC 7252 §12.2): what waits for the node that asked, see docs/check-in.md.
  { number: 65020, name: "pending", format: "uint", minLength: 0, maxLength: 1, repeatable: false },
] as const;

export type OptionRow = (typeof COAP_OPTIONS)[number];
export type CoapOptionName = OptionRow["name"];
type NumberOf<N extends CoapOptionName> = Extract<OptionRow, { name: N }>["number"];

/** Option numbers by name: `OPTION.block2` is 23. */
export const OPTION = Object.fromEntries(COAP_OPTIONS.map((row) => [row.name, row.number])) as {
  readonly [N in CoapOptionName]: NumberOf<N>;
};

const BY_NUMBER: ReadonlyMap<number, OptionRow> = new Map(COAP_OPTIONS.map((row) => [row.number, row]));
export const optionRow = (number: number): OptionRow | undefined => BY_NUMBER.get(number);

/** A message that carries an unknown critical option must not be acted on (§5.4.1). */
export const isCritical = (number: number): boolean => (number & 1) !== 0;
/** A proxy that does not know it must not forward it (§5.4.2). */
export const isUnsafe = (number: number): boolean => (number & 2) !== 0;
/** Safe to forward and no part of the cache key (§5.4.2, §5.4.6). */
export const isNoCacheKey = (number: number): boolean => (number & 0x1e) === 0x1c;
