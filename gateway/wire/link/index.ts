/** RFC 6690: link format. RFC 3986: the references in it. */
export * from "./link-format.ts";
export { type Paging, readPaging } from "./paging.ts";
export * from "./uri-reference.ts";
