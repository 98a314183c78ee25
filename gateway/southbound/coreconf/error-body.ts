/**
 * Errors as CORECONF says them: draft-ietf-core-comi-21 §6. The SIDs are those of ietf-coreconf as the draft
 * registers them; they are restated here and never regenerated.
 */
import { BugError, type CodedError, type ErrorCode, explain, isCoded } from "../../base/index.ts";
import type { Response, ResponseCode } from "../../coap/index.ts";
import { CborWriter } from "../../wire/cbor/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import {
  DataError,
  ERROR_APP_TAGS,
  ERROR_CONTAINER,
  ERROR_DELTAS,
  ERROR_TAGS,
  encodeIdentifier,
  type InstanceId,
  type Schema,
} from "../../yang/index.ts";

export { ERROR_APP_TAGS, ERROR_CONTAINER, ERROR_DELTAS, ERROR_TAGS };

/** CoAP codes of errors that are not 4.00 by themselves. */
const COAP_CODES: { readonly [C in ErrorCode]?: ResponseCode } = {
  "access.denied": "4.01",
  "node.not-joined": "4.01",
  "node.unidentified": "4.01",
  "node.unknown": "4.04",
  "resource.unknown": "4.04",
  "root.foreign": "4.04",
  "resource.not-acceptable": "4.06",
  "resource.method": "4.05",
  "yang.read-only": "4.05",
  "gateway.fixed": "4.05",
  "resource.content-format": "4.15",
  "resource.not-data": "4.05",
  "resource.exists": "4.09",
  "resource.too-large": "4.13",
  "resource.condition-failed": "4.12",
  "resource.precondition": "4.02",
  "resource.query": "4.02",
  "operation.unknown": "4.04",
  "operation.no-instance": "4.04",
  "operation.failed": "4.09",
  "operation.unsupported": "4.05",
  "operation.data": "4.05",
  // RFC 8132 §3.4: understood, and still nothing that can be done here.
  "edit.too-large": "4.22",
  "notification.too-large": "4.22",
  "resource.answer-too-large": "4.22",
  "yang.empty-at-top": "4.22",
  "checkin.stale": "4.09",
  "pending.never-issued": "4.09",
  "pending.not-yours": "4.05",
  "edit.too-many-waiting": "5.03",
  "store.write-failed": "5.03",
  "node.unreachable": "5.03",
};

/** What a node that serves its datastore refuses is refused here with the same code, as far as there is one. */
function codeOf(error: CodedError): ResponseCode {
  const said = error.code === "operation.refused" ? PASSED_ON.find((code) => code === error.facts["code"]) : undefined;
  return said ?? COAP_CODES[error.code] ?? (error.blame === "store" ? "5.00" : "4.00");
}
const PASSED_ON = ["4.00", "4.01", "4.03", "4.04", "4.05", "4.09", "4.22", "4.29", "5.00", "5.01", "5.03"] as const;

type Tags = { readonly tag: keyof typeof ERROR_TAGS; readonly appTag?: keyof typeof ERROR_APP_TAGS };
const MALFORMED: Tags = { tag: "operation-failed", appTag: "malformed-message" };
/** Tags of errors that do not carry them as facts. */
const TAGS: { readonly [C in ErrorCode]?: Tags } = {
  "operation.unknown": { tag: "unknown-element" },
  "operation.unsupported": { tag: "unknown-element" },
  "operation.no-instance": { tag: "data-missing", appTag: "instance-required" },
  "operation.failed": { tag: "operation-failed" },
  "operation.keys": { tag: "missing-element", appTag: "missing-key" },
  "notification.unknown": { tag: "unknown-element" },
  "notification.keys": { tag: "missing-element", appTag: "missing-key" },
  "notification.too-large": { tag: "operation-failed" },
  "root.foreign": { tag: "unknown-element" },
  "edit.too-large": { tag: "operation-failed" },
  "resource.answer-too-large": { tag: "operation-failed" },
  "resource.exists": { tag: "operation-failed" },
  "resource.condition-failed": { tag: "operation-failed" },
};

/** Of several calls one failed: the kind of its failure is that of the whole. */
const kindOf = (error: CodedError): CodedError =>
  error.code === "operation.stopped" && isCoded(error.cause) ? error.cause : error;

/**
 * What went wrong, for the peer; undefined when it is our own fault and no business of the peer's. A body that is longer
 * than `limit` goes without its text and place: the tags tell a machine the kind.
 */
export function errorResponse(error: unknown, schema: Schema, limit = Number.POSITIVE_INFINITY): Response | undefined {
  if (!isCoded(error)) return undefined;
  const kind = kindOf(error);
  if (kind instanceof BugError) return undefined;
  const code = codeOf(kind);
  if (code.startsWith("5")) return { code, ...(code === "5.03" ? { maxAge: 60 } : {}) };
  const at = "at" in kind ? (kind.at as InstanceId | undefined) : undefined;
  const whole = errorBody(error, { dataNode: at && dataNode(at, schema), message: explain(error) });
  const payload = whole.length <= limit ? whole : errorBody(error, {});
  return { code, contentFormat: CONTENT_FORMAT.yangDataSid, payload };
}

/**
 * Undefined for the datastore as a whole, and when the node or an identity in its keys has no SID: then the message alone
 * says where.
 */
function dataNode(at: InstanceId, schema: Schema): Uint8Array | undefined {
  if (at.sid === 0) return undefined;
  try {
    return encodeIdentifier(at, schema);
  } catch (error) {
    if (error instanceof DataError && error.code === "yang.sid-unassigned") return undefined;
    throw error;
  }
}

function errorBody(
  error: CodedError,
  { dataNode, message }: { readonly dataNode?: Uint8Array | undefined; readonly message?: string },
): Uint8Array {
  const { tag, appTag } = tagsOf(kindOf(error));
  const writer = new CborWriter();
  writer.map(1);
  writer.integer(ERROR_CONTAINER);
  writer.map(1 + [appTag, dataNode, message].filter((member) => member !== undefined).length);
  if (appTag !== undefined) {
    writer.integer(ERROR_DELTAS.appTag);
    writer.integer(appTag);
  }
  if (dataNode !== undefined) {
    writer.integer(ERROR_DELTAS.dataNode);
    writer.raw(dataNode);
  }
  if (message !== undefined) {
    writer.integer(ERROR_DELTAS.message);
    writer.text(message);
  }
  writer.integer(ERROR_DELTAS.tag);
  writer.integer(tag);
  return writer.finish();
}

function tagsOf({ code, facts }: CodedError): { readonly tag: number; readonly appTag: number | undefined } {
  const known = code.startsWith("cbor.") ? MALFORMED : TAGS[code];
  const { tag, appTag }: { readonly tag?: unknown; readonly appTag?: unknown } = known ?? facts;
  return {
    tag: Object.entries(ERROR_TAGS).find(([name]) => name === tag)?.[1] ?? ERROR_TAGS.error,
    appTag: Object.entries(ERROR_APP_TAGS).find(([name]) => name === appTag)?.[1],
  };
}
