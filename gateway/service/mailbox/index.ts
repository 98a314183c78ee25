export {
  appliedIn,
  type Box,
  checkSizes,
  confirm,
  type Delivery,
  Mailbox,
  nextDelivery,
  post,
  waiting,
  withoutWaiting,
} from "./mailbox.ts";
