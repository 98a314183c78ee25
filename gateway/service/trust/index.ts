export {
  type Anchor,
  Anchors,
  anchorKey,
  MAX_ANCHORS,
  MAX_NEEDED,
  type Threshold,
  type TrustSet,
} from "./anchors.ts";
export type { BelievedBelow } from "./below.ts";
export { type AcceptedRelease, type BroughtImage, MAX_RELEASES, TrustDesk, type TrustDeskOptions } from "./desk.ts";
export {
  Foresight,
  type ForesightOptions,
  type HoldsOffers,
  OfferHolds,
  type OfferHoldsOptions,
} from "./foresight/index.ts";
export { MARK_LIMITS, type Mark, type Marks, type MarksCopy, readMarks, SequenceMarks, writeMarks } from "./marks.ts";
export { mergeEnvelopes } from "./merge.ts";
export { type EnvelopeOffer, EnvelopeOffers, type EnvelopeOffersParts, type EnvelopeSource } from "./offers/index.ts";
export { type Below, MAX_BELOW } from "./opened.ts";
export { ReleasePrograms } from "./programs.ts";
export { type ReleaseInfo, Releases } from "./releases.ts";
export {
  type IntakeOptions,
  type Judgement,
  judgeReport,
  type NodeReport,
  NodeReports,
  ReportIntake,
  type TakesReports,
} from "./reports/index.ts";
export { beyond, type ReleaseScope, type TouchedScope } from "./rights.ts";
export { isForRiot, RiotEnvelopes } from "./riot.ts";
export { labOver, suitTrust } from "./suit-trust.ts";
export { type BelowScope, type OpenManifest, type Survey, surveyManifest } from "./survey/survey.ts";
export {
  NODE_MAC_BYTES,
  NODE_MAC_INFO,
  type Recipient,
  recipientOf,
  TAILOR_LIMITS,
  type Tailored,
  type TailorOptions,
  tailor,
} from "./tailor/index.ts";
export {
  type AcceptedImage,
  type Candidate,
  labTrust,
  type TrustService,
  type Verdict,
} from "./trust.ts";
export {
  type AuthenticRelease,
  authenticateRelease,
  type BroughtPayload,
  type Circumstances,
  verifyRelease,
} from "./verify.ts";
