/** CBOR (RFC 8949): a strict cursor reader with policies, a canonical writer, items with offsets. */
export * from "./item.ts";
export * from "./keys.ts";
export * from "./policy.ts";
export * from "./reader.ts";
export * from "./sequence.ts";
export * from "./writer.ts";
