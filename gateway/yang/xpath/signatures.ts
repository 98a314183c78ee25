/** What the functions of XPath 1.0 §4 and RFC 7950 §10 take and return: the one table behind parser and evaluator. */

export type ValueType = "nodes" | "string" | "number" | "boolean";
/** `any` is taken as it is; all else but `nodes` is converted (XPath 1.0 §3.2). */
export type ArgumentType = ValueType | "any";

export interface Signature {
  readonly takes: readonly ArgumentType[];
  /** How many of them may be left out; the first that is left out stands for the context node. */
  readonly optional?: number;
  /** The last one may be repeated. */
  readonly variadic?: true;
  readonly returns: ValueType;
}

export const SIGNATURES = {
  // XPath 1.0 §4.1
  last: { takes: [], returns: "number" },
  position: { takes: [], returns: "number" },
  count: { takes: ["nodes"], returns: "number" },
  id: { takes: ["any"], returns: "nodes" },
  "local-name": { takes: ["nodes"], optional: 1, returns: "string" },
  "namespace-uri": { takes: ["nodes"], optional: 1, returns: "string" },
  name: { takes: ["nodes"], optional: 1, returns: "string" },
  // §4.2
  string: { takes: ["any"], optional: 1, returns: "string" },
  concat: { takes: ["string", "string"], variadic: true, returns: "string" },
  "starts-with": { takes: ["string", "string"], returns: "boolean" },
  contains: { takes: ["string", "string"], returns: "boolean" },
  "substring-before": { takes: ["string", "string"], returns: "string" },
  "substring-after": { takes: ["string", "string"], returns: "string" },
  substring: { takes: ["string", "number", "number"], optional: 1, returns: "string" },
  "string-length": { takes: ["string"], optional: 1, returns: "number" },
  "normalize-space": { takes: ["string"], optional: 1, returns: "string" },
  translate: { takes: ["string", "string", "string"], returns: "string" },
  // §4.3
  boolean: { takes: ["boolean"], returns: "boolean" },
  not: { takes: ["boolean"], returns: "boolean" },
  true: { takes: [], returns: "boolean" },
  false: { takes: [], returns: "boolean" },
  lang: { takes: ["string"], returns: "boolean" },
  // §4.4
  number: { takes: ["any"], optional: 1, returns: "number" },
  sum: { takes: ["nodes"], returns: "number" },
  floor: { takes: ["number"], returns: "number" },
  ceiling: { takes: ["number"], returns: "number" },
  round: { takes: ["number"], returns: "number" },
  // RFC 7950 §10.1-10.6
  current: { takes: [], returns: "nodes" },
  "re-match": { takes: ["string", "string"], returns: "boolean" },
  deref: { takes: ["nodes"], returns: "nodes" },
  "derived-from": { takes: ["nodes", "string"], returns: "boolean" },
  "derived-from-or-self": { takes: ["nodes", "string"], returns: "boolean" },
  "enum-value": { takes: ["nodes"], returns: "number" },
  "bit-is-set": { takes: ["nodes", "string"], returns: "boolean" },
} as const satisfies { readonly [name: string]: Signature };

export type FunctionName = keyof typeof SIGNATURES;

/** The row with the optional fields that its literal type may lack. */
export const signatureOf = (name: FunctionName): Signature => SIGNATURES[name];
export const isFunction = (name: string): name is FunctionName => Object.hasOwn(SIGNATURES, name);
