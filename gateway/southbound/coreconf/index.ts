export { CheckIn, type CheckInOptions } from "./check-in.ts";
export { ERROR_APP_TAGS, ERROR_CONTAINER, ERROR_DELTAS, ERROR_TAGS } from "./error-body.ts";
export { type GatewayRootOptions, gatewayRoot } from "./gateway-root.ts";
export { type CoreconfOptions, coreconfHandler } from "./handler.ts";
export { HINTS, type HintServices, withHint } from "./hint.ts";
export { checksumOf, libraryUpdate } from "./library/library.ts";
export { withLibraryModule } from "./library/module.ts";
export type { Call, Operation } from "./operations/operation.ts";
export { EventStream, STREAM_TOPIC } from "./stream.ts";
