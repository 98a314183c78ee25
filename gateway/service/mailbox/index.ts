export {
  type AcceptanceServices,
  type AcceptanceTerms,
  acceptEdit,
  MOST_WAITING,
  type PostedEdit,
  planned,
  postEdit,
  repostConfiguration,
} from "./acceptance.ts";
export {
  type Box,
  confirm,
  covers,
  type Delivery,
  type Edit,
  fitting,
  nextDelivery,
  post,
  waiting,
  wakesLeft,
  withoutWaiting,
} from "./box.ts";
export { isOpen } from "./edit-state.ts";
export { EditExpiry, expireOverdue, withdrawEdits } from "./expiry.ts";
export { appliedIn, Mailbox, type MailboxOptions } from "./mailbox.ts";
export { newlyApplied, recordOutcome, rejection } from "./outcomes.ts";
export { LARGEST_EDIT } from "./slices.ts";
export { EditTrials } from "./trials.ts";
