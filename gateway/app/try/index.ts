export { type TrialResult, tryOut } from "./try.ts";
