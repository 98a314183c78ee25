export { type Box, confirm, type Delivery, Mailbox, nextDelivery } from "./mailbox.ts";
