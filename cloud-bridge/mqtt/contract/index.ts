/** The contract in the forms that others read: documents, schemas, types, tables (docs/mqtt.md). */
export { asyncApi } from "./asyncapi.ts";
export { schemas } from "./json-schema.ts";
export { CONTRACT_BLOCKS, fillBlocks, memberTables } from "./markdown.ts";
export { METRICS, metricsText } from "./metrics.ts";
export { typeDeclarations } from "./typescript.ts";
