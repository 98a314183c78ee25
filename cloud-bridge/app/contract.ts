/** The contract with the cloud as documents, for who serves them; a part of its own, since a running bridge needs none of it. */
export { asyncApi, metricsText, schemas } from "../mqtt/contract/index.ts";
