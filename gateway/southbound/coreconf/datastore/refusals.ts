/** What a resource does not do, in the same words everywhere. */
import { UsageError } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";
import { MOST } from "../limits.ts";

export const pathOf = ({ path }: Pick<Request, "path">): string => path.join("/");

export const wrongMethod = (request: Pick<Request, "method" | "path">): UsageError =>
  new UsageError("resource.method", { method: request.method, path: pathOf(request) });

/** Throws UsageError `resource.content-format`. */
export function expectFormat(request: Request, ...formats: readonly number[]): void {
  if (request.contentFormat !== undefined && formats.includes(request.contentFormat)) return;
  throw new UsageError("resource.content-format", {
    format: request.contentFormat ?? "(none)",
    method: request.method,
    path: pathOf(request),
  });
}

/** RFC 7252 §5.10.4: what cannot be sent in the accepted format is 4.06. Throws UsageError `resource.not-acceptable`. */
export function expectAccepted(request: Request, format: number | undefined): void {
  if (request.accept === undefined || format === undefined || format === request.accept) return;
  throw new UsageError("resource.not-acceptable", { format: request.accept, path: pathOf(request) });
}

/** Throws UsageError `resource.too-many`. */
export function expectAtMost(limit: number, items: readonly unknown[], { method }: Pick<Request, "method">): void {
  if (items.length > limit) throw new UsageError("resource.too-many", { limit, method });
}

/** Throws UsageError `resource.too-large`. */
export function expectShort({ payload, method }: Pick<Request, "payload" | "method">): void {
  const limit = MOST.bodyBytes;
  if (payload.length > limit) throw new UsageError("resource.too-large", { limit, method });
}

/** Throws UsageError `resource.answer-too-large`. */
export function expectAnswerable(bytes: number, { method }: Pick<Request, "method">): void {
  const limit = MOST.answerBytes;
  if (bytes > limit) throw new UsageError("resource.answer-too-large", { limit, method });
}
