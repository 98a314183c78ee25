/** The gateway's clock on this machine. */
export { type Machine, machineTime, thisMachine } from "./machine-time.ts";
export { checkClock, type MachineTime, siteClock } from "./open-clock.ts";
export { followParent, tell } from "./paced-by-parent.ts";
export { type Pace, PacedClock } from "./paced-clock.ts";
