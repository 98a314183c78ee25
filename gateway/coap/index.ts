/** The CoAP engine and its ports. */
export { Engine, type EngineOptions } from "./engine.ts";
export type { AdmissionOptions, RationedAir } from "./limits/admission.ts";
export { Oscore, type OscoreStats, type Refusal, SenderSequence } from "./oscore/index.ts";
export {
  DEFAULT_LIMITS,
  DEFAULT_PARAMETERS,
  derivedTimes,
  type Limits,
  type TransmissionParameters,
} from "./parameters.ts";
export type {
  AuthorLane,
  BlockLane,
  BlockSource,
  CheckInLane,
  Method,
  Request,
  RequestPort,
  Response,
  ResponseCode,
} from "./request-port.ts";
export type { Answer } from "./requester/answer.ts";
export type { ObservationListener } from "./requester/observing.ts";
export type { Question } from "./requester/question.ts";
export type { RequestOptions, RequestPeer, Requests } from "./requester/requester.ts";
export { type OpenRequesterOptions, openRequester } from "./requester/standalone.ts";
export type { EngineStats } from "./stats.ts";
export { FRAME_BYTES, pathOf, type Receive, type Remote, type Transport } from "./transport/transport.ts";
export { type UdpAddress, UdpTransport } from "./transport/udp.ts";
export { UdpGroup, type UdpGroupOptions } from "./transport/udp-group.ts";
