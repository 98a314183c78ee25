/** The manifest recipient inside a simulated node: the product's own processor on a flash of the node's (suit-manifest-37 §6). */
export type { CoseKey, MlDsa } from "../../wire/cose/index.ts";
export { encodeCapabilities } from "../../wire/suit/index.ts";
export { ABILITIES, MAIN, type Size } from "./abilities.ts";
export type { Defects, Surroundings } from "./flash-device.ts";
export { gatewayMacKey, identityOf } from "./identity.ts";
export {
  type ComponentFacts,
  componentFacts,
  type Memory,
  mainImage,
  newMemory,
  withEnvelope,
  withPayload,
} from "./memory.ts";
export { type Failure, start, update } from "./procedures.ts";
export type { Recipient } from "./recipient.ts";
