/** What a YANG type can do; one file in `types/` for each family of built-in types (RFC 7950 §9). */
import { BugError } from "../../base/index.ts";
import type { CborReader, CborWriter, YANG_TAG } from "../../wire/cbor/index.ts";
import type { Json } from "../api.ts";
import type { LeafType, Schema } from "../schema.ts";
import type { InstanceId, LeafValue } from "../tree.ts";
import { Fault } from "./fault.ts";
import type { Form } from "./form.ts";

/**
 * A type in one form of body: only types that hold an identityref or an instance-identifier differ from form to form.
 * Every way in checks the whole type, restrictions included, and throws a Fault; the ways out trust the value.
 */
export interface LeafCodec {
  /** RFC 9254 §6. */
  read(reader: CborReader): LeafValue;
  write(writer: CborWriter, value: LeafValue): void;
  /** Lexical form (RFC 7950 §9): defaults, list keys in paths, strings in JSON. */
  parse(text: string): LeafValue;
  /** Canonical lexical form. */
  format(value: LeafValue): string;
  /** RFC 7951 §6. */
  fromJson(json: Json): LeafValue;
  toJson(value: LeafValue): Json;
  /** Types whose CBOR form says too little inside a union are tagged there (RFC 9254 §6.12). */
  readonly tagged?: TaggedForm;
}

export interface TaggedForm {
  readonly tag: (typeof YANG_TAG)["bits" | "enumeration" | "identityref" | "instanceIdentifier"];
  read(reader: CborReader): LeafValue;
  write(writer: CborWriter, value: LeafValue): void;
}

/** Instance-identifiers need the whole schema; the plan lends its own functions, those of the form. */
export interface IdentifierForms {
  read(reader: CborReader): InstanceId;
  write(writer: CborWriter, id: InstanceId): void;
  parse(text: string): InstanceId;
  format(id: InstanceId): string;
}

export interface TypeContext {
  readonly schema: Schema;
  readonly form: Form;
  /** Module of the leaf: names without a prefix belong to it. */
  readonly module: string;
  readonly identifiers: IdentifierForms;
  /** The way from a type to its codec, for leafrefs and unions. */
  codecOf(type: LeafType): LeafCodec;
}

export type LeafFactory = (type: LeafType, context: TypeContext) => LeafCodec;

export const wrongType = (expected: string): Fault => new Fault("yang.invalid-datatype", `expected ${expected}`);

/** A value that no decoder of ours makes: the caller built a tree by hand and missed. */
export const misfit = (expected: string, value: unknown): BugError =>
  new BugError("yang.bug", { what: `a ${typeof value} was given to encode where ${expected} belongs` });

/** The string in a JSON value. */
export function jsonText(json: Json, expected: string): string {
  if (typeof json !== "string") throw wrongType(`${expected} as a string`);
  return json;
}
