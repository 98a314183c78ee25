/** RFC 6690: link format. RFC 3986: the references in it. */
export * from "./link-format.ts";
export * from "./uri-reference.ts";
