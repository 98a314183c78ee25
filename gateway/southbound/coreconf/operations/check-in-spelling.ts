/**
 * The check-in in another spelling: the lane takes it by its first bytes, and CBOR has many ways to say the same (RFC 9254
 * §3). What is one check-in, and nothing else, goes to the lane in the canonical one.
 */
import { isCoded } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";
import { houseNode } from "../../../service/registry/index.ts";
import { CONTENT_FORMAT } from "../../../wire/coap/index.ts";
import { decodeInstances, encodeInstances, type Schema } from "../../../yang/index.ts";
import { formOf } from "../body-form.ts";

/** Undefined when it is no single check-in, or cannot be read at all. */
export function asCheckIn(request: Request, schema: Schema): Request | undefined {
  if (request.method !== "POST" || request.contentFormat !== CONTENT_FORMAT.yangInstances) return undefined;
  try {
    const instances = decodeInstances(request.payload, schema, "input", formOf(schema));
    const [only, another] = instances;
    if (another !== undefined || only?.id.sid !== houseNode(schema, "/sidgate-node:check-in").sid) return undefined;
    return { ...request, payload: encodeInstances(instances, schema, formOf(schema)) };
  } catch (error) {
    if (isCoded(error) && error.blame !== "bug") return undefined;
    throw error;
  }
}
