/** Simulated sleepy nodes: an independent peer of the gateway, which shares its manifest processor and no other protocol code. */
export type { NodeView } from "./device.ts";
export {
  DEFAULT_MODEL,
  type Fleet,
  type FleetOptions,
  type FleetStats,
  fleetEndpoints,
  type NodeSecurity,
  type SuitOptions,
  startFleet,
} from "./fleet.ts";
export type { Szx } from "./node/download.ts";
export { examineImage, type ImageFacts, makeImage } from "./node/image.ts";
export { type ServingFleet, type ServingOptions, startServing } from "./serving/fleet.ts";
export type { ServingView } from "./serving/room-server.ts";
export type { ExtraLeaf } from "./speech/extra.ts";
export type { NodeCredential, Sequence } from "./speech/oscore.ts";
export { countingSequence, SequenceFile } from "./speech/sequence.ts";
