/** Trees ⇄ SID-CBOR (RFC 9254). */
export {
  decodeData,
  decodeIdentifiers,
  decodeInputOf,
  decodeInstances,
  decodeTree,
  encodeData,
  encodeIdentifier,
  encodeIdentifiers,
  encodeInstances,
  encodeOutputOf,
  encodeTree,
} from "./codec.ts";
export { DataError, FAULTS, type FaultCode } from "./fault.ts";
export { translatePattern } from "./pattern.ts";
