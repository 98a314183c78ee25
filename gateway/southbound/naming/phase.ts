/** RFC 6762 §8, §9: from asking whether the names are free to having announced them. One pure step. */
import { type Millis, millis, seconds } from "../../base/index.ts";

export type Phase =
  | { readonly state: "asking"; readonly sent: number }
  | { readonly state: "announcing"; readonly sent: number }
  | { readonly state: "settled" }
  | { readonly state: "stopped" };

/** `due` = the time is up; `yield` = another asker goes first; `conflict` = a name is somebody else's. */
export type PhaseEvent = "due" | "yield" | "conflict" | "stop";

export interface Step {
  readonly phase: Phase;
  readonly send?: "probe" | "announcement";
  readonly after?: Millis;
}

export const PROBES = 3;
/** §8.1. */
export const PROBE_INTERVAL = millis(250);
/** §8.2: the winner has announced by then. */
const YIELDS_FOR = seconds(1);
/** §8.3. */
const ANNOUNCEMENTS = 2;
const ANNOUNCEMENT_INTERVAL = seconds(1);
const ASK_ANEW: Phase = { state: "asking", sent: 0 };

export function step(phase: Phase, event: PhaseEvent): Step {
  if (phase.state === "stopped" || event === "stop") return { phase: { state: "stopped" } };
  if (event === "conflict") return { phase: ASK_ANEW, after: PROBE_INTERVAL };
  if (event === "yield") return phase.state === "asking" ? { phase: ASK_ANEW, after: YIELDS_FOR } : { phase };
  switch (phase.state) {
    case "asking":
      return phase.sent < PROBES
        ? { phase: { state: "asking", sent: phase.sent + 1 }, send: "probe", after: PROBE_INTERVAL }
        : announced(1);
    case "announcing":
      return announced(phase.sent + 1);
    case "settled":
      return { phase };
  }
}

const announced = (sent: number): Step =>
  sent < ANNOUNCEMENTS
    ? { phase: { state: "announcing", sent }, send: "announcement", after: ANNOUNCEMENT_INTERVAL }
    : { phase: { state: "settled" }, send: "announcement" };
