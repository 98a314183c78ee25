/** What a filter compares: kinds of fields, what a node has there, and which operators fit. Pure. */

/** `words`: one of a few; `any`: a number or a text, as the node has it. */
export type FieldKind =
  | { readonly type: "text" | "number" | "version" | "boolean" | "any" }
  | { readonly type: "words"; readonly words: readonly string[] };

/** What can be asked for. */
export interface FilterFields {
  /** Kinds by name. */
  readonly names: ReadonlyMap<string, FieldKind>;
  /** Kind of a leaf by its path, or in words why there is none. */
  leaf(path: string): FieldKind | string;
  /** For a hint: the paths of leafs of that name. */
  called(name: string): Iterable<string>;
}

/** Whole numbers that no double holds are bigints; the two compare as the numbers that they are. */
export type SubjectValue = string | number | bigint | boolean;

/** One node, as a filter sees it. */
export interface Subject {
  /** undefined = it has none. Of several values, one is enough: entries of a list, bits, campaigns. */
  value(field: string): SubjectValue | readonly SubjectValue[] | undefined;
}

export const OPERATORS = ["==", "!=", "<=", ">=", "<", ">", "~", "in"] as const;
export type Operator = (typeof OPERATORS)[number];

const EQUAL: readonly Operator[] = ["==", "!=", "in"];
const ORDER: readonly Operator[] = ["<", "<=", ">", ">="];

/** Which operators a kind has. */
export const OPERATORS_OF: Readonly<Record<FieldKind["type"], readonly Operator[]>> = {
  text: [...EQUAL, "~"],
  words: [...EQUAL, "~"],
  version: [...EQUAL, ...ORDER, "~"],
  number: [...EQUAL, ...ORDER],
  boolean: EQUAL,
  any: [...EQUAL, ...ORDER, "~"],
};

/** A value as it was written, made ready for its field. */
export type Literal = SubjectValue;

export type Expression =
  | { readonly op: "and" | "or"; readonly parts: readonly Expression[] }
  | { readonly op: "not"; readonly inner: Expression }
  | Comparison;

export interface Comparison {
  readonly op: Operator;
  readonly field: string;
  readonly kind: FieldKind;
  /** One of them, but for `in`. */
  readonly values: readonly Literal[];
}

export const isComparison = (expression: Expression): expression is Comparison => "field" in expression;
