export {
  appliedIn,
  type Box,
  checkSizes,
  confirm,
  type Delivery,
  fitting,
  Mailbox,
  type MailboxOptions,
  nextDelivery,
  post,
  waiting,
  withoutWaiting,
} from "./mailbox.ts";
