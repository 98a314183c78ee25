/** What the resource directory says of a refusal (RFC 7252 §5.5.2). */
import { expect, test } from "@jest/globals";
import { BugError, StoreError, UsageError } from "../../../gateway/base/index.ts";
import { errorResponse } from "../../../gateway/southbound/directory/error-response.ts";

test("a diagnostic payload ends with the code of the error", () => {
  const response = errorResponse(new UsageError("resource.method", { method: "PUT", path: "rd" }));
  expect(response?.code).toBe("4.05");
  expect(Buffer.from(response?.payload ?? []).toString()).toMatch(/^PUT is not possible on \/rd \[resource\.method\]$/);
});

test("of our own disk it says nothing, of our own faults it is silent", () => {
  const full = errorResponse(new StoreError("store.write-failed", { what: "w", reason: "ENOSPC" }));
  expect(full).toEqual({ code: "5.03", maxAge: 60 });
  expect(errorResponse(new BugError("service.bug", { what: "w" }))).toBeUndefined();
});
