/** RFC 7252 §4.2, §5.2, §5.3 — a confirmable request of ours and its way to an answer, as one step. */

export type ExchangeState =
  /** Queued or sent; nothing came back. */
  | "waiting-ack"
  /** An empty ACK came: the answer will come separately. */
  | "acknowledged"
  | "answered"
  /** All transmissions stayed without an ACK. */
  | "lost"
  | "reset"
  /** The caller's deadline, or the lifetime of the exchange, is over. */
  | "overdue"
  /** The caller does not want it any more. */
  | "aborted";

export type ExchangeEvent = "ack" | "response" | "rst" | "given-up" | "deadline" | "abort";

/** What is not named changes nothing: a late ACK, a RST after the answer, a second answer. */
const NEXT: Readonly<Partial<Record<ExchangeState, Readonly<Partial<Record<ExchangeEvent, ExchangeState>>>>>> = {
  "waiting-ack": {
    ack: "acknowledged",
    // §5.2.2: the ACK may be lost or overtaken; the response implies it.
    response: "answered",
    rst: "reset",
    "given-up": "lost",
    deadline: "overdue",
    abort: "aborted",
  },
  acknowledged: {
    response: "answered",
    rst: "reset",
    deadline: "overdue",
    abort: "aborted",
  },
};

export const step = (state: ExchangeState, event: ExchangeEvent): ExchangeState => NEXT[state]?.[event] ?? state;

export const isOver = (state: ExchangeState): boolean => NEXT[state] === undefined;
