/** RFC 7252 §4.2 — one message that wants an acknowledgement, as a pure step: when it is sent again, and when given up. */
import { type Millis, millis, type Random } from "../../base/index.ts";

/** The transmission parameters of one message to one peer. */
export interface Schedule {
  /** Before they are spread by `randomFactor`. */
  readonly first: Millis;
  readonly second: Millis;
  /** From the second timeout on. */
  readonly backoff: number;
  readonly randomFactor: number;
  readonly maxRetransmit: number;
}

export type Transmission =
  | { readonly state: "waiting"; readonly retransmissions: number; readonly timeout: Millis; readonly next: Millis }
  | { readonly state: "acknowledged" }
  | { readonly state: "reset" }
  | { readonly state: "lost" };
export type Settled = Exclude<Transmission["state"], "waiting">;
export type Waiting = Extract<Transmission, { state: "waiting" }>;
export type TransmissionEvent = "timeout" | "ack" | "rst";

/** §4.2: the first timeout is random between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
export function begin({ first, second, randomFactor }: Schedule, random: Random): Waiting {
  const spread = 1 + random.next() * (randomFactor - 1);
  return { state: "waiting", retransmissions: 0, timeout: millis(first * spread), next: millis(second * spread) };
}

type Limits = Pick<Schedule, "backoff" | "maxRetransmit">;

export function step(now: Transmission, event: TransmissionEvent, { backoff, maxRetransmit }: Limits): Transmission {
  if (now.state !== "waiting") return now;
  switch (event) {
    case "ack":
      return { state: "acknowledged" };
    case "rst":
      return { state: "reset" };
    case "timeout": {
      if (now.retransmissions >= maxRetransmit) return { state: "lost" };
      const { retransmissions, next } = now;
      return {
        state: "waiting",
        retransmissions: retransmissions + 1,
        timeout: next,
        next: millis(next * backoff),
      };
    }
  }
}
