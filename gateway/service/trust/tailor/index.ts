export { NODE_MAC_ALGORITHM, NODE_MAC_BYTES, NODE_MAC_INFO, nodeMac } from "./node-mac.ts";
export { type Recipient, recipientOf } from "./recipient.ts";
export { TAILOR_LIMITS, type Tailored, type TailorOptions, tailor, withMacOf } from "./tailor.ts";
