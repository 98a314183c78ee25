/** The forms that YANG data comes in: RFC 7951 for JSON; RFC 9254 §7 and draft-ietf-core-comi-21 §2.3 for CBOR. */

/** Words for people, with the CoAP content format that means the same. */
export const CBOR_FORMS = {
  sid: { contentFormat: 140, holds: "a tree keyed by SIDs" },
  identifiers: { contentFormat: 141, holds: "a sequence of instance-identifiers" },
  instances: { contentFormat: 142, holds: "a sequence of instances" },
  any: { contentFormat: 340, holds: "a tree keyed by SIDs where there are any, else by names" },
  name: { contentFormat: 341, holds: "a tree keyed by names" },
} as const;
export type CborForm = keyof typeof CBOR_FORMS;
export type DataForm = CborForm | "json";

const NAMES = Object.keys(CBOR_FORMS) as readonly CborForm[];

/** A word, or the number of the content format. */
export const cborForm = (text: string): CborForm | undefined =>
  NAMES.find((name) => name === text || String(CBOR_FORMS[name].contentFormat) === text);

/** For the help: "sid (140: a tree keyed by SIDs), ..." */
export const formsExplained = (): string =>
  NAMES.map((name) => `${name} (${CBOR_FORMS[name].contentFormat}: ${CBOR_FORMS[name].holds})`).join(", ");
