/** What a resource does not do, in the same words everywhere. */
import { UsageError } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";

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

/** What one request may ask for is bounded, whoever sends it (docs/coreconf.md). Throws UsageError `resource.too-many`. */
export function expectAtMost(limit: number, items: readonly unknown[], { method }: Pick<Request, "method">): void {
  if (items.length > limit) throw new UsageError("resource.too-many", { count: items.length, limit, method });
}
