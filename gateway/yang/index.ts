/** Stratum 2: YANG source → compiled schema → SID index → codecs. */
export * from "./api.ts";
export * from "./codec/index.ts";
export * from "./datastore/index.ts";
export * from "./diagnostic.ts";
export * from "./error-identities.ts";
export * from "./instance-json.ts";
export * from "./json.ts";
export * from "./json-edits.ts";
export * from "./models.ts";
export * from "./one-rpc.ts";
export { nearest } from "./parse/nearest.ts";
export * from "./path.ts";
export * from "./per-schema.ts";
export * from "./schema.ts";
export * from "./schema-source.ts";
export * from "./tree.ts";
export * from "./validate/index.ts";
