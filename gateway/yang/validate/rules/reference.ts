/** Leaves that refer to others (RFC 7950 §9.9, §9.13), also as members of a union (§9.12): what they need to exist. */
import { Fault } from "../../codec/fault.ts";
import { formatId, parseIdValue, readId, writeId } from "../../codec/instance-id.ts";
import type { LeafCodec } from "../../codec/leaf.ts";
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { leafCodec } from "../../codec/types/index.ts";
import type { LeafType } from "../../schema.ts";
import type { LeafValue, UnionValue } from "../../tree.ts";
import { type Expression, expressionIn } from "./expression.ts";
import { type PlainPath, plainPath } from "./plain-path.ts";

export type Reference =
  | {
      readonly kind: "leafref";
      readonly text: string;
      readonly plain: PlainPath | undefined;
      readonly expression: Expression;
    }
  | { readonly kind: "instance-identifier" }
  | { readonly kind: "union"; readonly members: readonly UnionMember[] };

export interface UnionMember {
  readonly reference: Reference | undefined;
  readonly codec: LeafCodec;
}

/** undefined when no value of the type needs anything (`require-instance false`). */
export function referenceOf(type: LeafType, node: PlanNode, plan: Plan): Reference | undefined {
  if (type.base === "union") {
    const members = (type.members ?? []).map((member) => ({
      reference: referenceOf(member, node, plan),
      codec: codecOf(member, node, plan),
    }));
    return members.some(({ reference }) => reference !== undefined) ? { kind: "union", members } : undefined;
  }
  if (type.requireInstance === false) return undefined;
  if (type.base === "instance-identifier") return { kind: "instance-identifier" };
  if (type.base !== "leafref" || type.path === undefined) return undefined;
  return {
    kind: "leafref",
    text: type.path,
    plain: plainPath(type.path, node, plan),
    expression: expressionIn(type.path, node, node.schema.module, plan),
  };
}

function codecOf(type: LeafType, { schema: { module } }: PlanNode, plan: Plan): LeafCodec {
  return leafCodec(type, {
    schema: plan.schema,
    form: "sid",
    module,
    identifiers: {
      read: (reader) => readId(reader, plan),
      write: (writer, id) => writeId(writer, id, plan),
      parse: (text) => parseIdValue(text, plan),
      format: (id) => formatId(id, plan),
    },
  });
}

/**
 * RFC 7950 §9.12: the values that a union's value has in its members, that of the member that took it first. A leafref
 * that leads nowhere does not take it, and then it is the next member's, if that takes values of this form (RFC 7951
 * §6.10): a text is no number.
 */
export function* readingsOf(members: readonly UnionMember[], { member, value }: UnionValue): Generator<Reading> {
  const first = members[member];
  if (first === undefined) return;
  yield { reference: first.reference, value };
  const json = first.codec.toJson(value);
  for (const other of members) {
    if (other === first) continue;
    try {
      yield { reference: other.reference, value: other.codec.fromJson(json) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error; // the member does not take it
    }
  }
}

export interface Reading {
  readonly reference: Reference | undefined;
  readonly value: LeafValue;
}
