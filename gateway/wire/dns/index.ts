/** RFC 1035, RFC 6762, RFC 6763: the messages of multicast DNS and the records of DNS-SD. */
export * from "./message.ts";
export * from "./name.ts";
export * from "./record.ts";
