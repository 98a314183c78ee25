/** Trees ⇄ SID-CBOR (RFC 9254). */
export {
  type Alone,
  decodeAlone,
  decodeData,
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeAlone,
  encodeData,
  encodeIdentifier,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
} from "./codec.ts";
export { DataError } from "./fault.ts";
export type { Form } from "./form.ts";
export { equalLeaves } from "./value.ts";
