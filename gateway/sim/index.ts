/** Simulated sleepy nodes: an independent peer of the gateway, which shares none of its protocol code. */
export type { NodeView } from "./device.ts";
export type { Szx } from "./download.ts";
export { type Fleet, type FleetOptions, type FleetStats, fleetEndpoints, startFleet } from "./fleet.ts";
export { examineImage, type ImageFacts, makeImage } from "./image.ts";
