/**
 * SUIT (draft-ietf-suit-manifest-37 and its extensions): envelopes, manifests, texts and reports as values. In this order:
 * `readEnvelope`, `checkAuthenticated`, `checkManifestDigest`, the signatures (wire/cose), `readManifest`, `checkBelonging`.
 */
export * from "./describe.ts";
export * from "./digest.ts";
export * from "./encryption.ts";
export * from "./envelope/belonging.ts";
export * from "./envelope/dialect.ts";
export * from "./envelope/read.ts";
export * from "./envelope/write.ts";
export * from "./labels.ts";
export * from "./limits.ts";
export * from "./manifest/lint.ts";
export * from "./manifest/manifest.ts";
export { encodeParameter, type ParameterRules } from "./manifest/parameters.ts";
export * from "./manifest/sequence.ts";
export {
  type Capabilities,
  type ComponentCapability,
  encodeCapabilities,
  readCapabilities,
} from "./report/capabilities.ts";
export * from "./report/reason.ts";
export { encodeReport, type Report, type ReportClaim, type ReportRecord, readReport } from "./report/report.ts";
export * from "./riot09/index.ts";
export { decodeComponentId, wrap } from "./strict.ts";
export * from "./text.ts";
export type * from "./types.ts";
