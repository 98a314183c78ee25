/**
 * How bodies name things: by SID, as long as everything has one. Modules without a .sid file go by names (RFC 9254 §3.3),
 * which then may stand in every request and stand in answers where there is no SID.
 */
import { isCoded } from "../../base/index.ts";
import type { Response } from "../../coap/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import {
  encodeTree,
  type Form,
  isLocal,
  perSchema,
  type Schema,
  type SchemaNode,
  type Tree,
} from "../../yang/index.ts";

/** Of the sequence formats (141, 142) and of the check-in, which say nothing of it themselves. */
export const formOf = (schema: Schema): Form => formIn(schema).form;

const formIn = perSchema((schema: Schema): { readonly form: Form } => {
  const lacking = (nodes: readonly SchemaNode[]): boolean =>
    nodes.some(({ sid, children }) => isLocal(sid) || lacking(children));
  const identities = [...schema.identities.values()];
  return { form: lacking(schema.roots) || identities.some(({ sid }) => isLocal(sid)) ? "any" : "sid" };
});

/** RFC 9254 §10: by SID, unless names are asked for, or something that stands in it has no SID. */
export function dataResponse(tree: Tree, schema: Schema, accept: number | undefined): Response {
  if (accept === CONTENT_FORMAT.yangDataName) {
    return { code: "2.05", contentFormat: CONTENT_FORMAT.yangDataName, payload: encodeTree(tree, schema, "name") };
  }
  const any = (): Response => ({
    code: "2.05",
    contentFormat: CONTENT_FORMAT.yangData,
    payload: encodeTree(tree, schema, "any"),
  });
  if (accept === CONTENT_FORMAT.yangData) return any();
  try {
    return { code: "2.05", contentFormat: CONTENT_FORMAT.yangDataSid, payload: encodeTree(tree, schema) };
  } catch (error) {
    if (isCoded(error) && error.code === "yang.sid-unassigned") return any();
    throw error;
  }
}
