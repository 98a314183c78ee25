export { type Box, confirm, type Delivery, Mailbox, nextDelivery, waiting } from "./mailbox.ts";
