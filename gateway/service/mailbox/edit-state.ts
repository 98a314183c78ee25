/** How one edit of a manager fares, as a machine: what is heard of it moves it on, and nothing else does. */
import type { Millis } from "../../base/index.ts";
import type { EditState } from "../../store/index.ts";

export interface EditStatus {
  readonly state: EditState;
  /** When it came to be so; edits of before that was kept do not say. */
  readonly since: Millis | undefined;
  /** Why the node would not have it. */
  readonly reason?: string;
}

export type EditEvent =
  /** An answer to the node carried it. */
  | { readonly type: "delivered"; readonly at: Millis }
  /** The node says that it has it; or has the same value anyway. */
  | { readonly type: "applied"; readonly at: Millis }
  /** The node lost its memory. */
  | { readonly type: "forgotten"; readonly at: Millis }
  /** The node says that it will not have it. */
  | { readonly type: "rejected"; readonly at: Millis; readonly reason: string }
  /** Its time is over: it was not sent, or it was and the node has said since that it does not have it. */
  | { readonly type: "expired"; readonly at: Millis };

/** It still has to reach the node, or to be confirmed. */
export const isOpen = ({ state }: EditStatus): boolean => state === "waiting" || state === "delivered";

/**
 * The same object when nothing changes. What was delivered may be in force: it does not expire before the node's next word
 * (expiry.ts). A node that forgot may still not have what it rejected. What a later edit takes the place of leaves the box
 * (`superseded`), so there is no way on from there.
 */
export function step(status: EditStatus, event: EditEvent): EditStatus {
  const { state } = status;
  switch (event.type) {
    case "delivered":
      return state === "waiting" ? { state: "delivered", since: event.at } : status;
    case "applied":
      return isOpen(status) ? { state: "applied", since: event.at } : status;
    case "forgotten":
      return state === "applied" ? { state: "waiting", since: event.at } : status;
    case "rejected":
      return isOpen(status) || state === "applied"
        ? { state: "rejected", since: event.at, reason: event.reason }
        : status;
    case "expired":
      return isOpen(status) ? { state: "expired", since: event.at } : status;
  }
}
