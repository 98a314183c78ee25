/** CORECONF as a client: nodes that serve their own datastore (draft-ietf-core-comi-21). */
export type { NodeCall } from "./calls.ts";
export { type Served, servedBy } from "./place.ts";
export { NodeSessions, type NodeSessionsOptions } from "./sessions.ts";
