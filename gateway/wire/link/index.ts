/** RFC 6690: link format. */
export * from "./link-format.ts";
