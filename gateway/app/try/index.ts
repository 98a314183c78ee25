export type { TrialResult } from "./result.ts";
export { tryOut } from "./try.ts";
