/** The built-in types of YANG 1.1 (RFC 7950 §4.2.4), one row each. */
import type { BuiltIn, LeafType } from "../../schema.ts";
import type { LeafCodec, LeafFactory, TypeContext } from "../leaf.ts";
import { bits } from "./bits.ts";
import { decimal64 } from "./decimal64.ts";
import { enumeration } from "./enumeration.ts";
import { smallInteger, wideInteger } from "./integer.ts";
import { identityref, instanceIdentifier, leafref } from "./reference.ts";
import { boolean, empty } from "./simple.ts";
import { binary, string } from "./text.ts";
import { union } from "./union.ts";

const BUILT_INS: { readonly [base in BuiltIn]: LeafFactory } = {
  int8: smallInteger(8, true),
  int16: smallInteger(16, true),
  int32: smallInteger(32, true),
  int64: wideInteger(true),
  uint8: smallInteger(8, false),
  uint16: smallInteger(16, false),
  uint32: smallInteger(32, false),
  uint64: wideInteger(false),
  decimal64,
  string,
  boolean,
  enumeration,
  bits,
  binary,
  leafref,
  identityref,
  empty,
  union,
  "instance-identifier": instanceIdentifier,
};

export function leafCodec(type: LeafType, context: Omit<TypeContext, "codecOf">): LeafCodec {
  const codecOf = (inner: LeafType): LeafCodec => BUILT_INS[inner.base](inner, { ...context, codecOf });
  return codecOf(type);
}
