/** What the system, or a library, says went wrong. */

/** Its sentence, for the facts of our own error. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Its code, e.g. ENOENT. Told by shape: an error of Node's own is no `Error` of a realm made by node:vm (Jest). */
export const systemCode = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
