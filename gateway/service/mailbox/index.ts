export { type Box, checkSizes, confirm, type Delivery, Mailbox, nextDelivery, waiting } from "./mailbox.ts";
