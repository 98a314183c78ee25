/** RFC 6762, RFC 6763: how nodes and people find the gateway by name. */
export type { Announcement, Offer } from "./announcement.ts";
export { planOf, type Reachable } from "./interfaces.ts";
export { Naming, type NamingOptions } from "./naming.ts";
