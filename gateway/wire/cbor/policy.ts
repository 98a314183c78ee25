/**
 * How strict a CBOR reader is, and the limits it keeps: one row for each kind of document that we read (RFC 8949 §4.2,
 * §5, §10). A length or count is compared with what is left of the input before anything is allocated for it.
 */
export interface CborPolicy {
  /** Indefinite lengths are accepted. */
  readonly indefinite: boolean;
  /** Heads must be the shortest possible (RFC 8949 §4.2.1). */
  readonly shortest: boolean;
  /** Keys of maps must be in the order of their bytes (RFC 8949 §4.2.1). */
  readonly sorted: boolean;
  /** Tags that may occur; undefined = any. */
  readonly tags: ReadonlySet<number> | undefined;
  /** Maps and arrays inside each other. */
  readonly maxDepth: number;
  /** Largest string in bytes, all chunks together, and largest number of entries of a map or array. */
  readonly maxLength: number;
}

/** Tags on tags: they open no map or array, so `maxDepth` does not count them. */
export const MAX_NESTED_TAGS = 4;

/** Signed envelopes (SUIT, COSE): what was signed has one encoding only. */
export const ENVELOPE: CborPolicy = {
  indefinite: false,
  shortest: true,
  sorted: true,
  tags: undefined,
  maxDepth: 32,
  maxLength: 1 << 24,
};

/** Small headers of peers that we do not choose: any well-formed CBOR. */
export const HEADER: CborPolicy = {
  indefinite: true,
  shortest: false,
  sorted: false,
  tags: undefined,
  maxDepth: 16,
  maxLength: 1 << 16,
};

/** RFC 9254 §6.3, §9.3: the tags of YANG-CBOR. Those of types stand inside unions. */
export const YANG_TAG = {
  decimalFraction: 4,
  bits: 43,
  enumeration: 44,
  identityref: 45,
  instanceIdentifier: 46,
  absoluteSid: 47,
} as const;

/** YANG-CBOR: RFC 9254 §3 makes indefinite lengths a must for decoders. */
export const CORECONF: CborPolicy = {
  indefinite: true,
  shortest: false,
  sorted: false,
  tags: new Set(Object.values(YANG_TAG)),
  // A list counts twice: the array and the map of an entry.
  maxDepth: 64,
  maxLength: 1 << 20,
};

/** Inside an anyxml: any well-formed CBOR (RFC 9254 §4.6), in the same limits. */
export const ANYTHING: CborPolicy = { ...CORECONF, tags: undefined };
