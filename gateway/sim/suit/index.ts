/** The manifest recipient inside a simulated node: the product's own processor on a flash of the node's (suit-manifest-37 §6). */
export type { CoseKey, MlDsa } from "../../wire/cose/index.ts";
export { encodeCapabilities } from "../../wire/suit/index.ts";
export { ABILITIES, type Abilities, MAIN, type Size } from "./abilities.ts";
export type { Defects, Surroundings, Want } from "./flash-device.ts";
export { gatewayMacKey, type Identity, identityOf } from "./identity.ts";
export {
  type ComponentFacts,
  cleared,
  componentFacts,
  type Memory,
  mainImage,
  newMemory,
  withEnvelope,
  withPayload,
} from "./memory.ts";
export { type Failure, type Started, start, type Updated, update } from "./procedures.ts";
export { authenticated, type Recipient } from "./recipient.ts";
export type { Trouble } from "./telling.ts";
