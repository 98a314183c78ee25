/**
 * The identities of ietf-coreconf that say what went wrong, and where they stand in an error body (draft-ietf-core-comi-21
 * §6): SIDs as the draft registers them, restated here and never regenerated.
 */
export const ERROR_CONTAINER = 1024;
export const ERROR_DELTAS = { appTag: 1, dataNode: 2, message: 3, tag: 4 } as const;

/** error-tag identities. */
export const ERROR_TAGS = {
  "bad-element": 1001,
  "data-missing": 1002,
  error: 1005,
  "invalid-value": 1011,
  "missing-element": 1014,
  "operation-failed": 1019,
  "unknown-element": 1023,
} as const;

/** error-app-tag identities. */
export const ERROR_APP_TAGS = {
  "data-not-unique": 1003,
  duplicate: 1004,
  "instance-required": 1008,
  "invalid-datatype": 1009,
  "invalid-length": 1010,
  "malformed-message": 1012,
  "missing-choice": 1013,
  "missing-input-parameter": 1015,
  "missing-key": 1016,
  "must-violation": 1017,
  "not-in-range": 1018,
  "pattern-test-failed": 1020,
  "too-few-elements": 1021,
  "too-many-elements": 1022,
} as const;

/** The name of an identity; undefined for a number that the draft does not give. */
export const errorIdentity = (sid: number): string | undefined =>
  [ERROR_APP_TAGS, ERROR_TAGS].flatMap((table) => Object.entries(table)).find(([, number]) => number === sid)?.[0];
