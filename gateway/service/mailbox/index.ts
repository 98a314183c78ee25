export { type Box, checkSizes, confirm, type Delivery, Mailbox, nextDelivery, post, waiting } from "./mailbox.ts";
