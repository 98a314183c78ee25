/** Errors as the resource directory says them: a code, and the sentence as diagnostic payload (RFC 7252 §5.5.2). */
import { BugError, type ErrorCode, isCoded } from "../../base/index.ts";
import type { Response, ResponseCode } from "../../coap/index.ts";

/** CoAP codes of errors that are not 4.00 by themselves. */
const COAP_CODES: { readonly [C in ErrorCode]?: ResponseCode } = {
  "directory.name": "4.03",
  "directory.owner": "4.03",
  "directory.unknown": "4.04",
  "directory.too-large": "4.13",
  "directory.fetch": "5.03",
  "directory.full": "5.03",
  "resource.content-format": "4.15",
  "resource.method": "4.05",
  "resource.not-acceptable": "4.06",
  "resource.precondition": "4.02",
  "store.write-failed": "5.03",
};

/** Seconds. */
const RETRY_AFTER = 60;

/** undefined = our own fault, and no business of the peer's. */
export function errorResponse(error: unknown): Response | undefined {
  if (!isCoded(error) || error instanceof BugError) return undefined;
  const code = COAP_CODES[error.code] ?? (error.blame === "store" ? "5.00" : "4.00");
  if (error.blame === "store") return { code, ...(code === "5.03" ? { maxAge: RETRY_AFTER } : {}) };
  const payload = new TextEncoder().encode(`${error.message} [${error.code}]`);
  return { code, payload, ...(code === "5.03" ? { maxAge: RETRY_AFTER } : {}) };
}
