/**
 * docs/mqtt.md, "The broker" — the connection as a machine: dial, greet, retained topics, then the stream; on loss wait
 * with exponential backoff and full jitter. Pure: the driver (link.ts) does what `effect` says.
 */
import { type Millis, millis, seconds } from "../../../gateway/base/index.ts";

export type Protocol = 4 | 5;

/** What is drawn from next, in the order of docs/mqtt.md, "The broker". */
export type Stage = "greeting" | "retained" | "stream";

export type LinkState =
  | { readonly state: "idle" }
  | { readonly state: "dialing"; readonly protocol: Protocol; readonly failures: number }
  | { readonly state: "waiting"; readonly protocol: Protocol; readonly failures: number }
  | {
      readonly state: "online";
      readonly protocol: Protocol;
      readonly failures: number;
      readonly stage: Stage;
      readonly window: Window;
    }
  | { readonly state: "closed" };

export type LinkEvent =
  | { readonly type: "start"; readonly protocol: Protocol }
  | { readonly type: "connected"; readonly receiveMaximum: number }
  /** No connection, or no CONNACK: the broker, or something before it, may not know MQTT 5. */
  | { readonly type: "failed"; readonly wrongProtocol: boolean }
  /** `lasted`: long enough to show that the broker is well (endings.ts). */
  | { readonly type: "lost"; readonly lasted: boolean }
  | { readonly type: "waited" }
  /** Everything of the present stage was handed over. */
  | { readonly type: "drawn" }
  | { readonly type: "acked"; readonly backlog: boolean }
  | { readonly type: "close" };

export type LinkEffect =
  | { readonly do: "nothing" }
  | { readonly do: "dial"; readonly protocol: Protocol }
  | { readonly do: "wait"; readonly delay: Millis };

export interface Step {
  readonly link: LinkState;
  readonly effect: LinkEffect;
}

/** How many messages may be unacknowledged: few at rest, many while a backlog drains over a long link. */
export interface Window {
  readonly size: number;
  readonly max: number;
}
const WINDOW_AT_REST = 20;
export const WINDOW_MAX = 500;

export const openWindow = (receiveMaximum: number): Window => ({
  size: Math.min(WINDOW_AT_REST, receiveMaximum),
  max: Math.min(WINDOW_MAX, receiveMaximum),
});

/** One more per PUBACK doubles the window per round trip, as TCP's slow start does. */
export function resizeWindow(window: Window, backlog: boolean): Window {
  if (backlog) return window.size < window.max ? { ...window, size: window.size + 1 } : window;
  const rest = Math.min(WINDOW_AT_REST, window.max);
  return window.size === rest ? window : { ...window, size: rest };
}

const FIRST_DELAY = seconds(1);
const LONGEST_DELAY = seconds(60);

/** Full jitter: a fleet must not come back in step after its broker restarted. `random` is uniform in [0, 1). */
export const backoff = (failures: number, random: number): Millis =>
  millis(Math.round(random * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures, 16))));

const NOTHING: LinkEffect = { do: "nothing" };

export function step(link: LinkState, event: LinkEvent, random: number): Step {
  if (link.state === "closed") return { link, effect: NOTHING };
  switch (event.type) {
    case "start":
      return link.state === "idle" ? dial(event.protocol, 0) : stay(link);
    case "connected":
      if (link.state !== "dialing") return stay(link);
      return {
        link: { ...link, state: "online", stage: "greeting", window: openWindow(event.receiveMaximum) },
        effect: NOTHING,
      };
    case "failed": {
      if (link.state !== "dialing") return stay(link);
      if (!event.wrongProtocol) return wait(link.protocol, link.failures, random);
      // 5 → 3.1.1 at once; back from 3.1.1 to 5 only after a pause, or two refusals would make a tight loop.
      return link.protocol === 5 ? dial(4, link.failures) : wait(5, link.failures, random);
    }
    case "lost":
      return link.state === "online" ? wait(link.protocol, event.lasted ? 0 : link.failures, random) : stay(link);
    case "waited":
      return link.state === "waiting" ? dial(link.protocol, link.failures) : stay(link);
    case "drawn":
      return link.state === "online" ? stay({ ...link, stage: nextStage(link.stage) }) : stay(link);
    case "acked":
      return link.state === "online" ? stay(ackedOnce(link, event.backlog)) : stay(link);
    case "close":
      return stay({ state: "closed" });
  }
}

/** The same object while nothing changes: this runs once per message. */
function ackedOnce(link: Extract<LinkState, { state: "online" }>, backlog: boolean): LinkState {
  const window = resizeWindow(link.window, backlog);
  return window === link.window ? link : { ...link, window };
}

const stay = (link: LinkState): Step => ({ link, effect: NOTHING });
const dial = (protocol: Protocol, failures: number): Step => ({
  link: { state: "dialing", protocol, failures },
  effect: { do: "dial", protocol },
});
const wait = (protocol: Protocol, failures: number, random: number): Step => ({
  link: { state: "waiting", protocol, failures: failures + 1 },
  effect: { do: "wait", delay: backoff(failures, random) },
});
const nextStage = (stage: Stage): Stage => (stage === "greeting" ? "retained" : "stream");
