/** JSON that somebody sent, held against its shape: the first thing that is wrong, and where. */
import type { Json } from "../../../gateway/yang/api.ts";
import type { Form, MemberRows, Shape } from "../contract/shape.ts";

export interface Misfit {
  /** `/groups/0/size`; empty for the whole. */
  readonly path: string;
  /** RFC 8040 §7. */
  readonly tag: "invalid-value" | "missing-element" | "unknown-element";
  /** Completes "PATH: …". */
  readonly what: string;
}

/** Unknown members are wrong: a misspelt `deadline` would mean something else than it seems. */
export function misfitOf(rows: MemberRows, given: Readonly<Record<string, Json>>, path = ""): Misfit | undefined {
  for (const [name, row] of Object.entries(rows)) {
    const at = `${path}/${name}`;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if (row.always) return { path: at, tag: "missing-element", what: "is missing" };
      continue;
    }
    const misfit = valueMisfit(row.shape, value, at);
    if (misfit !== undefined) return misfit;
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(rows, name));
  if (unknown === undefined) return undefined;
  return { path: `${path}/${shown(unknown)}`, tag: "unknown-element", what: "is no member of this command" };
}

function valueMisfit({ form }: Shape, value: Json, path: string): Misfit | undefined {
  const wrong = (what: string): Misfit => ({ path, tag: "invalid-value", what });
  switch (form.kind) {
    case "plain":
      return fits(form.schema, value) ? undefined : wrong(`must be ${WORD_OF[form.word] ?? form.word}`);
    case "list": {
      if (!Array.isArray(value) || value.length === 0) return wrong("must be a list of at least one");
      if (value.length > MOST_ITEMS) return wrong(`has more than ${MOST_ITEMS} items`);
      for (const [index, each] of value.entries()) {
        const misfit = valueMisfit(form.of, each, `${path}/${index}`);
        if (misfit !== undefined) return misfit;
      }
      return undefined;
    }
    case "either":
      return form.of.some((shape) => valueMisfit(shape, value, path) === undefined) ? undefined : wrong("does not fit");
    case "object":
      if (!isObject(value)) return wrong("must be an object");
      return form.others === undefined ? misfitOf(form.members, value, path) : undefined;
  }
}

/** Where the word of the tables says too little to whoever got it wrong. */
const WORD_OF: Readonly<Record<string, string>> = {
  time: "a time of RFC 3339 with its zone, e.g. 2026-11-22T08:00:00Z",
  count: "a number from 0 on",
  integer: "a whole number",
  "number, or the same as text": "a whole number from 0 on, or the same as text of up to 16 digits",
};

/** A message has at most 64 KiB anyway; this is against lists that cost more to look at than to send. */
const MOST_ITEMS = 4096;

type Schema = Extract<Form, { kind: "plain" }>["schema"];

/** The words of JSON Schema (2020-12) that our own table uses; a keyword of one type says nothing of values of another. */
function fits(schema: Schema, value: Json): boolean {
  const { type, enum: words, const: only } = schema;
  if (type !== undefined && ![type].flat().some((each) => isOfType(String(each), value))) return false;
  if (Array.isArray(words) && !words.includes(value)) return false;
  if (only !== undefined && only !== value) return false;
  if (typeof value === "string") return textFits(schema, value);
  return typeof value !== "number" || numberFits(schema, value);
}

function textFits({ pattern, minLength, maxLength, format }: Schema, value: string): boolean {
  if (typeof pattern === "string" && !new RegExp(pattern, "u").test(value)) return false;
  if (typeof minLength === "number" && value.length < minLength) return false;
  if (typeof maxLength === "number" && value.length > maxLength) return false;
  return format !== "date-time" || DATE_TIME.test(value);
}

function numberFits({ minimum, exclusiveMinimum, maximum }: Schema, value: number): boolean {
  if (typeof minimum === "number" && value < minimum) return false;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) return false;
  return typeof maximum !== "number" || value <= maximum;
}

/** RFC 3339 §5.6. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

function isOfType(type: string, value: Json): boolean {
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "object") return isObject(value);
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  return typeof value === type;
}

export const isObject = (value: unknown): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A name that somebody else chose, fit to be read by people. */
const shown = (name: string): string => name.slice(0, 64).replace(/[^ -~]/g, "?");
