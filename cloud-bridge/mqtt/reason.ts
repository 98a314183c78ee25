/** Why an operation of the machine failed, in a word: the code that Node's errors carry, e.g. ENOENT. */
export const reasonOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error);
