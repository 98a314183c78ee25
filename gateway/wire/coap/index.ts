/** RFC 7252 and its companions: bytes ⇄ messages. */
export * from "./block-option.ts";
export * from "./codes.ts";
export * from "./content-formats.ts";
export * from "./message.ts";
export * from "./options.ts";
export * from "./text-option.ts";
export * from "./uint-option.ts";
export * from "./uri.ts";
