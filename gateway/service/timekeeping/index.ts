/** Whether the gateway's clock is right, and the site's time while it is not. */
export { ClockMemory, type Remembered } from "./clock-memory.ts";
export * from "./quality.ts";
export { JUMP, look, type SiteTime, timeAt } from "./site-time.ts";
export * from "./timekeeper.ts";
