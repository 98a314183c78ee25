/** Errors as HTTP answers: the class of the blame chooses the status, the body is the same as a failed Outcome's. */
import { type Blame, BugError, type CodedError, isCoded } from "../../base/index.ts";
import type { Outcome } from "../../store/inbox.ts";

export type ErrorBody = { readonly error: Extract<Outcome, { status: "failed" }>["error"] };

const STATUS_BY_BLAME: Readonly<Record<Blame, number>> = { wire: 400, trust: 403, usage: 400, store: 503, bug: 500 };
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  "admin.read-only": 403,
  "admin.host": 421,
  "admin.unknown-route": 404,
  "node.unknown": 404,
  "node.unsecured": 404,
  "manager.unknown": 404,
  "campaign.unknown": 404,
  "campaign.version": 409,
};

/** Only coded errors speak for themselves; of anything else the asker learns nothing but that it is ours. */
export const asCoded = (error: unknown): CodedError =>
  isCoded(error) ? error : new BugError("admin.bug", {}, { cause: error });

export const httpStatus = (error: CodedError): number => STATUS_BY_CODE[error.code] ?? STATUS_BY_BLAME[error.blame];

export const errorBody = (error: CodedError): ErrorBody => ({
  error: { code: error.code, text: error.message, hint: error.hint },
});
